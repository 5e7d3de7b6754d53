"""Texts made to be slow: each must be through with little work, in a process that is stopped if it is not."""

import subprocess
import sys
from pathlib import Path

import pytest

MILLION = 1_000_000
MOST_SECONDS = 20  # of work, however long that takes beside other work: ten times and more what any of these needs
LIMITED = f"import resource\nresource.setrlimit(resource.RLIMIT_CPU, ({MOST_SECONDS}, {MOST_SECONDS}))\n"

PARSED = {
    "ten million characters, ten thousand spans": "('学' * 980 + '##paidbegin##付费##paidend##\\n') * 10_000",
    "a span of five million characters": "'##paidbegin##' + '学习。\\n' * 1_250_000 + '##paidend##'",
    "symbols in a row": f"'#' * {MILLION}",
    "symbols and spaces": f"'# ' * {MILLION}",
    "symbols and line breaks": f"'#\\n' * {MILLION}",
    "symbols and stars": f"'#*' * {MILLION}",
    "beginnings": "'##p' * 300_000",
    "begins": "'##paidbegin' * 100_000",
    "begins without ends": "'##paidbegin##' * 100_000",
    "slips": "'##paidbegn## ' * 50_000",
    "pieces between symbols": "'abcdefgh##' * 100_000",
    "entities": "'&#35;' * 200_000",
    "ampersands": f"'&' * {MILLION}",
    "opened tags": f"'<' * {MILLION}",
    "tags": "'<a>' * 300_000",
    "zero-width characters inside a marker": f"'##paid' + '\\u200b' * {MILLION} + 'begin##'",
    "spaces inside a near-marker": f"'# ' + ' ' * {MILLION} + 'paid' + ' ' * {MILLION} + 'begin'",
    "letters far apart": "('p' + ' ' * 1000) * 1000",
    "backslashes before a marker": f"'\\\\' * {MILLION} + '##paidbegin##x##paidend##'",
    "escaped markers": "'\\\\##paidbegin##' * 100_000",
    "bare words": "'[paidbegin' * 100_000",
    "bare words in Chinese": "'##付费开始' * 100_000",
    "characters of two letters": "'㎩' * 500_000 + '##paidbegn##'",
}

CHECKED = {
    "lines of plain text": ("'题\\n' + '（一）抓好落实。后文。\\n' * 100_000", "TEXT"),
    "one long line of spans": ("'题\\n' + '甲##paidbegin##乙。##paidend##' * 10_000", "TEXT"),
    "symbols in plain text": ("'题\\n' + '#' * 100_000", "TEXT"),
    "spans in Markdown": ("'题\\n\\n' + '甲##paidbegin##乙。\\n##paidend##\\n\\n' * 5_000", "MARKDOWN"),
    "equal headings": ("'题\\n\\n' + '## 甲\\n\\n' * 20_000", "MARKDOWN"),
    "a paragraph of many lines": ("'题\\n\\n' + '甲\\n' * 50_000", "MARKDOWN"),
    "visible markers": ("'题\\n\\n' + '##[paid](x)begin##\\n\\n' * 5_000", "MARKDOWN"),
    "lost gates": ("'题\\n\\n' + '[a](/##paidbegin##x##paidend##)\\n\\n' * 5_000", "MARKDOWN"),
    "bare markers": ("'题\\n\\n' + '[paidbegin] `[paidend]`\\n\\n' * 5_000", "MARKDOWN"),
    "cut marks": ("'题\\n\\n' + '**[`a ##paidbegin##b##paidend## ' * 3_000", "MARKDOWN"),
    "emphasis": ("'题\\n\\n' + '**_' * 10_000 + 'a' + '_**' * 10_000", "MARKDOWN"),
    "brackets": ("'题\\n\\n' + '[' * 20_000", "MARKDOWN"),
    "opened comments": ("'题\\n\\n' + '<!-- ' * 50_000 + '\\n' + '<!--\\n' * 50_000", "MARKDOWN"),
    "comments that go on": ("'题\\n\\n' + '<!--\\n' * 50_000 + '--> x'", "MARKDOWN"),
    "quotes": ("'题\\n\\n' + '> ' * 20_000 + 'a'", "MARKDOWN"),
    "empty spans before blank lines": (
        "'题\\n\\n' + '##paidbegin## ##paidend##\\n' * 2_000 + '\\n' * 200_000",
        "MARKDOWN",
    ),
}


def run(program: str) -> None:
    subprocess.run([sys.executable, "-c", LIMITED + program], cwd=Path(__file__).parents[2], check=True)


@pytest.mark.parametrize("text", PARSED.values(), ids=PARSED.keys())
def test_parsing_and_cutting_end(text):
    run(
        "from webapp.manuscript import ManuscriptError, parse_manuscript, redact\n"
        f"try:\n    redact(parse_manuscript({text}))\nexcept ManuscriptError:\n    pass"
    )


@pytest.mark.parametrize(("text", "fmt"), CHECKED.values(), ids=CHECKED.keys())
def test_checking_and_rendering_end(text, fmt):
    run(
        "from webapp.manuscript import SourceFormat, check, render_full\n"
        f"checked = check({text}, SourceFormat.{fmt})\n"
        "checked.has_errors or render_full(checked)"
    )
