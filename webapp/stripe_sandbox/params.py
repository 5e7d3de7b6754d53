"""What a parameter may be: small readers, put together into what an endpoint takes. What is not named is refused."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from webapp.stripe_sandbox.form_encoding import Raw
from webapp.stripe_sandbox.stripe_errors import RefusedError, invalid, missing, unknown

ParamReader = Callable[[Raw, str], Any]

MAX_METADATA_KEYS = 50
MAX_METADATA_KEY = 40
MAX_METADATA_VALUE = 500
_CURRENCY = re.compile(r"[A-Za-z]{3}")


@dataclass(frozen=True, slots=True)
class Params:
    """A hash that takes the named parameters and no other; `needs` must be there."""

    takes: Mapping[str, ParamReader]
    needs: frozenset[str] = field(default_factory=frozenset)

    def __call__(self, raw: Raw, name: str = "") -> dict[str, Any]:
        """Return the values read; raise RefusedError naming the parameter that is wrong."""
        if not isinstance(raw, dict):
            raise invalid("hash", raw, name)
        for key in raw:
            if key not in self.takes:
                raise unknown(_inside(name, key), sorted(self.takes))
        for key in sorted(self.needs - raw.keys()):
            raise missing(_inside(name, key))
        return {key: self.takes[key](value, _inside(name, key)) for key, value in raw.items()}


@dataclass(frozen=True, slots=True)
class ListParam:
    """A list of things that one reader reads."""

    item: ParamReader

    def __call__(self, raw: Raw, name: str) -> list[Any]:
        """Return the items in order; raise RefusedError when it is no list."""
        if not isinstance(raw, dict) or not all(key.isdecimal() for key in raw):
            raise invalid("array", raw, name)
        return [self.item(raw[key], _inside(name, key)) for key in sorted(raw, key=int)]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the words that Stripe knows here."""

    words: tuple[str, ...]

    def __call__(self, raw: Raw, name: str) -> str:
        """Return the word; raise RefusedError for another."""
        if raw not in self.words:
            raise RefusedError(f"Invalid {name}: must be one of {', '.join(self.words)}", param=name)
        return str(raw)


@dataclass(frozen=True, slots=True)
class Clearable:
    """What can be unset by an empty value; then it reads as None."""

    reader: ParamReader

    def __call__(self, raw: Raw, name: str) -> object:
        """Return the value, or None when it is empty."""
        return None if raw == "" else self.reader(raw, name)


def choice(*words: str) -> Choice:
    """Return a reader of one of the words."""
    return Choice(words)


def text(raw: Raw, name: str) -> str:
    """Return a text that is not empty."""
    if not isinstance(raw, str):
        raise invalid("string", raw, name)
    if not raw:
        raise RefusedError(
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty "
            "value.",
            code="parameter_invalid_empty",
            param=name,
        )
    return raw


def integer(raw: Raw, name: str) -> int:
    """Return a whole number."""
    if not isinstance(raw, str) or not raw.removeprefix("-").isdecimal():
        raise invalid("integer", raw, name, "parameter_invalid_integer")
    return int(raw)


def natural(raw: Raw, name: str) -> int:
    """Return a whole number that is not negative: an amount in minor units, a count."""
    number = integer(raw, name)
    if number < 0:
        raise RefusedError(
            "This value must be greater than or equal to 0.", param=name, code="parameter_invalid_integer"
        )
    return number


def positive(raw: Raw, name: str) -> int:
    """Return a whole number of at least 1."""
    number = integer(raw, name)
    if number < 1:
        raise RefusedError(
            "This value must be greater than or equal to 1.", param=name, code="parameter_invalid_integer"
        )
    return number


def boolean(raw: Raw, name: str) -> bool:
    """Return true or false."""
    if raw not in {"true", "false"}:
        raise invalid("boolean", raw, name)
    return raw == "true"


def currency(raw: Raw, name: str) -> str:
    """Return a currency's code in lower case."""
    code = text(raw, name)
    if not _CURRENCY.fullmatch(code):
        raise invalid("currency", code, name)
    return code.lower()


def address_of_page(raw: Raw, name: str) -> str:
    """Return a web address."""
    url = text(raw, name)
    if not url.startswith(("http://", "https://")):
        raise RefusedError("Not a valid URL", code="url_invalid", param=name)
    return url


def metadata(raw: Raw, name: str) -> dict[str, str] | None:
    """Return our own notes on an object; an empty value takes a note away, None all of them."""
    if raw == "":
        return None
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        raise invalid("hash", raw, name)
    notes = {key: str(value) for key, value in raw.items()}
    too_long = any(len(key) > MAX_METADATA_KEY or len(value) > MAX_METADATA_VALUE for key, value in notes.items())
    if too_long or len(notes) > MAX_METADATA_KEYS:
        raise RefusedError(
            f"Metadata can have up to {MAX_METADATA_KEYS} keys of {MAX_METADATA_KEY} characters, "
            f"with values of {MAX_METADATA_VALUE} characters",
            param=name,
        )
    return notes


_RANGE = Params({"gt": integer, "gte": integer, "lt": integer, "lte": integer})


def moments(raw: Raw, name: str) -> dict[str, int]:
    """Return a range of moments in seconds since 1970; a single number reads as {"eq": …}."""
    return _RANGE(raw, name) if isinstance(raw, dict) else {"eq": integer(raw, name)}


def metadata_fields(present: Mapping[str, str], change: Mapping[str, str] | None) -> dict[str, str]:
    """Return metadata after a change as Stripe merges it."""
    if change is None:
        return {}
    return {key: value for key, value in {**present, **change}.items() if value}


def _inside(name: str, key: str) -> str:
    return f"{name}[{key}]" if name else key
