"""What can go wrong between the product and Stripe, switched on for tests and for whoever wants to see it."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from webapp.kit import randomness
from webapp.stripe_sandbox.dispatcher import ApiRequest, ApiResponse
from webapp.stripe_sandbox.stripe_errors import RefusedError

LONGEST_WAIT = 5.0  # seconds; the product's client waits no longer
Ask = Callable[[ApiRequest, bool], ApiResponse]


class NoAnswerError(Exception):
    """The connection broke or timed out; what was asked for may have been done all the same."""


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults that are on. A share of 0 is never, of 1 always; `delay` and `timeout` are seconds of real time.

    Of webhooks: `duplicate`, `drop` (never sent), `delay`, `reorder` (the newest first). Of the API: `stale_reads`
    (as it was before its last change), `rate_limited` (429), `down` (500), `timeout` (nothing is done, and nobody
    answers), `fails_after_commit` (it is done, and then the connection breaks).
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
    """Answer a request through the faults that are on; `ask` takes the request, and whether to look at what was.

    Raise NoAnswerError. A kept answer, given again to a repeated key, comes through: nothing is committed then.
    """
    if faults.timeout:
        time.sleep(min(faults.timeout, LONGEST_WAIT))
        raise NoAnswerError("The sandbox does not answer.")
    refusal = _refusal(faults)
    if refusal:
        return ApiResponse(refusal.status, refusal.body(), "")
    given = ask(request, request.method == "get" and strikes(faults.stale_reads))
    if request.method != "get" and not given.replayed and strikes(faults.fails_after_commit):
        raise NoAnswerError("The connection to the sandbox broke.")
    return given


def _refusal(faults: Faults) -> RefusedError | None:
    """Return Stripe's own words for being asked too often, and for being out of order."""
    if strikes(faults.rate_limited):
        return RefusedError("Request rate limit exceeded.", code="rate_limit", status=429)
    if strikes(faults.down):
        message = "An unknown error occurred. The sandbox is down, as it was told to be."
        return RefusedError(message, status=500, kind="api_error")
    return None
