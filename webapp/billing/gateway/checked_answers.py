"""The way to Stripe, on which an answer counts only where it has the shape that Stripe gives it.

What sits between, a proxy or a network's sign-in page, may answer 200 with JSON of its own. Taken for Stripe's, it
would be kept as a customer's id, or read as a subscription that opens nothing.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe
from typing_extensions import override

from webapp.kit.translatable import _

_ID = re.compile(r"[a-z]+_\w{14,}")  # longer than any name of a kind
_PREVIEW = "create_preview"  # of a bill that is none yet
_ENDS_WELL = range(200, 300)


class CheckedAnswers(stripe.RequestsClient):
    """The SDK's client of the network."""

    @override
    def request(  # as the SDK declares it
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> Any:
        del _usage  # which the client below does not take
        body, status, sent = super().request(method, url, headers, post_data)
        if status in _ENDS_WELL and not is_from_stripe(method, url, body):
            raise stripe.APIConnectionError(_("What answers is not Stripe."), should_retry=True)  # type: ignore[no-untyped-call]  # the SDK's
        return body, status, sent


def is_from_stripe(method: str, url: str, body: str | bytes) -> bool:
    """Return whether an answer is what was asked for: a list, that very object, or at least one object."""
    try:
        found = json.loads(body)
    except ValueError:
        return False
    if not isinstance(found, dict) or not isinstance(found.get("object"), str):
        return False
    last = urlsplit(url).path.rpartition("/")[2]
    if method.lower() == "get" and _ID.fullmatch(last):
        return bool(found.get("id") == last)
    if found["object"] == "list":
        return method.lower() == "get" and isinstance(found.get("data"), list)
    return isinstance(found.get("id"), str) or last == _PREVIEW or method.lower() == "get"
