"""The commands about Stripe and its sandbox, as an operator types them."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.factories.shelf import PAID
from webapp.operations import opened_installation
from webapp.operations.worker import show_life
from webapp.settings import Mode
from webapp.stripe_sandbox.faults import Faults


@pytest.fixture
def reader(people):
    return people.signed_in()


@pytest.fixture
def paidspan(instance, capsys, monkeypatch):
    """Run a command in this process: the same code, and a second faster each."""
    from webapp.operations.cli import main
    from webapp.settings import load_settings

    load_settings(instance=instance)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["paidspan", *map(str, arguments), "--instance", str(instance)])
        capsys.readouterr()
        try:
            main()
        except SystemExit as end:
            code = end.code
            if isinstance(code, str):
                return 1, capsys.readouterr().out, code
        said = capsys.readouterr()
        return code or 0, said.out, said.err

    return run


def reads_all(reader, document):
    return PAID in reader.get(f"/d/{document.slug}").get_data(as_text=True)


def bought(cashier, reader, document, plan="document"):
    session_id = cashier.buy(reader, plan, document.slug)
    reader.get(f"/checkout/return?session_id={session_id}")
    return cashier.purchases()[-1].id


def test_sync_finds_what_was_paid_and_says_so(paidspan, cashier, reader, document):
    cashier.buy(reader, "document", document.slug)
    assert paidspan("stripe", "sync")[:2] == (0, "compared\t1 objects\t1 grants changed\n")
    assert reads_all(reader, document)
    assert paidspan("stripe", "sync", "--since", "1d")[1].endswith("0 grants changed\n")
    assert paidspan("grants", "rebuild")[:2] == (0, "")


def test_status_tells_mode_health_and_drift(paidspan, cashier, reader, document):
    cashier.buy(reader, "document", document.slug)
    paidspan("stripe", "sync")
    code, said, _ = paidspan("stripe", "status")
    assert code == 0
    lines = dict(line.split("\t", 1) for line in said.splitlines())
    assert lines["mode"] == "sandbox"
    assert lines["webhook secret"] == "set"
    assert lines["events waiting"] == "0"
    assert lines["drift in 30 days"] == "1"
    assert lines["last full comparison"].endswith("UTC, 1 grants changed")


@pytest.fixture
def in_test_mode(cashier, monkeypatch):
    """The sandbox taken for an account in test mode, in which we are reached by https."""
    account = replace(cashier.billing, mode=Mode.TEST, base_url="https://reports.example.com")
    monkeypatch.setattr(opened_installation, "open_billing", lambda *_opened: account)


@pytest.mark.usefixtures("in_test_mode")
def test_status_says_what_is_wrong_with_the_endpoint_and_that_stripe_is_away(paidspan, cashier):
    assert "webhook\tStripe has no endpoint for https://reports" in paidspan("stripe", "status")[1]
    cashier.sandbox.set_faults(Faults(down=1))
    code, said, _ = paidspan("stripe", "status")
    assert (code, "webhook\tThe payment service does not answer" in said) == (0, True)


def test_status_tells_how_the_worker_is(paidspan, cashier, monkeypatch):
    assert "background worker\tnot running" in paidspan("stripe", "status")[1]
    show_life(cashier.billing)
    assert "background worker\tworks" in paidspan("stripe", "status")[1]
    monkeypatch.setattr("webapp.kit.heartbeat.SILENCE", timedelta())
    assert "background worker\tsilent since" in paidspan("stripe", "status")[1]


def test_a_refund_closes_at_once_and_one_that_fails_opens_again(paidspan, cashier, reader, document):
    purchase = bought(cashier, reader, document)
    code, said, _ = paidspan("sandbox", "refund", purchase[:8])
    assert code == 0
    assert re.match(r"re_\w+\tCN¥9.90\tsucceeded\nnow .* UTC\t1 grants changed\n", said)
    assert not reads_all(reader, document)


def test_a_refund_that_fails_changes_nothing(paidspan, cashier, reader, document):
    purchase = bought(cashier, reader, document)
    assert "\tfailed\n" in paidspan("sandbox", "refund", purchase, "--fail")[1]
    assert reads_all(reader, document)


def test_part_of_it_can_be_given_back(paidspan, cashier, reader, document):
    purchase = bought(cashier, reader, document)
    assert "CN¥5" in paidspan("sandbox", "refund", purchase, "--amount", "5.00")[1]
    assert reads_all(reader, document)
    assert paidspan("sandbox", "refund", purchase, "--amount", "500.00")[0] == 1


def test_a_dispute_closes_and_winning_it_opens_again(paidspan, cashier, reader, document):
    purchase = bought(cashier, reader, document)
    assert "\tneeds_response\n" in paidspan("sandbox", "dispute", purchase)[1]
    assert not reads_all(reader, document)
    assert "\twon\n" in paidspan("sandbox", "dispute", purchase, "--status", "won")[1]
    assert reads_all(reader, document)


def test_time_moves_and_a_pass_ends(paidspan, cashier, reader, document):
    bought(cashier, reader, document, "pass")
    assert paidspan("sandbox", "advance", "29d12h")[0] == 0
    assert reads_all(reader, document)
    paidspan("sandbox", "advance", "1d")
    assert not reads_all(reader, document)


def test_replay_puts_the_events_back_into_the_post(paidspan, cashier, reader, document):
    bought(cashier, reader, document)
    code, said, _ = paidspan("sandbox", "replay")
    assert code == 0
    assert int(said.split(" ")[0]) > 3


def test_what_was_bought_is_listed(paidspan, cashier, reader, document):
    purchase = bought(cashier, reader, document)
    assert paidspan("sandbox", "list")[1] == f"{purchase}\treader@example.com\tdocument\tCN¥9.90\tcomplete\n"


def test_faults_are_shown_switched_on_and_off(paidspan, cashier):
    assert "drop\t1.0" in paidspan("sandbox", "faults", "drop=1", "timeout=2")[1]
    assert "timeout\t2.0" in paidspan("sandbox", "faults")[1]
    assert "drop\t0" in paidspan("sandbox", "faults", "off")[1]


def test_setting_up_twice_makes_everything_once(paidspan):
    first = paidspan("stripe", "setup", "--trial-days", "7")[1]
    second = paidspan("stripe", "setup")[1]
    assert first.count("made\t") == 7  # three prices, three plans, the portal
    assert "made" not in second
    assert "changed" not in second


def test_a_new_price_is_for_new_buyers_and_old_ones_keep_their_access(paidspan, cashier, reader, document, client):
    bought(cashier, reader, document, "year")
    assert "changed\tplan year" in paidspan("stripe", "setup", "--year", "298")[1]
    assert "298" in client.get("/plans").get_data(as_text=True)
    paidspan("stripe", "sync", "--all")
    assert reads_all(reader, document)


def test_a_plan_is_taken_off_sale_and_put_back(paidspan, cashier, client):
    assert "retired\tplan pass" in paidspan("stripe", "setup", "--pass", "none")[1]
    assert "pass" not in client.get("/plans", headers={"Accept-Language": "en"}).get_data(as_text=True)
    paidspan("stripe", "setup", "--pass", "30")
    assert "30-day pass" in client.get("/plans", headers={"Accept-Language": "en"}).get_data(as_text=True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("stripe", "setup", "--month", "2x"), 1, "--month: “2x” is no amount"),
        (("stripe", "setup", "--currency", "usd"), 1, "A new currency needs new amounts"),
        (("stripe", "sync", "--since", "soon"), 2, "“soon” is no duration"),
        (("sandbox", "advance", "-5d"), 2, "No such option"),
        (("sandbox", "refund", "nothing"), 1, "No purchase begins with “nothing”"),
        (("sandbox", "faults", "dropp=1"), 1, "“dropp” is none of"),
        (("sandbox", "faults", "drop=often"), 1, "needs a number, like drop=1"),
        (("sandbox", "faults", "drop=7"), 1, "drop is a share from 0 to 1"),
    ],
)
def test_what_is_wrong_is_one_line(paidspan, arguments, code, said):
    ended, _out, error = paidspan(*arguments)
    assert ended == code
    assert said in error
    assert "Traceback" not in error


@pytest.mark.parametrize("command", [("sandbox", "list"), ("sandbox", "advance", "1d")])
def test_beside_a_real_key_there_is_no_sandbox(paidspan, monkeypatch, command):
    monkeypatch.setenv("PAIDSPAN_STRIPE_SECRET_KEY", "sk_test_something")
    code, _out, error = paidspan(*command)
    assert code == 1
    assert "there is no sandbox here" in error
