"""`make stripe-live`: the tests that the sandbox and Stripe have in common, in Stripe's test mode."""

import os
import sys

import pytest

KEY = "PAIDSPAN_STRIPE_SECRET_KEY"
TEST_KEYS, LIVE_KEYS = ("sk_test_", "rk_test_"), ("sk_live_", "rk_live_")


def objection(key: str) -> str:
    """Return why the tests cannot run with a key; "" when they can."""
    if not key:
        return (
            f"Set {KEY} to a secret key of Stripe's test mode (sk_test_…, from dashboard.stripe.com/test/apikeys): "
            f"the tests make and delete a few objects in that account. Example: make stripe-live {KEY}=sk_test_…"
        )
    if key.startswith(LIVE_KEYS):
        return f"{KEY} is a live key. These tests charge cards; they take keys of the test mode only."
    return "" if key.startswith(TEST_KEYS) else f"{KEY} is no secret key of Stripe's test mode (sk_test_…)."


def main(arguments: list[str]) -> int:
    """Run the tests, or say what is missing."""
    wrong = objection(os.environ.get(KEY, ""))
    if wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    return pytest.main(["tests/contract/test_both.py", "--stripe-live", "--force-enable-socket", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
