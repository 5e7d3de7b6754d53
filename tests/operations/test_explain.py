"""`lint --explain` says what each line of a plain text was taken for."""

from click.testing import CliRunner

from webapp.operations.cli import cli

TEXT = """河上的书

第一章　渡口
河上起了雾。##paidbegin##船夫走了。
“走吧。”##paidend##
项目\t金额
绳子\t12
"""


def test_each_line_is_told_with_its_number(tmp_path):
    file = tmp_path / "book.txt"
    file.write_text(TEXT, encoding="utf-8")
    told = CliRunner().invoke(cli, ["lint", "--explain", str(file)])
    assert told.exit_code == 0, told.output
    lines = [line for line in told.output.splitlines() if line.startswith(f"{file}:")]
    assert [line.removeprefix(f"{file}:") for line in lines] == [
        "1: title  河上的书",
        "3: heading 1  第一章　渡口",
        "4: paragraph  河上起了雾。船夫走了。",
        "5: paragraph  “走吧。”",
        "6-7: table  项目 金额",
    ]


def test_markdown_needs_no_explanation(tmp_path):
    file = tmp_path / "book.md"
    file.write_text("# 题\n\n正文。\n", encoding="utf-8")
    told = CliRunner().invoke(cli, ["lint", "--explain", str(file)])
    assert str(file) not in told.output
