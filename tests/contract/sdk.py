"""Stripe's installed SDK, read as a description: every endpoint, what it takes, what it answers, what is in that."""

import ast
import importlib
import inspect
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Any, ClassVar, ForwardRef, Literal, NotRequired, Required, TypeVar, Union, get_args, get_origin

import stripe
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import is_typeddict

_FOLDER = Path(stripe.__file__).parent


@dataclass(frozen=True)
class Kind:
    """An annotation of the SDK together with the names that it may use."""

    written: Any
    names: Mapping[str, Any]

    @cached_property
    def annotation(self) -> Any:
        """Return the annotation with forward references followed and what only marks a key taken off."""
        annotation = self.written
        while True:
            if isinstance(annotation, ForwardRef):
                annotation = annotation.__forward_arg__
            elif isinstance(annotation, str):
                annotation = eval(annotation, dict(self.names))  # the SDK's own annotations
            elif get_origin(annotation) in (NotRequired, Required):
                (annotation,) = get_args(annotation)
            else:
                return annotation

    @property
    def origin(self) -> Any:
        return get_origin(self.annotation)

    @cached_property
    def inner(self) -> tuple["Kind", ...]:
        """Return what stands in the brackets; of an alias like ExpandableField, with its variable filled in."""
        return tuple(Kind(part, self.names) for part in get_args(self.annotation))

    @property
    def is_open(self) -> bool:
        """Whether anything fits."""
        return self.annotation is Any or isinstance(self.annotation, TypeVar)

    @property
    def is_choice(self) -> bool:
        return self.origin in (Union, UnionType)

    @cached_property
    def choices(self) -> tuple["Kind", ...]:
        """Return what a union allows, those of unions within it too; nothing for what is none."""
        return tuple(one for choice in self.inner for one in choice.choices or (choice,)) if self.is_choice else ()

    @property
    def words(self) -> tuple[Any, ...]:
        """Return the values of a Literal."""
        return get_args(self.annotation) if self.origin is Literal else ()

    @property
    def entry(self) -> "Kind | None":
        """Return what a list is of."""
        return self.inner[0] if self.origin is list else None

    @property
    def value(self) -> "Kind | None":
        """Return what a hash with whatever keys holds."""
        return self.inner[-1] if self.origin in (dict, UntypedStripeObject) else None

    @property
    def is_optional(self) -> bool:
        return self.annotation is NoneType or (self.is_choice and any(choice.is_optional for choice in self.inner))

    @property
    def has_fields(self) -> bool:
        cls = self.annotation
        is_class = inspect.isclass(cls) and issubclass(cls, stripe.StripeObject)
        return is_typeddict(cls) or is_class or self.origin is stripe.ListObject

    @property
    def scalar(self) -> Any:
        """Return the class of the values of what is none of all that."""
        return self.annotation

    @property
    def name(self) -> str:
        return str(getattr(self.annotation, "__name__", self.annotation))

    @cached_property
    def fields(self) -> dict[str, "Kind"]:
        """Return the public fields of a resource or a TypedDict."""
        if self.origin is stripe.ListObject:
            of_list = {"object": Literal["list"], "data": list[self.inner[0].written], "has_more": bool, "url": str}
            return {name: Kind(written, self.names) for name, written in of_list.items()}
        return _fields_of(self.annotation)

    @cached_property
    def required(self) -> Collection[str]:
        """Return the keys that must be there: of an answer those that may not be null, the SDK tells no more."""
        if is_typeddict(self.annotation):
            return self.annotation.__required_keys__
        return [name for name, field in self.fields.items() if not field.is_optional]


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: `path` as the SDK writes it, with `{names}`."""

    method: str
    path: str
    params: Kind
    answer: Kind

    def matches(self, method: str, path: str) -> bool:
        pattern = re.sub(r"\{\w+\}", "[^/]+", self.path)
        return method == self.method and re.fullmatch(pattern, path) is not None


def find_endpoint(method: str, path: str) -> Endpoint | None:
    """Return the SDK's endpoint for a request; the one with the fewest names where several fit."""
    fitting = [endpoint for endpoint in _endpoints(path.split("/")[2]) if endpoint.matches(method, path)]
    return min(fitting, key=lambda endpoint: endpoint.path.count("{"), default=None)


def resource(name: str) -> Kind:
    """Return the class of objects that call themselves `name`."""
    from stripe._object_classes import get_object_class

    return Kind(get_object_class("V1", name), {})


@cache
def _fields_of(cls: type) -> dict[str, Kind]:
    fields: dict[str, Kind] = {}
    for base in reversed(inspect.getmro(cls)):
        for name, written in inspect.get_annotations(base).items():
            if not name.startswith("_") and get_origin(written) is not ClassVar:
                fields[name] = Kind(written, _names_of(base.__module__))
    return fields


@cache
def _endpoints(section: str) -> tuple[Endpoint, ...]:
    """Return the endpoints under /v1/<section>."""
    return tuple(_read_endpoints(section))


def _read_endpoints(section: str) -> Iterator[Endpoint]:
    for source in sorted(_FOLDER.rglob("_*_service.py")):
        text = source.read_text()
        if f'"/v1/{section}' not in text:
            continue
        module = importlib.import_module(".".join(("stripe", *source.relative_to(_FOLDER).with_suffix("").parts)))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                yield from _endpoint(node, module)


def _endpoint(function: ast.FunctionDef, module: ModuleType) -> Iterator[Endpoint]:
    """Return what a service's method calls: `self._request("post", "/v1/…".format(…), …)`."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_request":
            method, path = (_text(argument) for argument in node.args[:2])
            params = next(argument.annotation for argument in function.args.args if argument.arg == "params")
            yield Endpoint(method, path, _kind(params, module), _kind(function.returns, module))


def _text(node: ast.expr) -> str:
    """Return the first string in an expression."""
    parts = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return next(part for part in parts if isinstance(part, str))


def _kind(annotation: ast.expr | None, module: ModuleType) -> Kind:
    assert annotation is not None
    return Kind(ast.unparse(annotation), _names_of(module.__name__))


@cache
def _names_of(module_name: str) -> dict[str, Any]:
    """Return the names that a module's annotations may use: its own, and what it imports for type checkers only."""
    module = importlib.import_module(module_name)
    names = dict(vars(module))
    source = Path(module.__file__ or "")
    if _FOLDER not in source.parents:
        return names
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for line in node.body:
                names |= _imported(line)
    return names


def _imported(line: ast.stmt) -> dict[str, Any]:
    if not isinstance(line, ast.ImportFrom) or not line.module:
        return {}
    source = importlib.import_module(line.module)
    return {alias.asname or alias.name: getattr(source, alias.name) for alias in line.names}
