"""Commands speak the language of who types; what scripts read is the same in both."""

import ast
import gettext as standard
import os
import re
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from webapp.kit import translatable
from webapp.kit.languages import gettext, locale
from webapp.operations.cli import cli, main
from webapp.operations.command_language import DOMAIN, language_asked_for, speaking

ROOT = Path(__file__).parents[2]
NAMES = {"Stripe", "JSON", "PATH", "zip", "webhook", "none", "instance", "cny", "auto", "Markdown", "Word"}
TYPED = re.compile(
    r"^ *示例：[^\n]*(?:\n +[^\n]+)*|用法:[^\n]*|^  \w+|"
    r"--?[\w-]+(?: [A-Z]+(?: RANGE)?| \[[a-z|]+\]| 9\.90)?",
    re.MULTILINE,
)
HAN = "\u3400-\u9fff"
CHINESE = {"LANG": "zh_CN.UTF-8", "LC_ALL": "", "LC_MESSAGES": ""}


@pytest.fixture
def paidspan(forker, instance, tmp_path):
    def run(*arguments, environment=None):
        command = [*map(str, arguments), *([] if "--help" in arguments else ["--instance", str(instance)])]
        return forker.run(command, tmp_path, os.environ | (CHINESE if environment is None else environment))

    return run


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, None),
        ({"LANG": "C.UTF-8"}, None),
        ({"LANG": "fr_FR.UTF-8"}, None),
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_TW"}, "zh-CN"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LC_MESSAGES": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "en_US.UTF-8", "PAIDSPAN_LOCALE": "zh-CN"}, "zh-CN"),
    ],
)
def test_the_environment_says_which_language(environment, language):
    assert language_asked_for(environment) == language


@pytest.mark.parametrize("arguments", [(), ("import",), ("stripe", "setup"), ("audit",), ("sandbox", "faults")])
def test_help_is_in_chinese_but_for_what_is_typed(paidspan, arguments):
    said = paidspan(*arguments, "--help").stdout
    assert "用法:" in said
    assert "-h, --help" in said
    told = TYPED.sub("", said)
    assert set(re.findall(r"[A-Za-z]{2,}", told)) <= NAMES


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("publish", "nothing"), 1, "paidspan: 没有网址为 nothing 的报告。"),
        (("user", "disable", "a@example.com"), 1, "没有邮箱为 a@example.com 的账户。运行 paidspan user list"),
        (("lint", "none"), 1, "not-found: 没有这个文件或文件夹。"),
        (("lint", "slip.txt"), 1, "slip.txt:2:2: stray-end: 结束标记没有对应的开始"),
        (("import", "slip.txt"), 1, "拒收 1 篇"),
        (("import", "slip.txt", "--price", "free"), 2, "“free”不是金额"),
        (("import", "slip.txt", "--format", "docx"), 1, "这个 Word 文件已损坏，或者不是 Word 文件"),
        (("convert", "slip.txt"), 2, "只转换 Word 文档"),
        (("import",), 2, "错误：缺少参数"),
        (("sandbox", "advance", "x"), 2, "不是时长"),
        (("stripe", "status"), 0, "未设置：由沙盒应答，不会真正扣款"),
        (("user", "add", "b@example.com"), 0, "一次性密码："),
    ],
)
def test_what_commands_say_is_in_chinese(paidspan, tmp_path, arguments, code, said):
    (tmp_path / "slip.txt").write_text("题目\n甲##paidend##乙")
    done = paidspan(*arguments)
    said = said.removesuffix("b")
    assert done.returncode == code
    assert said in done.stdout + done.stderr


def test_a_wrong_setting_is_said_in_chinese_in_one_line(paidspan, instance):
    (instance / "settings.toml").write_text("grace_days = 'many'\nbasurl = 'x'\n")
    said = paidspan("user", "list").stderr
    assert said == "paidspan: PAIDSPAN_GRACE_DAYS 应为整数; PAIDSPAN_BASURL 不是设置项，全部设置项见 README.md\n"


def test_where_the_environment_asks_for_nothing_the_settings_decide(paidspan, instance):
    nothing = dict.fromkeys(CHINESE, "")
    assert "No document has the slug" in paidspan("publish", "x", environment=nothing).stderr
    (instance / "settings.toml").write_text('locale = "zh-CN"\n')
    assert "没有网址为" in paidspan("publish", "x", environment=nothing).stderr
    assert "No document has the slug" in paidspan("publish", "x", environment={**nothing, "LANG": "en_GB"}).stderr


MATRIX = [
    ({"LANG": "zh_TW.UTF-8"}, "zh-CN"),
    ({"LANG": "zh_Hans"}, "zh-CN"),
    ({"LANG": "zh_CN.GB18030", "LC_MESSAGES": ""}, "zh-CN"),
    ({"LC_ALL": "zh_CN", "LANG": "en_US.UTF-8"}, "zh-CN"),
    ({"PAIDSPAN_LOCALE": "zh-CN", "LANG": "C.UTF-8"}, "zh-CN"),
    ({"PAIDSPAN_LOCALE": "zh-CN", "LANG": "en_US.UTF-8", "LANGUAGE": "en"}, "zh-CN"),
    ({"PAIDSPAN_LOCALE": "en", "LANG": "zh_CN"}, "en"),
    ({"PAIDSPAN_LOCALE": "en", "LANG": "zh_CN", "LANGUAGE": "zh_CN"}, "en"),
    ({"LANGUAGE": "en_US:en", "LANG": "zh_CN"}, "zh-CN"),
    ({"LANGUAGE": "zh_CN:en", "LANG": "en_US"}, "en"),
    ({"LANGUAGE": "zh_CN:zh", "LANG": "C"}, "en"),
    ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "fr:zh_CN"}, "en"),
    ({}, "en"),
]
SAID = {
    "zh-CN": re.compile("版本|用法:|错误：|运行 |选项:|命令:|显示本说明并退出|取值有误|您要用的是不是"),
    "en": re.compile(", version|Usage:|Error:|Try |Options:|Commands:|Show this message|Invalid|Did you mean"),
}


@pytest.mark.parametrize(("environment", "language"), MATRIX, ids=str)
def test_we_and_click_speak_one_language_whatever_the_environment_asks_for(forker, tmp_path, environment, language):
    nothing = dict.fromkeys(("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"), "")
    orders = ["--help", "--version", "import --help", "import", "pubish", "serve --prt 1", "grant a --days x", "grants"]
    for order in orders:
        done = forker.run(order.split(), tmp_path, os.environ | nothing | environment)
        said = done.stdout + done.stderr
        other = next(one for one in SAID if one != language)
        assert SAID[language].search(said), (order, said)
        assert not SAID[other].search(said), (order, said)
        assert bool(re.search(f"[{HAN}]", said.replace("年度报告", ""))) is (language == "zh-CN"), (order, said)


def test_a_language_of_the_settings_is_spoken_by_click_as_well(paidspan, instance):
    (instance / "settings.toml").write_text('locale = "zh-CN"\n')
    done = paidspan("import", "slip.txt", "--price", "free", environment=dict.fromkeys(CHINESE, ""))
    assert [line.split()[0][:3] for line in done.stderr.splitlines() if line] == ["用法:", "运行", "错误："]


def said_here(*arguments):
    """Return what a command says in this very process."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as out, redirect_stderr(out):
        patch.setattr("sys.argv", ["paidspan", *arguments])
        with suppress(SystemExit):
            main()
    return out.getvalue()


def test_a_command_leaves_no_language_behind(monkeypatch):
    """One process may run several: in Chinese, in English, and click by itself."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    before = spoken_here()
    help_before = CliRunner().invoke(cli, ["import", "--help"]).output
    assert "Usage:" in help_before
    for language, words in (("zh_CN.UTF-8", "用法:"), ("en_US.UTF-8", "Usage:"), ("zh_TW", "用法:")):
        monkeypatch.setenv("LANG", language)
        for arguments in (("import", "--help"), ("import",)):
            said = said_here(*arguments)
            assert words in said
            assert ("Show this message" in said) <= (words == "Usage:")
        monkeypatch.setenv("LANG", "zh_CN.UTF-8")
        assert spoken_here() == before
        assert CliRunner().invoke(cli, ["import", "--help"]).output == help_before


def spoken_here():
    words = standard.textdomain(), standard.bindtextdomain(DOMAIN)
    return locale(), gettext("required"), standard.gettext("required"), os.environ.get("LANGUAGE"), words


def test_a_filled_in_sentence_can_be_said_in_any_language():
    sentence = translatable._("No document has the slug %(slug)s.", slug="仓储")
    assert sentence == "No document has the slug 仓储."
    assert gettext(sentence) == "No document has the slug 仓储."
    with speaking("zh-CN"):
        assert gettext(sentence) == "没有网址为 仓储 的报告。"


FOR_PROGRAMMERS = {"ValueError", "TypeError", "RuntimeError", "ValidationError", "UndeclaredViewError"}
SAYS = {"echo", "UsageError", "fail", "TextColumn"}


def test_no_command_says_a_sentence_outside_of_gettext():
    """Two words or more in a literal that is printed or raised would stay English; the sandbox speaks Stripe's."""
    for path in set((ROOT / "webapp").rglob("*.py")) - set((ROOT / "webapp/stripe_sandbox").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                errors = name.endswith("Error") and name not in FOR_PROGRAMMERS
                for argument in node.args if name in SAYS or errors else ():
                    assert not bare(argument), f"{path.relative_to(ROOT)}:{node.lineno}: {bare(argument)}"


def bare(node: ast.expr) -> list[str]:
    texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return [text for text in texts if re.search(r"[A-Za-z]{2,} [a-z]{2,}", text)] if not _translated(node) else []


def _translated(node: ast.expr) -> bool:
    names = {part.func.id for part in ast.walk(node) if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)}
    return bool(names & {"_", "gettext"})
