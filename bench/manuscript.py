"""How fast manuscripts are read, and how that grows: figures of one run, to be read as ratios."""

import time
from collections.abc import Callable
from contextlib import suppress

from webapp.manuscript import ManuscriptError, SourceFormat, check, parse_manuscript, redact, render_full

SENTENCE = "全年工作按计划推进，各项指标总体平稳。"
MILLION = 1_000_000


def report(characters: int) -> str:
    section = "（一）抓好落实。" + SENTENCE * 40 + "##paidbegin##" + SENTENCE + "##paidend##\n"
    return "年度报告\n" + section * (characters // len(section))


def english(characters: int) -> str:
    paragraph = "The quick brown fox paid $5 for issue #12 and went on to the next one.\n" * 5 + "\n"
    return "Annual report\n\n" + paragraph * (characters // len(paragraph))


def markdown(characters: int) -> str:
    section = f"## 一节\n\n{SENTENCE}**注意：**{SENTENCE}\n\n- 甲\n- 乙##paidbegin##{SENTENCE}##paidend##\n\n"
    return "# 年度报告\n\n" + section * (characters // len(section))


ADVERSARIAL = {
    "#": lambda size: "#" * size,
    "# ": lambda size: "# " * (size // 2),
    "##p": lambda size: "##p" * (size // 3),
    "&#35;": lambda size: "&#35;" * (size // 5),
    "<": lambda size: "<" * size,
    "##paidbegin": lambda size: "##paidbegin" * (size // 11),
    "##paidbegin##": lambda size: "##paidbegin##" * (size // 13),
    "##paidbegn## ": lambda size: "##paidbegn## " * (size // 13),
    "zero-width": lambda size: "##paid" + "\u200b" * size + "begin##x##paidend##",
    "backslashes": lambda size: "\\" * size + "##paidbegin##x##paidend##",
}


def cut(source: str) -> None:
    with suppress(ManuscriptError):
        redact(parse_manuscript(source))


def both_editions(source: str, fmt: SourceFormat) -> None:
    render_full(check(source, fmt))


def seconds(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def compare(name: str, make: Callable[[int], str], action: Callable[[str], None], size: int) -> None:
    half, whole = make(size // 2), make(size)
    first, second = seconds(lambda: action(half)), seconds(lambda: action(whole))
    print(f"{name:34} {len(whole):>10,} characters {second:7.3f} s, {second / first:5.2f} times its half")


def main() -> None:
    ten_megabytes = 10 * MILLION // 3
    print("parse and redact")
    compare("Chinese report, 10 MB", report, cut, ten_megabytes)
    compare("Chinese report", report, cut, 10 * MILLION)
    compare("English text, 10 MB", english, cut, 10 * MILLION)
    for name, make in ADVERSARIAL.items():
        compare(repr(name), make, cut, MILLION)
    print("check and both editions")
    compare("Chinese report, 10 MB", report, lambda text: both_editions(text, SourceFormat.TEXT), ten_megabytes)
    compare("English text, 10 MB", english, lambda text: both_editions(text, SourceFormat.TEXT), 10 * MILLION)
    compare("Markdown, 1 MB", markdown, lambda text: both_editions(text, SourceFormat.MARKDOWN), MILLION // 3)


if __name__ == "__main__":
    main()
