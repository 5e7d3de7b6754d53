"""Whether times tell who has an account: sign-in, and all that mails a link, for known and unknown addresses.

python bench/accounts.py [ADDRESSES]

Figures of one run: the medians, how they compare, and how often the slower of a known and an unknown address is the
known one. At 50 % a stopwatch tells nothing.
"""

import sys
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from flask import Flask
from flask.testing import FlaskClient

from tests.factories.people import token_in
from webapp import create_app
from webapp.accounts.registration import register
from webapp.kit import clock
from webapp.kit.http import database
from webapp.operations.first_start import prepare_instance
from webapp.settings import load_settings

WAYS = ("/login", "/recover", "/login/link", "/signup")
PASSWORD = "not the password of anybody here"


def opened(folder: Path) -> Flask:
    settings = load_settings(instance=folder, sign_up="confirm-first", sign_up_seconds=0)
    prepare_instance(settings)
    return create_app(settings)


def have_accounts(app: Flask, addresses: list[str]) -> None:
    with app.app_context(), database().writing() as session:
        for address in addresses:
            register(session, address, PASSWORD[::-1], now=clock.now())


def timed(client: FlaskClient, token: str, path: str, address: str, number: int) -> float:
    """Return how long an answer takes, in seconds; each try comes from another source, so that none is limited."""
    source = {"REMOTE_ADDR": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
    form = {"email": address, "password": PASSWORD, "csrf_token": token}
    begun = time.perf_counter()
    answer = client.post(path, data=form, environ_overrides=source)
    took = time.perf_counter() - begun
    assert answer.status_code in {303, 401}, (path, answer.status_code)
    return took


def is_slower(known: list[float], unknown: list[float]) -> float:
    """Return the share of pairs in which the known address took longer; half of each draw."""
    ordered = sorted(unknown)
    shares = (bisect_left(ordered, took) + bisect_right(ordered, took) for took in known)
    return sum(shares) / (2 * len(known) * len(unknown))


def compare(way: str, post: Callable[[str, int], float], addresses: list[str], first: int) -> None:
    times: dict[bool, list[float]] = {True: [], False: []}
    for number, address in enumerate(addresses):
        for is_known in (True, False) if number % 2 else (False, True):
            times[is_known].append(post(address if is_known else f"not-{address}", first + 2 * number + is_known))
    known, unknown = median(times[True]), median(times[False])
    share = is_slower(times[True], times[False])
    print(
        f"{way}: known {1000 * known:.2f} ms, unknown {1000 * unknown:.2f} ms, ratio {known / unknown:.3f}, "
        f"the known one is slower in {share:.1%} of pairs"
    )


def main() -> None:
    """Print the figures of each way."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    addresses = [f"reader-{number}@example.com" for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        app = opened(Path(folder))
        have_accounts(app, addresses)
        for place, way in enumerate(WAYS):
            client = app.test_client()
            token = token_in(client.get(way))
            compare(way, partial(timed, client, token, way), addresses, first=4 * place * count)


if __name__ == "__main__":
    main()
