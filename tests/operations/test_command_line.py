"""The command as people and scripts call it: what it prints, and how it ends."""

import json
import os
import re
import stat

import pytest

from tests.factories.shelf import PAID, REPORT


@pytest.fixture
def paidspan(forker, instance, tmp_path):
    def run(*arguments, given=""):
        return forker.run([*map(str, arguments), "--instance", str(instance)], tmp_path, os.environ, given)

    return run


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "年度 报告.txt"
    path.write_text(REPORT)
    return path


def test_import_prints_the_slug_and_ends_well(paidspan, report):
    done = paidspan("import", report, "--publish", "--tag", "年度", "--price", "9.90")
    assert (done.returncode, done.stdout.split("\t")[:2]) == (0, ["关于仓储周转的年度报告", "added"])
    assert done.stderr == "1 added\n"


def test_import_says_where_a_slip_is_in_one_line_and_goes_on(paidspan, report, tmp_path):
    bad = tmp_path / "bad.txt"
    bad.write_text("题目\n公开。\n甲##paidbegn##乙")
    done = paidspan("import", bad, report)
    assert done.returncode == 1
    assert f"{bad}:3:2: near-marker: " in done.stderr
    assert "乙" not in done.stderr, "no paid text in what is printed"
    assert "关于仓储周转的年度报告\tadded" in done.stdout
    assert "1 added, 1 refused" in done.stderr


def test_lint_prints_what_it_found_and_ends_accordingly(paidspan, report, tmp_path):
    assert paidspan("lint", report).returncode == 0
    bad = tmp_path / "bad.txt"
    bad.write_text("题目\n甲##paidend##乙")
    done = paidspan("lint", bad)
    assert done.returncode == 1
    assert f"{bad}:2:2: stray-end: " in done.stdout


def test_lint_speaks_json(paidspan, report, tmp_path):
    bad = tmp_path / "bad.txt"
    bad.write_text("题目\n甲##paidbegin##乙")
    done = paidspan("lint", report, bad, tmp_path / "missing.txt", "--format", "json")
    assert done.returncode == 1
    good, unclosed, missing = json.loads(done.stdout)["files"]
    paid = REPORT[REPORT.index("##paidbegin##") + 13 : REPORT.index("##paidend##")]
    assert good["path"] == str(report)
    assert good["title"] == "关于仓储周转的年度报告"
    assert good["characters"] == len(REPORT)
    assert good["paid_characters"] == len(paid)
    assert good["public_characters"] == len(REPORT) - len(paid) - len("##paidbegin####paidend##")
    assert good["spans"] == [{"line": 6, "column": 23, "end_line": 9, "end_column": 1, "characters": len(paid)}]
    assert good["findings"] == []
    assert {name: unclosed["findings"][0][name] for name in ("code", "severity", "line", "column")} == {
        "code": "unclosed-span",
        "severity": "error",
        "line": 2,
        "column": 2,
    }
    assert missing["findings"][0]["code"] == "not-found"
    assert PAID not in done.stdout


def test_publish_and_withdraw(paidspan, report):
    slug = paidspan("import", report).stdout.split("\t")[0]
    assert paidspan("publish", slug).stdout == f"{slug}\tpublished\n"
    assert paidspan("publish", slug).stdout == f"{slug}\twas published already\n"
    assert paidspan("withdraw", slug).stdout == f"{slug}\twithdrawn\n"
    unknown = paidspan("publish", "no-such-slug", slug)
    assert unknown.returncode == 1
    assert unknown.stderr == "paidspan: No document has the slug no-such-slug.\n"
    assert unknown.stdout == f"{slug}\tpublished\n"


def test_what_opens_a_document_is_said_to_be_meant(paidspan, report):
    slug = paidspan("import", report, "--publish", "--price", "9.90").stdout.split("\t")[0]
    report.write_text(REPORT.replace("##paidbegin##", "").replace("##paidend##", ""))
    refused = paidspan("import", report)
    assert refused.returncode == 1
    assert f"{report}:1:1: opens-document: Of {slug} 0 of " in refused.stderr
    stored = paidspan("import", report, "--open")
    assert stored.returncode == 0
    assert f"{report}:1:1: price-without-span: " in stored.stderr
    kept = paidspan("publish", slug)
    assert (kept.returncode, kept.stdout) == (1, "")
    assert f"paidspan: Of {slug} 0 of " in kept.stderr
    assert paidspan("publish", slug, "--open").stdout == f"{slug}\tpublished\n"


def test_accounts_are_made_listed_and_disabled(paidspan):
    added = paidspan(
        "user", "add", "Wang@Example.com", "--role", "editor", "--password-stdin", given="a long password\n"
    )
    assert (added.returncode, added.stdout) == (0, "Wang@Example.com\n")
    once = paidspan("user", "add", "li@example.com")
    assert "one-time password: " in once.stdout
    again = paidspan("user", "add", "wang@example.com")
    assert again.returncode == 1
    assert "already has an account" in again.stderr
    link = paidspan("user", "recover", "wang@example.com")
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/recover/[0-9a-f]{64}\n", link.stdout)
    nothing_to_reset = paidspan("user", "reset-2fa", "wang@example.com")
    assert (nothing_to_reset.returncode, nothing_to_reset.stdout) == (1, "")
    assert paidspan("user", "disable", "li@example.com").returncode == 0
    refused = paidspan("user", "recover", "li@example.com")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "disabled" in refused.stderr
    rows = [line.split("\t") for line in paidspan("user", "list").stdout.splitlines()]
    assert [(row[0], row[1], row[3]) for row in rows] == [
        ("Wang@Example.com", "editor", "active"),
        ("li@example.com", "reader", "disabled"),
    ]


def test_an_operator_closes_an_account(paidspan):
    for email in ("wang@example.com", "li@example.com"):
        paidspan("user", "add", email, "--password-stdin", given="a long password\n")
    asked = paidspan("user", "close", "wang@example.com", given="n\n")
    assert asked.returncode == 1
    assert "wang@example.com" in paidspan("user", "list").stdout
    assert paidspan("user", "close", "wang@example.com", given="y\n").stdout.endswith("wang@example.com\tclosed\n")
    assert paidspan("user", "close", "li@example.com", "--yes").stdout == "li@example.com\tclosed\n"
    rows = [line.split("\t") for line in paidspan("user", "list").stdout.splitlines()]
    assert [(row[0], row[3], len(row)) for row in rows] == [("closed-1", "closed", 4), ("closed-2", "closed", 4)]
    assert paidspan("user", "close", "wang@example.com", "--yes").returncode == 1


def test_an_operator_gives_an_account_another_password(paidspan):
    paidspan("user", "add", "wang@example.com", "--password-stdin", given="a long password\n")
    mine = paidspan("user", "password", "wang@example.com", "--password-stdin", given="another long password\n")
    assert (mine.returncode, mine.stdout) == (0, "wang@example.com\n")
    once = paidspan("user", "password", "WANG@example.com")
    assert once.stdout.startswith("wang@example.com\tone-time password: ")


def test_an_operator_gives_an_account_another_address(paidspan):
    paidspan("user", "add", "wang@example.com")
    paidspan("user", "add", "li@example.com")
    taken = paidspan("user", "rename", "wang@example.com", "LI@example.com")
    assert taken.returncode == 1
    assert "already has an account" in taken.stderr
    assert paidspan("user", "rename", "wang@example.com", "Wang@example.org").stdout == "Wang@example.org\trenamed\n"
    assert "No account has the address" in paidspan("user", "confirm", "wang@example.com").stderr


@pytest.mark.parametrize(
    ("password", "said"),
    [("password123", "Many people have this"), ("Wang.Lei", "from your e-mail"), ("short", "8 characters")],
)
def test_a_password_that_will_not_do_is_refused_with_what_to_do(paidspan, password, said):
    for command in ("add", "password"):
        refused = paidspan("user", command, "wang.lei@example.com", "--password-stdin", given=f"{password}\n")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert said in refused.stderr
        assert "a short sentence is best" in refused.stderr
        paidspan("user", "add", "wang.lei@example.com")


def test_a_command_finds_an_account_by_every_writing_of_its_address(paidspan):
    paidspan("user", "add", "Wang@straße.de")
    other = "ｗａｎｇ＠XN--STRAE-OQA.de"
    assert paidspan("user", "confirm", other).stdout == "Wang@straße.de\tconfirmed\n"
    assert paidspan("grant", other).stdout.startswith("Wang@straße.de\teverything\t")
    assert paidspan("revoke", other).stdout.startswith("Wang@straße.de\teverything\t")
    assert "already has an account" in paidspan("user", "add", other).stderr
    assert "No account has the address" in paidspan("grant", "wang@strasse.de").stderr


def test_complimentary_access_is_given_and_taken_back(paidspan, report):
    slug = paidspan("import", report, "--publish").stdout.split("\t")[0]
    paidspan("user", "add", "wang@example.com")
    given = paidspan("grant", "wang@example.com", "--document", slug, "--days", "30", "--reason", "review copy")
    assert given.stdout.startswith(f"wang@example.com\t{slug}\tuntil ")
    assert "without an end" in paidspan("grant", "wang@example.com").stdout
    assert paidspan("revoke", "wang@example.com").returncode == 0
    nothing = paidspan("revoke", "wang@example.com")
    assert nothing.returncode == 1
    assert "holds no complimentary grant" in nothing.stderr
    assert paidspan("revoke", "wang@example.com", "--document", slug).returncode == 0
    assert paidspan("grants", "rebuild").stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("import",),
        ("import", "x.txt", "--price", "free"),
        ("import", "x.txt", "--format", "rtf"),
        ("convert", "x.rtf", "--format", "text"),
        ("import", "x.txt", "--tag", "a/b"),
        ("user", "add", "a@example.com", "--role", "king"),
        ("grant", "a@example.com", "--days", "0"),
        ("no-such-command",),
    ],
)
def test_wrong_usage_ends_with_2(paidspan, arguments):
    done = paidspan(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("user", "disable", "nobody@example.com"),
        ("grant", "nobody@example.com"),
        ("publish", "nothing"),
        ("lint", "none"),
    ],
)
def test_what_fails_ends_with_1_and_one_line(paidspan, arguments):
    done = paidspan(*arguments)
    assert done.returncode == 1
    said = done.stderr or done.stdout
    assert len(said.strip().splitlines()) == 1
    assert "Traceback" not in said


def test_a_wrong_setting_is_one_line(paidspan, instance):
    (instance / "settings.toml").write_text("grace_days = 'many'\n")
    done = paidspan("user", "list")
    assert done.returncode == 1
    assert done.stderr.startswith("paidspan: PAIDSPAN_GRACE_DAYS")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b'base_url = "http', "settings.toml cannot be read"),
        (b"\xff\xfe", "settings.toml cannot be read"),
        (b'database_url = "nonsense"', "Could not parse"),
        (b'redis_url = "zzz"', "PAIDSPAN_REDIS_URL"),
        (b'basurl = "x"', "PAIDSPAN_BASURL is no setting"),
    ],
)
def test_whatever_is_wrong_with_the_settings_is_one_line(paidspan, instance, written, said, monkeypatch):
    for name in ("PAIDSPAN_DATABASE_URL", "PAIDSPAN_REDIS_URL"):  # which all tests have on PostgreSQL
        monkeypatch.delenv(name, raising=False)
    (instance / "settings.toml").write_bytes(written)
    done = paidspan("user", "list")
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_a_damaged_secret_is_one_line(paidspan, instance):
    (instance / "secret.key").write_text("")
    done = paidspan("user", "list")
    assert done.returncode == 1
    assert "secret.key is damaged" in done.stderr


def test_nobody_else_on_the_machine_reads_the_databases(paidspan, instance):
    paidspan("user", "list")
    assert stat.S_IMODE((instance / "sandbox.sqlite").stat().st_mode) == 0o600


@pytest.mark.sqlite("its file is damaged")
def test_a_damaged_database_is_one_line(paidspan, instance):
    (instance / "paidspan.sqlite").write_bytes(b"this is no database" * 500)
    done = paidspan("user", "list")
    assert done.returncode == 1
    assert done.stderr.startswith(f"paidspan: The database in {instance} is damaged")
    assert len(done.stderr.splitlines()) == 1


def commands(group, path=()):
    import click

    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def test_every_command_has_help_with_an_example_and_takes_an_instance():
    from webapp.operations.cli import cli

    found = list(commands(cli))
    assert len(found) == 67
    for path, command in found:
        assert command.help, path
        assert command.epilog.startswith(f"Example: paidspan {' '.join(path)}"), path
        if path not in {("db", "move"), ("storage", "copy")}:  # which are given two places
            assert any(option.name == "instance" for option in command.params), path


def test_convert_prints_the_markdown_that_import_makes(paidspan, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<title>题</title><p>甲<b>乙</b></p><nav>丙</nav>")
    done = paidspan("convert", page)
    assert (done.returncode, done.stdout) == (0, "# 题\n\n甲**乙**\n")
    assert done.stderr == f"{page}: Navigation is left out (1×, first near paragraph 2).\n"
    assert paidspan("lint", page).stdout.startswith(f"{page}:1:1: conversion-loss: Navigation is left out")
    page.write_text("<p>甲<!-- ##paidbegin## --></p>")
    done = paidspan("convert", page)
    assert (done.returncode, done.stdout) == (1, "")
    assert "A marker stands in a comment" in done.stderr
