"""Stripe's TypeScript types of the pinned version, read as a description: endpoints, parameters, answers, events.

They tell what the Python SDK's do not: which keys are always there, and which of them may be null.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from types import NoneType
from typing import Any, Never

from tests.contract.npm_package import find_package
from tests.contract.sdk import Endpoint
from tests.contract.typescript import Field, Hash, Module, Name, Type, Union, Word, parse_module

_SCALARS = {"string": str, "number": float, "boolean": bool, "null": NoneType, "Decimal": Decimal}
_ENDS = {*_SCALARS, "Array", "OtherString", "any", "never", "undefined", "unknown", "void"}
# What a method's answer is wrapped in.
_WRAPPERS = ("Promise", "Response")
# "    retrieve(" and "_makeRequest('GET', `/v1/…`" in the package's own code
_CALL = re.compile(r"^    (\w+)\(|_makeRequest\('([A-Z]+)', ['`](/v1/[^'`]*)['`]", re.MULTILINE)
_ID = re.compile(r"\$\{encodeURIComponent\((\w+)\)\}")


def api_version(folder: Path) -> str:
    """Return the version of the API that a folder of types is of."""
    # 2026-10-28.endive in `export declare const ApiVersion = "2026-10-28.endive";`
    found = re.search(r'ApiVersion = "([^"]+)"', (folder / "apiVersion.d.ts").read_text())
    assert found, "the package does not tell"
    return found[1]


@cache
def stripe_types() -> "StripeTypes | None":
    """Return the types of the package, where that can be had."""
    folder, _why = find_package()
    return StripeTypes(folder / "esm") if folder else None


@dataclass(frozen=True)
class TypeKind:
    """A type, and the file and namespace ("Subscription.") in which its names are looked up.

    It is `partial` within an event's `previous_attributes`: of a hash there are only the keys that changed.
    """

    types: "StripeTypes"
    written: Type
    file: str
    space: str = ""
    partial: bool = False

    @cached_property
    def meant(self) -> "TypeKind":
        """Return the kind with its name followed to what that stands for."""
        match self.written:
            case Name("Partial", (inner,)):
                return TypeKind(self.types, inner, self.file, self.space, partial=True).meant
            case Name(path, (inner,)) if path in _WRAPPERS:
                return self.part(inner).meant
            case Name("Emptyable", (inner,)):
                return self.part(Union((Name("null"), Word(""), inner)))
            case Name("ApiList" | "ApiListPromise", (inner,)):
                return self.part(_list_of(inner))
            case Name(path) if path not in _ENDS:
                return self.types.look_up(self, path).meant
        return self

    def part(self, written: Type) -> "TypeKind":
        """Return the kind of a part of this one."""
        return TypeKind(self.types, written, self.file, self.space, self.partial)

    @property
    def is_open(self) -> bool:
        """Whether anything fits."""
        return self.meant.written in (Name("any"), Name("unknown"))

    @cached_property
    def choices(self) -> tuple["TypeKind", ...]:
        """Return what a union allows, those of unions within it too; nothing for what is none."""
        if not isinstance(self.meant.written, Union):
            return ()
        parts = [self.meant.part(choice) for choice in self.meant.written.choices]
        return tuple(one for part in parts for one in part.choices or (part,) if one.written != Name("OtherString"))

    @property
    def words(self) -> tuple[str | bool, ...]:
        """Return the value that alone fits."""
        return (self.meant.written.value,) if isinstance(self.meant.written, Word) else ()

    @property
    def entry(self) -> "TypeKind | None":
        """Return what a list is of."""
        match self.meant.written:
            case Name("Array", (inner,)):
                return TypeKind(self.types, inner, self.meant.file, self.meant.space)  # whole, even in what is partial
        return None

    @property
    def value(self) -> "TypeKind | None":
        """Return what a hash with whatever keys holds."""
        match self.meant.written:
            case Hash(values=inner) if inner:
                return self.meant.part(inner)
        return None

    @property
    def has_fields(self) -> bool:
        return isinstance(self.meant.written, Hash)

    @cached_property
    def fields(self) -> dict[str, "TypeKind"]:
        """Return the fields of a hash, inherited ones too."""
        return {name: holder.part(field.type) for name, (holder, field) in self._fields.items()}

    @cached_property
    def required(self) -> frozenset[str]:
        """Return the keys that are always there."""
        if self.meant.partial:
            return frozenset()
        return frozenset(name for name, (_holder, field) in self._fields.items() if not field.is_optional)

    @property
    def _fields(self) -> dict[str, tuple["TypeKind", Field]]:
        meant = self.meant
        assert isinstance(meant.written, Hash), self
        inherited = [meant.part(parent)._fields for parent in meant.written.like]
        own = {name: (meant, field) for name, field in meant.written.fields.items()}
        return {name: found for fields in (*inherited, own) for name, found in fields.items()}

    @property
    def scalar(self) -> type:
        match self.meant.written:
            case Name(path):
                return _SCALARS.get(path, Never)
        return Never

    @property
    def name(self) -> str:
        match self.written:
            case Name(path, (inner,)) if path in _WRAPPERS:
                return self.part(inner).name
            case Name(path):
                return path
        return "value"


def _list_of(entry: Type) -> Hash:
    """Return the type of a list object; its file is written in more of TypeScript than the others."""
    fields = {
        "object": Word("list"),
        "data": Name("Array", (entry,)),
        "has_more": Name("boolean"),
        "url": Name("string"),
    }
    return Hash({name: Field(type_) for name, type_ in fields.items()}, {})


def _beside(file: str, imported: str) -> str:
    """Return the file that another imports: "resources/Files.d.ts" for './Files.js' in a neighbour, itself for ""."""
    path = posixpath.join(posixpath.dirname(file), imported)
    return posixpath.normpath(path).replace(".js", ".d.ts") if imported else file


class StripeTypes:
    """The declaration files of a package, read as they are asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._modules: dict[str, Module] = {}

    def find_endpoint(self, method: str, path: str) -> Endpoint | None:
        """Return the endpoint for a request; the one with the fewest names where several fit."""
        fitting = [endpoint for endpoint in self.endpoints if endpoint.matches(method, path)]
        return min(fitting, key=lambda endpoint: endpoint.path.count("{"), default=None)

    @cached_property
    def _resources(self) -> dict[tuple[str, bool], TypeKind]:
        kinds = [kind for file in self._files() for kind in self._declared(file) if "object" in kind.fields]
        found = [(kind.fields["object"].words, kind) for kind in kinds]
        return {(str(word), "deleted" in kind.required): kind for words, kind in found for word in words}

    def _files(self) -> list[str]:
        """Return the files of the first version of the API."""
        folder = self.root / "resources"
        files = [path.relative_to(self.root) for path in sorted(folder.rglob("*.d.ts"))]
        return [file.as_posix() for file in files if file.name != "OAuth.d.ts" and "V2" not in file.parts]

    def kind_of(self, body: Mapping[str, Any]) -> TypeKind:
        """Return the type of one of Stripe's objects; an event's tells what the object in it is."""
        if body["object"] == "event":
            return self._events[body["type"]]
        return self._resources[body["object"], bool(body.get("deleted"))]

    @cached_property
    def _events(self) -> dict[str, TypeKind]:
        events = [kind for kind in self._declared("resources/Events.d.ts") if "type" in kind.fields]
        return {word: kind for kind in events for word in kind.fields["type"].words}

    def _declared(self, file: str) -> list[TypeKind]:
        """Return the interfaces at the top of a file."""
        declared = self.module(file).declared.items()
        return [
            TypeKind(self, Name(name), file) for name, type_ in declared if isinstance(type_, Hash) and "." not in name
        ]

    def module(self, file: str) -> Module:
        """Return what a file declares."""
        if file not in self._modules:
            self._modules[file] = parse_module((self.root / file).read_text())
        return self._modules[file]

    def look_up(self, kind: TypeKind, path: str) -> TypeKind:
        """Return what a name stands for where it is used: declared in a namespace around it, or imported."""
        module, space = self.module(kind.file), kind.space
        while space + path not in module.declared and space:
            space = space[: space[:-1].rfind(".") + 1]
        if space + path in module.declared:
            within = (space + path).rpartition(".")[0]
            inner = f"{within}." if within else ""
            return TypeKind(self, module.declared[space + path], kind.file, inner, kind.partial)
        steps = path.split(".")
        here = next(name for end in range(len(steps), 0, -1) if (name := ".".join(steps[:end])) in module.imported)
        file, there = module.imported[here]
        names = (there + path.removeprefix(here)).removeprefix(".")
        return self.look_up(TypeKind(self, Name(names), _beside(kind.file, file), "", kind.partial), names)

    @cached_property
    def endpoints(self) -> list[Endpoint]:
        """Return every endpoint: what the package's own code calls, with the types of its methods."""
        return [endpoint for file in self._files() for endpoint in self._endpoints(file)]

    def _endpoints(self, file: str) -> Iterator[Endpoint]:
        method_name = ""
        code = (self.root / file.replace(".d.ts", ".js")).read_text()
        for name, method, path in _CALL.findall(code):
            method_name = name or method_name
            if path:
                yield Endpoint(method.lower(), _ID.sub(r"{\1}", path), *self._method(file, method_name))

    def _method(self, file: str, name: str) -> tuple[TypeKind, TypeKind]:
        """Return what a method of a file's class takes, and what it answers."""
        declared = self.module(file).declared.values()
        method = next(one.methods[name] for one in declared if isinstance(one, Hash) and name in one.methods)
        return TypeKind(self, method.takes.get("params", Hash({}, {})), file), TypeKind(self, method.answer, file)
