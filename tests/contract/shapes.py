"""What Stripe says about requests and answers, held against what is really sent and answered.

Give `CheckedTransport(transport)` to a `stripe.StripeClient` in place of the transport itself: every request's
parameters and every answer are checked against the Python SDK's annotations, and against Stripe's TypeScript types
where they can be had, and what does not fit raises ContractError. `transport.seen` tells which endpoints were called.

Nothing here is a list of ours but DIFFERENT: endpoints, parameters and shapes are read out of Stripe's own packages, so
that an upgrade of them is an upgrade of the contract.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import stripe
from stripe._error_object import ErrorObject
from stripe._request_options import RequestOptions
from typing_extensions import override

from tests.contract.sdk import Endpoint, Kind, find_endpoint, resource
from tests.contract.stripe_types import stripe_types
from webapp.stripe_sandbox.form_encoding import parse_form

# Where what is answered may differ from the types: the end of what is complained of -> why it stays so.
DIFFERENT = {
    r"\.previous_attributes\.metadata\.\w+: None is no string": (
        "Stripe tells so of a key that was not there before, and the product reads nothing of events but ids."
    ),
    r"(\.data)?\.object\.id: Invoice cannot be without it": (
        "An upcoming invoice has no id (docs.stripe.com/api/events/types, invoice.upcoming), whatever the types say."
    ),
}
ERROR_TYPES = {"api_error", "card_error", "idempotency_error", "invalid_request_error"}
UNKNOWN = "has no such field"
DELETED = {"id", "object", "deleted"}
_OPTIONS = RequestOptions.__annotations__.keys()


class ContractError(AssertionError):
    """Something was sent or answered that Stripe does not know."""


class CheckedTransport(stripe.HTTPClient):
    """A transport that passes everything on to another and checks it on the way.

    It is forgiving with Stripe itself, which may answer more than it writes down.
    """

    name = "checked"

    def __init__(self, inner: stripe.HTTPClient, *, forgiving: bool = False) -> None:
        super().__init__()
        self.inner = inner
        self.forgiving = forgiving
        self.types = stripe_types()
        self.seen: set[tuple[str, str]] = set()

    @override
    def _sleep_time_seconds(self, num_retries):
        return self.inner._sleep_time_seconds(num_retries)  # the sandbox's is none

    @override
    def request(self, method, url, headers, post_data=None, *, _usage=None):
        parts = urlsplit(url)
        endpoints = self._endpoints(method, parts.path)
        asked = [problem for one in endpoints for problem in request_problems(one, post_data or parts.query)]
        _raise_any(f"{method} {parts.path}", asked)
        body, status, answered = self.inner.request(method, url, headers, post_data)
        told = [problem for one in endpoints for problem in answer_problems(one, status, json.loads(body))]
        told = [problem for problem in told if not (self.forgiving and problem.endswith(UNKNOWN))]
        _raise_any(f"{status} from {method} {parts.path}", told)
        return body, status, answered

    def _endpoints(self, method: str, path: str) -> list[Endpoint]:
        """Return the endpoint in each description."""
        endpoint = find_endpoint(method, path)
        if endpoint is None:
            raise ContractError(f"the SDK knows no endpoint {method} {path}")
        self.seen.add((endpoint.method, endpoint.path))
        typed = self.types.find_endpoint(method, path) if self.types else endpoint
        if typed is None:
            raise ContractError(f"the types know no endpoint {method} {path}")
        return [endpoint, typed] if self.types else [endpoint]

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
    return [*kind_problems(body, endpoint.answer), *_snapshot_problems(body)]


def kind_problems(body: Any, kind: Kind) -> list[str]:
    """Return what is wrong with an answer, or a part of one, that is to be of a kind; DIFFERENT is right."""
    return [problem for problem in all_problems(body, kind) if not known_difference(problem)]


def all_problems(body: Any, kind: Kind) -> list[str]:
    """Return all that the description of a kind complains of."""
    return list(_Answer().check(body, kind, ""))


def known_difference(problem: str) -> str | None:
    """Return which of DIFFERENT a problem is."""
    return next((known for known in DIFFERENT if re.search(f"{known}$", problem)), None)


def object_problems(body: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with one of Stripe's objects, known by its `object`."""
    return [*kind_problems(body, resource(body["object"])), *_snapshot_problems(body)]


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
    """Walks a value and its description together and yields what does not fit.

    A Kind here is the SDK's (tests/contract/sdk.py) or one of TypeScript (stripe_types.py): both tell the same of it.
    """

    def check(self, value: Any, kind: Kind, where: str) -> Iterator[str]:
        if kind.is_open:
            return
        if kind.choices:
            yield from self._choice(value, kind, where)
        elif kind.words:
            if value not in kind.words:
                yield _no_such_word(value, kind.words, where)
        elif kind.entry:
            yield from self._list(value, kind.entry, where)
        elif kind.value:
            yield from self._hash(value, kind.value, where)
        elif kind.has_fields:
            yield from self._fields(value, kind, where)
        elif not self.is_scalar(value, kind.scalar):
            yield f"{where}: {value!r} is no {kind.name}"

    def _choice(self, value: Any, kind: Kind, where: str) -> Iterator[str]:
        """Pass when one choice does. `Literal[…] | str` is how the SDK outlives the API; here the Literal holds."""
        words = [word for choice in kind.choices for word in choice.words]
        if value in words:
            return
        others = [choice for choice in kind.choices if not choice.words and not (any(words) and choice.scalar is str)]
        others = [choice for choice in others if _says_the_same(value, choice)] or others
        found = [[_no_such_word(value, words, where)]] if words else []
        found += [list(self.check(value, choice, where)) for choice in others]
        if all(found):  # the most telling complaint is of a choice that fits at least from outside
            yield from min(found, key=lambda problems: (problems[0].startswith(f"{where}: "), len(problems)))

    def _list(self, value: Any, entry: Kind, where: str) -> Iterator[str]:
        entries = self.entries(value)
        if entries is None:
            yield f"{where}: {value!r} is no list"
            return
        for number, one in enumerate(entries):
            yield from self.check(one, entry, f"{where}[{number}]")

    def _hash(self, value: Any, inner: Kind, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where}: {value!r} is no hash"
            return
        for key, one in value.items():
            yield from self.check(one, inner, f"{where}.{key}")

    def _fields(self, value: Any, kind: Kind, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where}: {value!r} is no hash"
            return
        fields = self.fields(value, kind)
        for key in sorted(value.keys() - fields.keys()):
            yield f"{where}.{key}: {kind.name} {UNKNOWN}"
        for name, field in fields.items():
            if name in value:
                yield from self.check(value[name], field, f"{where}.{name}")
            elif name in kind.required:
                yield f"{where}.{name}: {kind.name} cannot be without it"

    def fields(self, value: Mapping[str, Any], kind: Kind) -> dict[str, Kind]:
        raise NotImplementedError

    def entries(self, value: Any) -> list[Any] | None:
        raise NotImplementedError

    def is_scalar(self, value: Any, annotation: Any) -> bool:
        raise NotImplementedError


class _Answer(_Check):
    """An answer is JSON; of the SDK's fields those that are not marked Optional are there and are not null."""

    @override
    def fields(self, value: Mapping[str, Any], kind: Kind) -> dict[str, Kind]:
        if "deleted" in kind.fields and value.get("deleted"):
            return {name: field for name, field in kind.fields.items() if name in DELETED}
        return kind.fields

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


def _says_the_same(value: Any, kind: Kind) -> bool:
    """Whether a kind of object is the one that the object calls itself, where it does."""
    if not isinstance(value, dict) or not kind.has_fields:
        return not isinstance(value, dict)
    told = {name: kind.fields[name].words for name in ("object", "type", "deleted") if name in kind.fields}
    return all(value.get(name) in words for name, words in told.items() if words)


def _no_such_word(value: Any, words: Iterable[Any], where: str) -> str:
    return f"{where}: {value!r} is none of {', '.join(map(repr, words))}"


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False
