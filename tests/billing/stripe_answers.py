"""A Stripe that answers some questions in its own way, where the sandbox never would."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from webapp.billing.context import BillingContext
from webapp.kit import clock

REFUSED = {"error": {"type": "invalid_request_error", "message": "You cannot do this."}}
WITHOUT_KEY = {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided."}}, 401
OUT_OF_ORDER = {"error": {"type": "api_error", "message": "An unknown error occurred."}}, 500


@contextmanager
def answering(
    billing: BillingContext, path: str, body: dict[str, Any] = REFUSED, status: int = 400
) -> Iterator[list[str]]:
    """Have what is asked of addresses that hold `path` answered so, with a refusal unless a body is given.

    Yields the idempotency keys of what was asked there ("" for none).
    """
    line, keys = billing.gateway.client._requestor._client, []
    ask, said = line.request, json.dumps(body)

    def request(method: str, url: str, headers: Any, post_data: Any = None, **more: Any) -> Any:
        if path not in url:
            return ask(method, url, headers, post_data, **more)
        keys.append(headers.get("Idempotency-Key", ""))
        return said, status, {"Content-Type": "application/json", "Request-Id": "req_1"}

    line.request = request
    try:
        yield keys
    finally:
        line.request = ask


@contextmanager
def dated(billing: BillingContext, apart: timedelta) -> Iterator[None]:
    """Have answers bear the date of a clock that is so far from ours."""
    line = billing.gateway.client._requestor._client
    ask = line.request

    def request(*given: Any, **more: Any) -> Any:
        body, status, headers = ask(*given, **more)
        return body, status, {**headers, "Date": format_datetime(clock.machine_now() + apart, usegmt=True)}

    line.request = request
    try:
        yield
    finally:
        line.request = ask
