"""A novel of 120 chapters has its contents, and a long text takes as many steps as it is long."""

from webapp.manuscript import SourceFormat, check, explain_lines, render_full
from webapp.manuscript.plain_text_lines.explanation import LineKind

DIGITS = "零一二三四五六七八九"


def numeral(number: int) -> str:
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    head = f"{DIGITS[hundreds]}百" if hundreds else ""
    middle = ("" if tens == 1 and not hundreds else DIGITS[tens]) + "十" if tens else "零" * bool(hundreds and ones)
    return head + middle + (DIGITS[ones] if ones else "")


def novel(paid_from: int) -> tuple[str, list[tuple[int, str]]]:
    lines, contents = ["河上的书", "", "楔子", "　　雾。"], [(2, "楔子")]
    for number in range(1, 121):
        if number % 30 == 1:
            contents.append((1, f"第{DIGITS[number // 30 + 1]}卷 河的第{number // 30 + 1}岸"))
            lines += ["", contents[-1][1], ""]
        contents.append((2, f"第{numeral(number)}章 渡口{numeral(number)}记"))
        paid = number >= paid_from
        body = ["　　第一次见到他，是在第三章写过的渡口。", "　　“走吧。”他说。", "　　第二天，雾散了。"]
        lines += [contents[-1][1], "", "##paidbegin##" * paid + body[0], body[1], body[2] + "##paidend##" * paid, ""]
    contents += [(2, "尾声"), (2, "番外一 归舟"), (2, "后记")]
    for _, name in contents[-3:]:
        lines += [name, "　　雾。"]
    return "\n".join(lines), contents


def test_a_novel_of_120_chapters_has_its_contents_complete_and_in_order():
    source, contents = novel(paid_from=11)
    checked = check(source, SourceFormat.TEXT)
    assert [(entry.level, entry.text) for entry in checked.preview.toc] == contents
    assert [(entry.level, entry.text) for entry in render_full(checked).toc] == contents


def test_each_line_of_a_novel_is_explained_by_its_number():
    source, contents = novel(paid_from=11)
    taken = list(explain_lines(check(source, SourceFormat.TEXT)))
    lines = source.split("\n")
    assert [(each.level, lines[each.first - 1]) for each in taken if each.kind is LineKind.HEADING] == contents
    assert taken[0].kind is LineKind.TITLE
