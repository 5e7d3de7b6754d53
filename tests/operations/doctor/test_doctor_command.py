"""`paidspan doctor` as people and programs call it, on installations that are well and on broken ones."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event

import pytest

from tests.factories.empty_database import empty_database
from webapp.kit.instance import secret_key
from webapp.operations.doctor import examination
from webapp.operations.doctor.diagnosis import Check, Need, good
from webapp.operations.doctor.examination import CHECKS, examine
from webapp.operations.doctor.examined_installation import open_examined

ROOT = Path(__file__).parents[3]
LINE = re.compile(r"(good|warning|broken|skipped) +([a-z-]+) +\S.*")


@pytest.fixture
def doctor(forker, instance, tmp_path):
    def run(*options, folder=instance, **environment):
        return forker.run(["doctor", *options, "--instance", str(folder)], tmp_path, os.environ | environment)

    return run


def test_each_thing_is_a_line_and_the_last_sums_up(doctor, instance):
    secret_key(instance)
    done = doctor()
    *lines, summary = done.stdout.splitlines()
    assert done.stderr == ""
    assert all(LINE.fullmatch(line) for line in lines), lines
    assert len({line.index(line.split(maxsplit=2)[2]) for line in lines}) == 1, "in columns"
    assert re.fullmatch(r"\d+ good, \d+ warnings, \d+ broken, 0 not looked at", summary)
    assert done.returncode == 1, "no worker runs"


def test_quiet_prints_what_is_not_good(doctor, instance):
    secret_key(instance)
    done = doctor("--quiet")
    assert {LINE.fullmatch(line)[1] for line in done.stdout.splitlines()} == {"warning", "broken"}


def test_programs_get_json(doctor, instance):
    secret_key(instance)
    found = json.loads(doctor("--json").stdout)
    assert {"check": "worker", "verdict": "broken"}.items() <= next(
        one for one in found if one["check"] == "worker"
    ).items()
    assert all(one["mend"] for one in found if one["verdict"] == "broken")


def test_it_speaks_chinese(doctor, instance):
    secret_key(instance)
    done = doctor(LC_ALL="zh_CN.UTF-8")
    assert re.search(r"^故障 +worker +后台进程没有运行", done.stdout, re.MULTILINE)
    assert re.fullmatch(r"正常 \d+ 项，警告 \d+ 项，故障 \d+ 项，未检查 0 项", done.stdout.splitlines()[-1])


def test_warnings_alone_are_no_failure(monkeypatch, instance, forker, capsys):
    from webapp.operations.cli import main
    from webapp.operations.doctor.diagnosis import warning

    one = Check("leaks", lambda _examined: iter([warning("Not looked for.", "Look.")]), Need.NOTHING)
    monkeypatch.setattr(examination, "CHECKS", (one,))
    monkeypatch.setattr(examination.examine, "__defaults__", ((one,),))
    monkeypatch.setattr("sys.argv", ["paidspan", "doctor", "--instance", str(instance)])
    with pytest.raises(SystemExit) as end:
        main()
    assert (end.value.code, "Not looked for. Look." in capsys.readouterr().out) == (0, True)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(shutil.rmtree, id="no folder"),
        pytest.param(lambda folder: (folder / "paidspan.sqlite").unlink(), id="no database"),
        pytest.param(lambda folder: (folder / "paidspan.sqlite").write_bytes(bytes(20_000)), id="zeroes"),
        pytest.param(lambda folder: (folder / "paidspan.sqlite").write_bytes(os.urandom(20_000)), id="anything"),
        pytest.param(lambda folder: os.truncate(folder / "paidspan.sqlite", 50_000), id="cut short"),
        pytest.param(lambda folder: (folder / "settings.toml").write_bytes(b"\xff\xfe"), id="settings, no text"),
        pytest.param(lambda folder: (folder / "settings.toml").mkdir(), id="settings that are a folder"),
        pytest.param(lambda folder: (folder / "secret.key").write_bytes(b"\xff"), id="no secret key"),
    ],
)
@pytest.mark.sqlite("the file of the database lies in the folder")
def test_a_broken_installation_is_told_in_lines(doctor, instance, spoil):
    secret_key(instance)
    spoil(instance)
    done = doctor()
    assert done.returncode == 1
    assert done.stderr == ""
    *lines, _summary = done.stdout.splitlines()
    assert all(LINE.fullmatch(line) for line in lines), lines
    assert not any("If all else is well, please report it" in line for line in lines), lines


def test_servers_that_are_down_are_told_in_lines(doctor):
    down = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}
    away = down | {"MAIL_URL": "smtp://127.0.0.1:1", "BASE_URL": "https://127.0.0.1:1"}
    done = doctor("--json", **{f"PAIDSPAN_{name}": value for name, value in away.items()})
    found = {one["check"]: one["verdict"] for one in json.loads(done.stdout)}
    expected = {"database": "broken", "redis": "broken", "mail-server": "broken", "base-url": "warning"}
    assert expected.items() <= found.items()
    assert "Traceback" not in done.stderr


@pytest.mark.sqlite("the file of the database lies in the folder")
@pytest.mark.skipif(os.getuid() != 0, reason="only root can run it as another user")
@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_who_may_not_read_the_folder_is_told_whose_it_is(mode):
    place = Path(tempfile.mkdtemp(prefix="paidspan-"))
    try:
        secret_key(place)
        (place / "paidspan.sqlite").write_bytes(empty_database())
        for path in place.iterdir():
            path.chmod(0o600)
        place.chmod(mode)
        command = [sys.executable, "-m", "webapp", "doctor", "--instance", str(place)]
        setpriv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
        given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        done = subprocess.run([*setpriv, *command], cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    finally:
        shutil.rmtree(place)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert re.search(r"broken +folder +\S+ belongs to root, and this runs as nobody", done.stdout)


@pytest.mark.sqlite("the file of the database lies in the folder")
def test_nothing_is_changed(doctor, instance):
    secret_key(instance)
    before = {path.name: path.read_bytes() for path in instance.iterdir()}
    doctor()
    after = {
        path.name: path.read_bytes() for path in instance.iterdir() if path.suffix not in {".sqlite-wal", ".sqlite-shm"}
    }
    assert after == before


def test_a_check_that_fails_or_never_ends_leaves_the_others(instance):
    never = Event()

    def fail(_examined):
        raise RuntimeError("of\nits own")

    checks = [
        Check("failing", fail, Need.NOTHING),
        Check("waiting", lambda _examined: iter([never.wait()]), Need.NOTHING, seconds=0.2),
        Check("looking", lambda _examined: iter([good("All is well.")]), Need.NOTHING),
    ]
    examined = open_examined(str(instance))
    found = [(line.name, str(line.finding.verdict), line.finding.sentence) for line in examine(examined, checks)]
    examined.close()
    never.set()
    assert found == [
        ("failing", "warning", "This could not be looked at: RuntimeError: of its own."),
        ("waiting", "warning", "This could not be looked at within 0 seconds."),
        ("looking", "good", "All is well."),
    ]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_each_check_stands_in_the_operators_table(check):
    rows = [
        line
        for line in (ROOT / "docs" / "operating.md").read_text().splitlines()
        if line.startswith(f"| `{check.name}` |")
    ]
    assert len(rows) == 1, "add it under “Is all well?”"
