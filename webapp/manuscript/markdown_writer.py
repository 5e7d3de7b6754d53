"""Markdown as GitHub reads it and we do, escaped so that it shows the same text again."""

import re
from collections.abc import Iterator
from dataclasses import replace
from unicodedata import category

from webapp.manuscript import blocks as b
from webapp.manuscript.inline_nodes import name_in_brackets
from webapp.manuscript.inline_runs import run_text, with_leaves
from webapp.manuscript.markdown.callouts import is_default_title
from webapp.manuscript.markdown_verbatim import code_span, fence, inline_math, math_block

# "*" in "5 * 3", "&" in "&amp;", "]" in "[1]"; nothing in "R&D", and no "[", for \[1\] is a formula
_SPECIAL = re.compile(r"[\\`*_\]<~$^]|=(?==)|(?<==)=|&(?=#?\w+;)")
# ":" of "https://example.com", "." of "www.example.com", "@" of "a@example.com"
_ADDRESS = re.compile(
    r"(?i)(?<=http):(?=//)|(?<=https):(?=//)|(?<=ftp):(?=//)|(?<=www)\.(?=[a-z0-9_-])|(?<=[a-z0-9.+_-])@(?=[a-z0-9])"
)
# "#" in "# May", "1" and "." in "  1. May"
# and the same behind a marker that was put aside, which may get a line of its own
_LINE_START = re.compile("(?m)(^[ \t]*|\ufdd1[ \t]*)(?:([#+\\-=>|:])|(\\d{1,9})([.)]))")
# "#" in "C#"
_HEADING_END = re.compile(r"#+$|\{[^{}]*\}$")
_NOTHING = "<u></u>"  # in place of words that a term or a task has not
# [^1]( and [^1]:
_CITED = re.compile(r"(\[\^\d+\])([(:])")
_RULES = {"left": ":--", "center": ":-:", "right": "--:", "": "---"}
_MARKS: dict[type[b.Inline], str] = {b.Strong: "**", b.RunIn: "**", b.Emphasis: "*", b.Strike: "~~"}
_TAGS: dict[type[b.Inline], str] = {
    b.Subscript: "sub",
    b.Superscript: "sup",
    b.Keystroke: "kbd",
    b.Underlined: "u",
    b.Highlighted: "mark",
}
_FOLDS = {"": "", "open": "+", "closed": "-"}
_DEEPEST = 6


def markdown_of(blocks: b.Blocks) -> str:
    """Return blocks as Markdown, an empty line between them; a heading of level n has n + 1 signs."""
    return "\n\n".join(_blocks(blocks))


def _blocks(blocks: b.Blocks) -> Iterator[str]:
    before: b.Block | None = None
    other = False
    for block in (_paragraph_of(one) if isinstance(one, b.Figure) else one for one in blocks):
        other = type(before) is type(block) and not other
        yield _block(block, other_mark=other)
        before = block


def _block(block: b.Block, *, other_mark: bool) -> str:
    """Return a block; a list that follows another takes the other mark, or the two would be one."""
    match block:
        case b.Paragraph(children):
            text = _lines(children)
        case b.Heading(level, children):
            words = _HEADING_END.sub(r"\\\g<0>", _line(children))
            text = f"{'#' * min(level + 1, _DEEPEST)} {words}".rstrip()
        case b.BulletList():
            text = _list(block, ["*" if other_mark else "-"] * len(block.items))
        case b.OrderedList():
            dot = ")" if other_mark else "."
            text = _list(block, [f"{block.start + place}{dot}" for place in range(len(block.items))])
        case b.BlockQuote(inside):
            text = _prefixed("\n\n".join(_blocks(inside)), "> ", "> ")
        case b.CodeBlock():
            marks = fence(run_text(block.children))
            language = "" if block.language == "math" else block.language  # a formula that is none
            text = f"{marks}{language}\n{run_text(block.children)}\n{marks}"
        case b.MathBlock(children):
            text = math_block(run_text(children))
        case b.Table():
            rows = [block.header, *block.rows]
            header, *others = [_row(_cell(cell) for cell in row) for row in rows]
            text = "\n".join([header, _row(_RULES[align] for align in block.aligns), *others])
        case b.Rule() | b.PageBreak():
            text = "---"
        case _:
            text = _container(block)
    return text


def _container(block: b.Block) -> str:
    match block:
        case b.Callout(kind, title, inside, fold):
            told = "" if is_default_title(kind, title) else f" {_line(title)}"
            first = f"[!{kind.upper()}]{_FOLDS[fold]}{told}"
            body = "\n\n".join(_blocks(inside))
            gap = "\n" if isinstance(next(iter(inside), None), b.Paragraph) else "\n\n"
            text = _prefixed(f"{first}{gap}{body}".rstrip("\n"), "> ", "> ")
        case b.Details(summary, inside):
            parts = (f"<details>\n<summary>{_line(summary)}</summary>", *_blocks(inside), "</details>")
            text = "\n\n".join(parts)
        case b.DefinitionList(entries, tight):
            text = _definitions(entries, "\n" if tight else "\n\n")
        case _:
            assert isinstance(block, b.Footnotes), block
            text = "\n\n".join(
                _prefixed("\n\n".join(_blocks(note)), f"[^{number}]: ", "    ")
                for number, note in enumerate(block.notes, start=1)
            )
    return text


def _definitions(entries: b.Blocks, gap: str) -> str:
    out = ""
    for entry in entries:
        if isinstance(entry, b.Term):
            out += ("\n\n" if out else "") + (_lines(entry.children).replace("\\\n", " ") or _NOTHING)
        else:
            assert isinstance(entry, b.Meaning), entry
            out += gap + _prefixed("\n\n".join(_blocks(entry.blocks)), ": ", "  ")
    return out


def _list(block: b.BulletList | b.OrderedList, marks: list[str]) -> str:
    items = (
        _prefixed(_joint(block, item).join(_blocks(item)), f"{mark} ", " " * (len(mark) + 1))
        for mark, item in zip(marks, block.items, strict=True)
    )
    return ("\n" if block.tight else "\n\n").join(items)


def _joint(block: b.BulletList | b.OrderedList, item: b.Blocks) -> str:
    """Return what stands between the blocks of an item; without a blank line two paragraphs would be one."""
    return "\n" if block.tight and not any(isinstance(each, b.Paragraph) for each in item[1:]) else "\n\n"


def _row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(run: b.Run) -> str:
    return " ".join(_inline(run).replace("\\\n", "<br>").split()).replace("|", r"\|")


def _prefixed(text: str, first: str, others: str) -> str:
    return first + "\n".join(f"{others}{line}" if line else others.rstrip() for line in text.split("\n"))[len(others) :]


def _line(run: b.Run) -> str:
    """Return a run on one line."""
    return " ".join(_inline(run).replace("\\\n", " ").split())


def _lines(run: b.Run) -> str:
    return _LINE_START.sub(lambda found: _tame(*found.groups()), _inline(run))


def _tame(before: str, mark: str | None, digits: str | None, dot: str | None) -> str:
    """Return the start of a line so that it begins no block."""
    return before.strip(" \t") + (rf"\{mark}" if mark else rf"{digits}\{dot}")


def _inline(run: b.Run, *, linked: bool = False) -> str:
    out = ""
    for place, node in enumerate(run):
        match node:
            case b.LineBreak() | b.TaskBox() if place == len(run) - 1:
                out += "<br>" if isinstance(node, b.LineBreak) else f"{_plain(node, linked=linked)}{_NOTHING}"
            case b.LineBreak():
                out = f"{out.rstrip(' ')}\\\n"
            case b.CodeSpan(children):
                out += code_span(" ".join(run_text(children).split()))
            case b.Link(href, children):
                before = out.removesuffix("!") + "&#33;" if out.endswith("!") else out  # ![…](…) would be a picture
                out = f"{before}[{_inline(children, linked=True)}](<{href}>)"
            case b.Text(text) if linked:
                out += _between_brackets(" ".join(text.splitlines()))
            case b.Image(source, description, title) if node.name:
                words = _between_brackets(" ".join(description.split()))
                below = '"' + " ".join(title.split()).replace("\\", r"\\").replace('"', r"\"") + '"' if title else ""
                out += f"![{words}]({f'<{name_in_brackets(source) or source}> {below}'.rstrip()})"
            case b.Strong() | b.Emphasis() | b.Strike() | b.RunIn():
                after = run_text(run[place + 1 :])[:1]
                out += _marked(_MARKS[type(node)], node.children, out[-1:], after, linked=linked)
            case b.Math(tex):
                out += inline_math(tex, out[-1:], run_text(run[place + 1 :])[:1])
            case _:
                out += _plain(node, linked=linked)
    return _CITED.sub(_kept_a_citation, out)


def _kept_a_citation(found: re.Match[str]) -> str:
    """Return the citation of a note with what would make a link or a definition of it as text."""
    return found[1] + ("&#40;" if found[2] == "(" else r"\:")


def _plain(node: b.Inline, *, linked: bool) -> str:
    """Return a node whose marks hold wherever it stands."""
    match node:
        case b.Subscript() | b.Superscript() | b.Highlighted() | b.Underlined() | b.Keystroke():
            return f"<{_TAGS[type(node)]}>{_inline(node.children, linked=linked)}</{_TAGS[type(node)]}>"
        case b.TaskBox() | b.NoteReference():
            return f"[^{node.number}]" if isinstance(node, b.NoteReference) else "[x] " if node.done else "[ ] "
        case b.Image(source, description) if source:
            return f"![{_between_brackets(description)}](<{name_in_brackets(source) or source}>)"
        case b.Text(text):
            return _escaped(" ".join(text.splitlines()))
        case b.Passage(_, children) | b.DocumentLink(children=children):
            return _inline(children, linked=linked)
        case _:
            return _escaped(run_text((node,)))


def _escaped(text: str) -> str:
    """Return a text that shows as it is: no sign of it is markup, and no address in it becomes a link."""
    return _ADDRESS.sub(r"\\\g<0>", _SPECIAL.sub(r"\\\g<0>", text))


def _between_brackets(text: str) -> str:
    """Return a text as it is written in brackets, which its own must not close."""
    return _SPECIAL.sub(r"\\\g<0>", text).replace("[", r"\[")


def _paragraph_of(figure: b.Figure) -> b.Paragraph:
    """Return a figure as it is written: what stands below its picture is that one's title."""
    title = run_text(figure.caption)

    def titled(leaf: b.InlineLeaf) -> b.Inline:
        return replace(leaf, title=title) if isinstance(leaf, b.Image) and title else leaf

    return b.Paragraph(with_leaves(figure.children, titled))


def _marked(mark: str, children: b.Run, before: str, after: str, *, linked: bool) -> str:
    """Return a run between marks that CommonMark takes for such whatever stands around them.

    Punctuation and space at the ends are put outside where the marks would not hold beside them, as is usual between
    Chinese characters; marks within marks are left out.
    """
    text = run_text(children)
    if before.endswith(mark[0]) or any(not isinstance(node, b.Text) for node in children):
        return _inline(_unmarked(children), linked=linked)
    begin = 0 if _is_apart(before) and text[:1].strip() else _first_letter(text)
    end = len(text) if _is_apart(after) and text[-1:].strip() else len(text) - _first_letter(text[::-1])
    if begin >= end:
        return _inline(children, linked=linked)
    pieces = (text[:begin], text[begin:end], text[end:])
    head, inside, tail = (_inline((b.Text(piece),), linked=linked) for piece in pieces)
    return f"{head}{mark}{inside}{mark}{tail}"


def _unmarked(run: b.Run) -> b.Run:
    """Return a run with its own marks of emphasis taken away."""
    out: list[b.Inline] = []
    for node in run:
        match node:
            case b.Strong(children) | b.Emphasis(children) | b.Strike(children) | b.RunIn(_, children):
                out += _unmarked(children)
            case _:
                out.append(node)
    return tuple(out)


def _is_apart(neighbour: str) -> bool:
    return not neighbour.strip() or not _is_letter(neighbour)


def _first_letter(text: str) -> int:
    return next((place for place, sign in enumerate(text) if _is_letter(sign)), len(text))


def _is_letter(sign: str) -> bool:
    return bool(sign.strip()) and category(sign)[0] not in "PS"
