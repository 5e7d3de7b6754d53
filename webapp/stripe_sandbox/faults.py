"""What can go wrong between the product and Stripe, switched on for tests and for whoever wants to see it."""

import json
import time
from dataclasses import asdict, dataclass
from typing import Protocol

from webapp.kit import randomness
from webapp.stripe_sandbox.dispatcher import ApiRequest, ApiResponse, Breakdown
from webapp.stripe_sandbox.stripe_errors import RefusedError

LONGEST_WAIT = 5.0  # seconds; the product's client waits no longer


class Ask(Protocol):
    """The API as it is behind the faults."""

    def __call__(self, request: ApiRequest, *, stale: bool = False, breakdown: Breakdown | None = None) -> ApiResponse:
        """Answer a request, as the dispatcher does."""


class NoAnswerError(Exception):
    """The connection broke or timed out; what was asked for may have been done all the same."""


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults that are on. A share of 0 is never, of 1 always; `delay` and `timeout` are seconds of real time.

    Of webhooks: `duplicate`, `drop` (never sent), `delay`, `reorder` (the newest first). Of the API: `stale_reads`
    (as it was before its last change), `rate_limited` (429), `down` (500, and nothing is done), `timeout` (nothing is
    done, and nobody answers), `fails_after_commit` (it is done, and then the connection breaks), `error_after_commit`
    (it is done, and 500 is answered). A 500 is kept under the idempotency key of its request, a 429 is not.
    """

    duplicate: float = 0
    drop: float = 0
    delay: float = 0
    reorder: float = 0
    stale_reads: float = 0
    rate_limited: float = 0
    down: float = 0
    timeout: float = 0
    fails_after_commit: float = 0
    error_after_commit: float = 0

    def __post_init__(self) -> None:
        """Refuse what is no share; raise ValueError."""
        for name, value in asdict(self).items():
            if value < 0 or (value > 1 and name not in {"delay", "timeout"}):
                raise ValueError(f"{name} is a share from 0 to 1, or seconds where it is a time")

    def written(self) -> str:
        """Return the faults as they are kept."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, written: str | None) -> "Faults":
        """Return the faults that were kept."""
        return cls(**json.loads(written)) if written else NONE


NONE = Faults()


def strikes(share: float) -> bool:
    """Whether a fault that hits so great a share hits now."""
    return share > 0 and int.from_bytes(randomness.random_bytes(4)) < share * 2**32


def answer(faults: Faults, request: ApiRequest, ask: Ask) -> ApiResponse:
    """Answer a request through the faults that are on.

    Raise NoAnswerError. A kept answer, given again to a repeated key, comes through: nothing is committed then.
    """
    if faults.timeout:
        time.sleep(min(faults.timeout, LONGEST_WAIT))
        raise NoAnswerError("The sandbox does not answer.")
    if strikes(faults.rate_limited):
        refusal = RefusedError("Request rate limit exceeded.", code="rate_limit", status=429)
        return ApiResponse(refusal.status, refusal.body(), "")
    if request.method == "get":
        if strikes(faults.down):
            return ApiResponse(_out_of_order().status, _out_of_order().body(), "")
        return ask(request, stale=strikes(faults.stale_reads))
    given = ask(request, breakdown=_breakdown(faults))
    if not given.replayed and strikes(faults.fails_after_commit):
        raise NoAnswerError("The connection to the sandbox broke.")
    return given


def _breakdown(faults: Faults) -> Breakdown | None:
    if strikes(faults.down):
        return Breakdown(_out_of_order(), done=False)
    return Breakdown(_out_of_order(), done=True) if strikes(faults.error_after_commit) else None


def _out_of_order() -> RefusedError:
    """Return Stripe's own words for being out of order."""
    message = "An unknown error occurred. The sandbox is down, as it was told to be."
    return RefusedError(message, status=500, kind="api_error")
