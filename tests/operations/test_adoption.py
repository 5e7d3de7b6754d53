"""Which installation acts, and which is a copy: told by host and base URL, said where people look."""

import re
from functools import partial
from pathlib import Path

import pytest

from webapp.kit import instance_identity
from webapp.kit.instance_identity import (
    InstanceIdentity,
    adopt_instance,
    find_rest_reason,
    is_resting,
    note_instance,
    note_restored,
    note_start,
)
from webapp.operations import worker
from webapp.operations.first_start import prepare_instance
from webapp.operations.opened_installation import announce_rest
from webapp.settings import load_settings

PUBLIC = "https://reports.example.com"
LOCAL = "http://127.0.0.1:8000"
NOWHERE = Path("/nowhere")


@pytest.fixture
def on_host(monkeypatch):
    """Have the present host be a machine with this id and name, or a container."""

    def be(machine_id="", name="host", folder=NOWHERE, *, container=False, system="Darwin"):
        marks = (Path("/"),) if container else ()
        monkeypatch.setattr(instance_identity, "CONTAINER_MARKS", marks)
        monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
        monkeypatch.setattr(instance_identity.socket, "gethostname", lambda: name)
        monkeypatch.setattr(instance_identity.platform, "system", lambda: system)
        monkeypatch.setattr(instance_identity, "MACHINE_ID", folder / "machine-id")
        if machine_id:
            (folder / "machine-id").write_text(f"{machine_id}\n")

    return be


def start(database, base_url):
    database.write(partial(note_start, base_url=base_url))
    return not is_resting(database, base_url)


def identity(database):
    with database.reading() as session:
        return session.get_one(InstanceIdentity, 1)


def test_an_installation_is_known_from_its_first_start_on_and_keeps_its_id(tmp_path):
    settings = load_settings(instance=tmp_path / "new")
    prepare_instance(settings)
    database = instance_identity.Database(settings.database)
    first = identity(database)
    assert re.fullmatch(r"[0-9a-f-]{36}", first.instance_id)
    prepare_instance(settings)
    assert identity(database).instance_id == first.instance_id
    assert not is_resting(database, settings.base_url)
    database.close()


def test_one_that_never_started_acts(database):
    assert not is_resting(database, PUBLIC)


@pytest.mark.parametrize(
    ("former", "present", "acts"),
    [
        (PUBLIC, PUBLIC, True),
        (LOCAL, "http://127.0.0.1:8765", True),
        ("http://localhost:8000", "http://[::1]:5000", True),
        ("http://0.0.0.0:8000", "http://paidspan.localhost", True),
        (LOCAL, PUBLIC, True),  # it goes live where it was tried out
        (PUBLIC, LOCAL, False),
        (PUBLIC, "https://staging.example.com", False),
        ("http://reports.example.com", PUBLIC, False),
        ("http://192.168.1.5:8000", LOCAL, False),
    ],
)
def test_the_base_url_tells_a_copy_on_the_same_host(database, on_host, former, present, acts):
    on_host(name="one")
    assert start(database, former)
    assert start(database, present) is acts
    assert identity(database).base_url == (present if acts else former)


def test_a_restart_under_the_former_address_goes_on(database, on_host):
    on_host(name="one")
    start(database, PUBLIC)
    assert not start(database, LOCAL), "a look at it from here changes nothing"
    assert start(database, PUBLIC)


@pytest.mark.sqlite("a server's hosts are not told apart")
def test_the_machines_id_tells_hosts_apart_and_its_name_does_not(database, on_host, tmp_path):
    on_host(machine_id="a" * 32, name="one", folder=tmp_path)
    assert start(database, PUBLIC)
    on_host(machine_id="a" * 32, name="renamed", folder=tmp_path)
    assert start(database, PUBLIC)
    on_host(machine_id="b" * 32, name="one", folder=tmp_path)
    assert not start(database, PUBLIC)
    assert not start(database, LOCAL)


@pytest.mark.sqlite("a server's hosts are not told apart")
@pytest.mark.parametrize(("name", "acts"), [("Laptop.local", True), ("laptop.lan", True), ("other", False)])
def test_without_a_machine_id_the_name_counts_but_not_its_domain(database, on_host, name, acts):
    on_host(name="Laptop")
    assert start(database, LOCAL)
    on_host(name=name)
    assert start(database, LOCAL) is acts


@pytest.mark.sqlite("a server's hosts are not told apart")
@pytest.mark.parametrize("where", ["container", "kubernetes"])
def test_in_containers_the_base_url_decides_alone(database, on_host, monkeypatch, tmp_path, where):
    def begin(name):
        on_host(machine_id=name * 32, name=name, container=where == "container", folder=tmp_path)
        if where == "kubernetes":
            monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")

    begin("a")
    assert start(database, PUBLIC)
    begin("b")
    assert start(database, PUBLIC), "a container has another name at each start"
    assert not start(database, "https://staging.example.com")
    on_host(name="metal")
    assert not start(database, PUBLIC), "out of containers it is another host"


def test_a_linux_without_a_machine_id_is_told_by_its_base_url(database, on_host):
    on_host(name="a", system="Linux")
    assert start(database, PUBLIC)
    on_host(name="b", system="Linux")
    assert start(database, PUBLIC)
    assert not start(database, "https://staging.example.com")


@pytest.mark.sqlite("a server's hosts are not told apart")
def test_the_host_is_told_to_nobody(database, on_host, tmp_path):
    on_host(machine_id="a" * 32, name="secret-host", folder=tmp_path)
    start(database, PUBLIC)
    noted = identity(database).host
    assert re.fullmatch(r"[0-9a-f]{64}", noted)
    other = instance_identity.sha256(b"a" * 32).hexdigest()
    assert noted != other, "the same machine is another in each installation"


def test_what_was_restored_rests_wherever_it_runs_until_it_is_adopted(database):
    start(database, PUBLIC)
    database.write(partial(note_restored, base_url=""))
    for base_url in (PUBLIC, LOCAL, "https://staging.example.com"):
        assert not start(database, base_url)
    with database.reading() as session:
        assert find_rest_reason(session, PUBLIC).startswith("This installation was restored from a backup at 2")
    database.write(partial(adopt_instance, base_url="https://new.example.com"))
    assert start(database, "https://new.example.com")
    assert not start(database, PUBLIC)


@pytest.fixture
def paidspan(forker, instance, tmp_path):
    import os

    def run(*arguments):
        return forker.run([*map(str, arguments), "--instance", str(instance)], tmp_path, os.environ)

    return run


def test_the_commands_show_and_adopt(paidspan, database, instance):
    database.write(partial(note_instance, base_url=PUBLIC))
    shown = paidspan("instance", "show").stdout
    assert f"base URL\t{PUBLIC}\n" in shown
    assert "last backup\tnever\n" in shown
    assert f"state\trests: This installation last ran as {PUBLIC}, and now as {LOCAL}.\n" in shown
    assert paidspan("instance", "adopt").stdout == f"{LOCAL}\tadopted\n"
    assert "state\tacts\n" in paidspan("instance", "show").stdout


@pytest.mark.sqlite("tests/operations/backup has it on a server")
def test_backup_restore_and_adopt_as_an_operator_types_them(paidspan, forker, instance, tmp_path):
    import os

    paidspan("user", "add", "wang@example.com")
    (tmp_path / "passphrase").write_text("some words of mine\nand a second line\n")
    made = paidspan("backup", tmp_path / "b", "--passphrase-file", tmp_path / "passphrase")
    assert (made.returncode, made.stderr) == (0, "")
    assert "paidspan.sqlite\t1 file\t" in made.stdout
    assert f"{tmp_path / 'b'}: " in made.stdout
    assert "last backup\t2" in paidspan("instance", "show").stdout

    def there(*arguments):
        where = ["--instance", str(tmp_path / "there")]
        return forker.run([*map(str, arguments), *where], tmp_path, os.environ)

    (tmp_path / "wrong").write_text("other words\n")
    for options, said in (([], "is encrypted"), (["--passphrase-file", tmp_path / "wrong"], "is another one")):
        refused = there("restore", tmp_path / "b", *options)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert said in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
    back = there("restore", tmp_path / "b", "--passphrase-file", tmp_path / "passphrase")
    assert back.returncode == 0
    assert "paidspan stripe sync --all" in back.stderr
    assert "wang@example.com" in there("user", "list").stdout
    assert "state\trests: This installation was restored" in there("instance", "show").stdout
    assert there("restore", tmp_path / "b", "--passphrase-file", tmp_path / "passphrase").returncode == 1
    assert there("instance", "adopt").returncode == 0
    assert "state\tacts\n" in there("instance", "show").stdout


def test_readyz_warns_and_stays_200(client, database):
    assert "warning" not in client.get("/readyz").text
    database.write(partial(note_instance, base_url=PUBLIC))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "warning: mails and orders to Stripe wait for paidspan instance adopt" in answer.text
    assert f"This installation last ran as {PUBLIC}" in answer.text


def test_reading_and_signing_in_go_on(people, database, shelf):
    database.write(partial(note_instance, base_url=PUBLIC))
    document = shelf.put()
    reader = people.signed_in()
    assert reader.get(f"/d/{document.slug}").status_code == 200
    assert reader.get("/account").status_code == 200


def test_serve_says_at_its_start_that_it_rests(settings, database, capsys):
    announce_rest(settings)
    assert capsys.readouterr().err == ""
    database.write(partial(note_instance, base_url=PUBLIC))
    announce_rest(settings)
    said = capsys.readouterr().err
    assert said.startswith(f"This installation last ran as {PUBLIC}, and now as {LOCAL}.\nRESTING: ")
    assert "paidspan instance adopt" in said


def test_the_worker_logs_once_that_it_rests(billing, caplog):
    worker.log_rest(billing)
    assert caplog.messages == []
    billing.database.write(partial(note_restored, base_url=""))
    worker.log_rest(billing)
    (line,) = caplog.messages
    assert "wait for `paidspan instance adopt`: This installation was restored" in line
