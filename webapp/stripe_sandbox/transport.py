"""The sandbox as an HTTP client of Stripe's SDK: what would go over the network is answered on the spot."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import stripe
from requests.structures import CaseInsensitiveDict
from sqlalchemy.exc import OperationalError
from typing_extensions import override

from webapp.kit.errors import TooBusyError
from webapp.stripe_sandbox.dispatcher import ApiRequest, ApiResponse
from webapp.stripe_sandbox.faults import NoAnswerError
from webapp.stripe_sandbox.stripe_errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

UNAUTHORIZED = 401


class SandboxTransport(stripe.HTTPClient):
    """Give it to `stripe.StripeClient(api_key="sk_test_…", http_client=…)`."""

    name = "sandbox"

    def __init__(self, answer: "Callable[[ApiRequest], ApiResponse]") -> None:
        super().__init__()
        self._answer = answer

    @override
    def _sleep_time_seconds(self, num_retries: int) -> float:
        return 0.0  # nothing is won by waiting for a file on this machine

    @override
    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: str | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Return body, status and headers, as the SDK wants them.

        Raise APIConnectionError for a locked file, and where a fault breaks the connection, which the SDK may retry.
        """
        given = CaseInsensitiveDict(headers or {})
        refusal = _refused_headers(given)
        if refusal:
            return _wired(ApiResponse(refusal.status, refusal.body(), ""))
        parts = urlsplit(url)
        form = post_data or "" if method == "post" else parts.query
        request = ApiRequest(method, parts.path, form, given.get("Idempotency-Key"))
        try:
            return _wired(self._answer(request))
        except (OperationalError, TooBusyError) as error:
            message = f"The sandbox's file cannot be used: {error}"
            raise stripe.APIConnectionError(message) from error  # type: ignore[no-untyped-call]  # the SDK's own
        except NoAnswerError as error:
            raise stripe.APIConnectionError(str(error), should_retry=True) from error  # type: ignore[no-untyped-call]  # the SDK's own

    @override
    def close(self) -> None:
        """Do nothing: there is no connection."""


def _refused_headers(headers: Mapping[str, str]) -> RefusedError | None:
    """Return why a request is not even looked at: a key that is not for testing, or another version of the API."""
    if not headers.get("Authorization", "").startswith(("Bearer sk_test_", "Bearer rk_test_")):
        return RefusedError("Invalid API Key provided: the sandbox takes test keys only.", status=UNAUTHORIZED)
    version = headers.get("Stripe-Version", stripe.api_version)
    if version != stripe.api_version:
        return RefusedError(f"Invalid Stripe API version: {version}. The sandbox speaks {stripe.api_version}.")
    return None


def _wired(answer: ApiResponse) -> tuple[str, int, Mapping[str, str]]:
    headers = CaseInsensitiveDict({"Content-Type": "application/json", "Request-Id": answer.request_id})
    headers["Stripe-Version"] = stripe.api_version
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    return json.dumps(answer.body), answer.status, headers
