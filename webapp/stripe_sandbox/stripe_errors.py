"""How Stripe says no: one exception, and the sentences it is raised with (docs.stripe.com/error-codes)."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from webapp.kit import stripe_amounts

BAD_REQUEST = 400
PAYMENT_REQUIRED = 402
NOT_FOUND = 404


class RefusedError(Exception):
    """A request that Stripe would refuse: HTTP status, the error object's message, code, parameter and type."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        status: int = BAD_REQUEST,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.kind = kind

    def body(self) -> dict[str, Any]:
        """Return Stripe's error body; like Stripe's, without keys for what there is not."""
        error = {"type": self.kind, "message": str(self), "code": self.code, "param": self.param}
        if self.code:
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        return {"error": {key: value for key, value in error.items() if value is not None}}


class DeclinedError(RefusedError):
    """A charge that the bank declined: `error` as Stripe's error object has it beside the message and the code.

    `keeps` when the attempt stays in the uow, as it does unless the request asked for all or nothing.
    """

    def __init__(self, error: Mapping[str, Any], *, keeps: bool) -> None:
        super().__init__(error["message"], code=error["code"], status=PAYMENT_REQUIRED, kind="card_error")
        self.error = error
        self.keeps = keeps

    @override
    def body(self) -> dict[str, Any]:
        """Return Stripe's error body with what was charged, and to what."""
        return {"error": {**super().body()["error"], **self.error}}


def no_such(kind: str, object_id: str, param: str = "id") -> RefusedError:
    """Return the refusal of an id that names nothing: 404 where it stood in the path, else 400 for `param`."""
    status = NOT_FOUND if param == "id" else BAD_REQUEST
    return RefusedError(f"No such {kind}: '{object_id}'", code="resource_missing", param=param, status=status)


def missing(param: str) -> RefusedError:
    """Return the refusal of a request that lacks a parameter."""
    return RefusedError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown(param: str, known: list[str]) -> RefusedError:
    """Return the refusal of a parameter that this endpoint does not take; Stripe may, the sandbox then says so too."""
    takes = f"here the sandbox takes {', '.join(known)}" if known else "here the sandbox takes none"
    return RefusedError(f"Received unknown parameter: {param} ({takes})", code="parameter_unknown", param=param)


def refuse_between_steps(amount: int, currency: str, param: str = "unit_amount") -> None:
    """Raise RefusedError for an amount that Stripe does not charge in this currency, such as half a króna."""
    step = stripe_amounts.step_of(currency)
    if amount % step:
        raise RefusedError(
            f"Invalid amount. Amounts in {currency.upper()} must be evenly divisible by {step}. See "
            "https://docs.stripe.com/currencies#special-cases for more information.",
            param=param,
        )


def refuse_small_charge(amount: int, currency: str) -> None:
    """Raise RefusedError for an amount that is too small to be charged; nothing at all is not."""
    least = stripe_amounts.smallest_charge(currency)
    if 0 < amount < least:
        raise RefusedError(
            f"The total amount due must add up to at least {least} minor units of {currency.upper()}.",
            code="amount_too_small",
        )


def invalid(what: str, value: object, param: str, code: str | None = None) -> RefusedError:
    """Return the refusal of a value of the wrong sort: `what` as in “Invalid integer”."""
    return RefusedError(f"Invalid {what}: {value}", code=code, param=param)
