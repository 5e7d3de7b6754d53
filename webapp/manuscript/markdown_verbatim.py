"""Code and formulas as they are written in Markdown: as they are, between marks that they do not hold."""

import re

from webapp.manuscript.markdown.math_delimiters import formula_at, is_set_apart

_EMPTY_LINE = re.compile(r"\n\s*\n")
_BACKTICKS = re.compile("`+")


def fence(text: str, least: int = 3) -> str:
    """Return more backquotes than a text holds in a row."""
    return "`" * max(least, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))


def code_span(text: str) -> str:
    """Return a text as code in a line."""
    marks = fence(text, 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{marks}{pad}{text}{pad}{marks}" if text else ""


def inline_math(tex: str, before: str, after: str) -> str:
    """Return a formula between the first delimiters that are taken for such where it stands."""
    line = tex if "%" in tex else " ".join(tex.split("\n"))
    for opening, closing in (("$", "$"), (r"\(", r"\)")):
        text = f"{before}{opening}{line}{closing}{after}"
        formula = formula_at(text, len(before), len(text))
        if formula and formula.tex == line:
            return f"{opening}{line}{closing}"
    return f"$${line}$$"


def math_block(tex: str) -> str:
    """Return a formula on lines of its own."""
    if is_set_apart(tex, "$$") and "$$" not in tex and not _EMPTY_LINE.search(f"\n{tex}\n"):
        return f"$$\n{tex}\n$$"
    marks = fence(tex)
    return f"{marks}math\n{tex}\n{marks}"
