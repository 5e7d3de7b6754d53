"""What Stripe's SDK says about requests and answers, held against what is really sent and answered.

Give `CheckedTransport(transport)` to a `stripe.StripeClient` in place of the transport itself: every request's
parameters are checked against the SDK's TypedDicts and every answer against the annotations of its resources, and
what does not fit raises ContractError. `transport.seen` tells which endpoints were called.

Nothing here is a list of ours: endpoints, parameters and shapes are read out of the installed SDK, so that an upgrade
of the SDK is an upgrade of the contract.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import stripe
from stripe._error_object import ErrorObject
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import override

from tests.contract.sdk import Endpoint, Kind, find_endpoint, resource
from webapp.stripe_sandbox.form_encoding import parse_form

ERROR_TYPES = {"api_error", "card_error", "idempotency_error", "invalid_request_error"}
DELETED = {"id", "object", "deleted"}
LIST = {"object", "data", "has_more", "url"}
_OPTIONS = RequestOptions.__annotations__.keys()


class ContractError(AssertionError):
    """Something was sent or answered that Stripe's SDK does not know."""


class CheckedTransport(stripe.HTTPClient):
    """A transport that passes everything on to another and checks it on the way."""

    name = "checked"

    def __init__(self, inner: stripe.HTTPClient) -> None:
        super().__init__()
        self.inner = inner
        self.seen: set[tuple[str, str]] = set()

    @override
    def request(self, method, url, headers, post_data=None, *, _usage=None):
        parts = urlsplit(url)
        endpoint = find_endpoint(method, parts.path)
        if endpoint is None:
            raise ContractError(f"the SDK knows no endpoint {method} {parts.path}")
        self.seen.add((endpoint.method, endpoint.path))
        _raise_any(f"{method} {parts.path}", request_problems(endpoint, post_data or parts.query))
        body, status, answered = self.inner.request(method, url, headers, post_data)
        _raise_any(f"{status} from {method} {parts.path}", answer_problems(endpoint, status, json.loads(body)))
        return body, status, answered

    @override
    def close(self) -> None:
        self.inner.close()


def request_problems(endpoint: Endpoint, form: str) -> list[str]:
    """Return what is wrong with a request's parameters, form-encoded as they go over the wire."""
    return list(_Wire().check(parse_form(form), endpoint.params, ""))


def answer_problems(endpoint: Endpoint, status: int, body: Any) -> list[str]:
    """Return what is wrong with an answer's body."""
    if status >= 400:
        return error_problems(body)
    return [*_Answer().check(body, endpoint.answer, ""), *_snapshot_problems(body)]


def object_problems(body: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with one of Stripe's objects, known by its `object`."""
    return [*_Answer().check(body, resource(body["object"]), ""), *_snapshot_problems(body)]


def error_problems(body: Any) -> list[str]:
    """Return what is wrong with an error's body."""
    if not isinstance(body, dict) or body.keys() != {"error"}:
        return ["the body of an error is a hash with nothing but `error`"]
    problems = list(_Answer().check(body["error"], Kind(ErrorObject, {}), "error"))
    if body["error"].get("type") not in ERROR_TYPES:
        problems.append(f"error.type: {body['error'].get('type')!r} is none of Stripe's")
    return problems


def _snapshot_problems(body: Any) -> list[str]:
    """Return what is wrong with what events carry: their annotation says only that there is something."""
    events = body["data"] if body.get("object") == "list" else [body]
    return [problem for event in events if event.get("object") == "event" for problem in _event_problems(event)]


def _event_problems(event: Mapping[str, Any]) -> list[str]:
    about, previous = event["data"]["object"], event["data"].get("previous_attributes", {})
    if event["type"] == "invoice.upcoming":
        about = {"id": "", **about}  # the one invoice that has none, since there is none yet
    unknown = previous.keys() - resource(about["object"]).fields.keys()
    problems = object_problems(about) + [f".previous_attributes.{name} is unknown" for name in sorted(unknown)]
    return [f"{event['type']}{problem}" for problem in problems]


def _raise_any(what: str, problems: list[str]) -> None:
    if problems:
        raise ContractError("\n  ".join([what, *problems]))


class _Check:
    """Walks a value and its annotation together and yields what does not fit."""

    def check(self, value: Any, kind: Kind, where: str) -> Iterator[str]:
        if kind.is_open:
            return
        if kind.is_choice:
            yield from self._choice(value, kind, where)
        elif kind.words:
            if value not in kind.words:
                yield f"{where}: {value!r} is none of {', '.join(map(repr, kind.words))}"
        elif kind.origin is list:
            yield from self._list(value, kind, where)
        elif kind.origin in (dict, UntypedStripeObject):
            yield from self._hash(value, kind, where)
        elif kind.origin is stripe.ListObject:
            yield from self._page(value, kind, where)
        elif kind.has_fields:
            yield from self._fields(value, kind, where)
        elif not self.is_scalar(value, kind.annotation):
            yield f"{where}: {value!r} is no {kind.name}"

    def _choice(self, value: Any, kind: Kind, where: str) -> Iterator[str]:
        """Pass when one choice does. `Literal[…] | str` is how the SDK outlives the API; here the Literal holds."""
        choices = _flat(kind)
        if any(any(choice.words) for choice in choices):
            choices = [choice for choice in choices if choice.annotation is not str]
        found = [list(self.check(value, choice, where)) for choice in choices]
        if all(found):  # the most telling complaint is of a choice that fits at least from outside
            yield from min(found, key=lambda problems: (problems[0].startswith(f"{where}: "), len(problems)))

    def _list(self, value: Any, kind: Kind, where: str) -> Iterator[str]:
        entries = self.entries(value)
        if entries is None:
            yield f"{where}: {value!r} is no list"
            return
        for number, entry in enumerate(entries):
            yield from self.check(entry, kind.inner[0], f"{where}[{number}]")

    def _hash(self, value: Any, kind: Kind, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where}: {value!r} is no hash"
            return
        for key, entry in value.items():
            yield from self.check(entry, kind.inner[-1], f"{where}.{key}")

    def _page(self, value: Any, kind: Kind, where: str) -> Iterator[str]:
        if not isinstance(value, dict) or value.keys() != LIST or value["object"] != "list":
            yield f"{where}: {value!r} is no list object"
            return
        for key, written in {"has_more": bool, "url": str}.items():
            yield from self.check(value[key], Kind(written, {}), f"{where}.{key}")
        for number, entry in enumerate(value["data"]):
            yield from self.check(entry, kind.inner[0], f"{where}.data[{number}]")

    def _fields(self, value: Any, kind: Kind, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where}: {value!r} is no hash"
            return
        fields = self.fields(value, kind)
        for key in sorted(value.keys() - fields.keys()):
            yield f"{where}.{key}: {kind.name} has no such field"
        for name, field in fields.items():
            if name in value:
                yield from self.check(value[name], field, f"{where}.{name}")
            elif self.needs(kind, name):
                yield f"{where}.{name}: {kind.name} cannot be without it"

    def fields(self, value: Mapping[str, Any], kind: Kind) -> dict[str, Kind]:
        raise NotImplementedError

    def needs(self, kind: Kind, name: str) -> bool:
        raise NotImplementedError

    def entries(self, value: Any) -> list[Any] | None:
        raise NotImplementedError

    def is_scalar(self, value: Any, annotation: Any) -> bool:
        raise NotImplementedError


class _Answer(_Check):
    """An answer is JSON; what the SDK does not mark Optional is there and is not null."""

    @override
    def fields(self, value: Mapping[str, Any], kind: Kind) -> dict[str, Kind]:
        if "deleted" in kind.fields and value.get("deleted"):
            return {name: field for name, field in kind.fields.items() if name in DELETED}
        return kind.fields

    @override
    def needs(self, kind: Kind, name: str) -> bool:
        return not kind.fields[name].is_optional

    @override
    def entries(self, value: Any) -> list[Any] | None:
        return value if isinstance(value, list) else None

    @override
    def is_scalar(self, value: Any, annotation: Any) -> bool:
        if annotation is Decimal:
            return isinstance(value, str) and _is_number(value)
        if annotation is float:
            return type(value) in (int, float)
        return type(value) is annotation


class _Wire(_Check):
    """Parameters are text: `true`, `12`, lists as branches with the keys 0, 1, 2. None means there are none at all."""

    @override
    def fields(self, value: Mapping[str, Any], kind: Kind) -> dict[str, Kind]:
        return {name: field for name, field in kind.fields.items() if name not in _OPTIONS}

    @override
    def needs(self, kind: Kind, name: str) -> bool:
        return name in kind.annotation.__required_keys__

    @override
    def entries(self, value: Any) -> list[Any] | None:
        is_list = isinstance(value, dict) and all(key.isdecimal() for key in value)
        return [value[key] for key in sorted(value, key=int)] if is_list else None

    @override
    def is_scalar(self, value: Any, annotation: Any) -> bool:
        if not isinstance(value, str):
            return False
        if annotation is bool:
            return value in {"true", "false"}
        if annotation is int:
            return value.removeprefix("-").isdecimal()
        return _is_number(value) if annotation in (float, Decimal) else annotation is str


def _flat(kind: Kind) -> list[Kind]:
    """Return the choices of a union, those of unions within it too."""
    return [choice for inner in kind.inner for choice in (_flat(inner) if inner.is_choice else [inner])]


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False
