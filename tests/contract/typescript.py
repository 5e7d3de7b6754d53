"""As much of TypeScript as Stripe's declaration files are written in: names, words, unions, lists, hashes, methods."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

# a comment; a word in quotes; a name or number; any other sign
_TOKEN = re.compile(r"/\*.*?\*/|//[^\n]*|'[^']*'|\"[^\"]*\"|[\w$]+|\S", re.DOTALL)
_CONSTANTS = {"true": True, "false": False}
_DECLARED = ("interface", "class", "namespace", "type")
_MODIFIERS = ("declare", "export", "private", "readonly")
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Name:
    """A type by its name: `string`, `Subscription.Status`, `Array<string>`."""

    path: str
    arguments: tuple["Type", ...] = ()


@dataclass(frozen=True)
class Word:
    """One value and no other: `'active'`, `true`."""

    value: str | bool


@dataclass(frozen=True)
class Union:
    """Any of some types."""

    choices: tuple["Type", ...]


@dataclass(frozen=True)
class Field:
    """A key of a hash; it may be left out when it is optional, which is not the same as null."""

    type: "Type"
    is_optional: bool = False


@dataclass(frozen=True)
class Method:
    """A method of a class: what it takes, by name, and what it returns."""

    takes: dict[str, "Type"]
    answer: "Type"


@dataclass(frozen=True)
class Hash:
    """An interface, a class or a type in braces; `values` is the type of whatever keys, `like` what it extends."""

    fields: dict[str, Field]
    methods: dict[str, Method]
    values: "Type | None" = None
    like: tuple[Name, ...] = ()


Type = Name | Word | Union | Hash
# What an intersection is read as: Stripe writes one only for "a string that is none of these words" (OtherString).
NEVER = Name("never")


@dataclass
class Module:
    """One file: what it declares, by full name ("Subscription.Status"), and what it has from elsewhere.

    Of the latter the file and the name there; no file is this one, no name is all of that file.
    """

    declared: dict[str, Type] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)


def parse_module(text: str) -> Module:
    """Return what a declaration file declares and imports."""
    tokens = [token for token in _TOKEN.findall(text) if not token.startswith(("/*", "//"))]
    parser = _Parser(tokens)
    while parser.token:
        parser.statement("")
    return parser.module


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = [*tokens, ""]
        self.at = 0
        self.module = Module()

    @property
    def token(self) -> str:
        return self.tokens[self.at]

    def take(self, expected: str = "") -> str:
        token = self.token
        if expected and token != expected:
            raise SyntaxError(f"{expected!r} expected before {' '.join(self.tokens[self.at : self.at + 8])}")
        self.at += 1
        return token

    def took(self, token: str) -> bool:
        found = self.token == token
        self.at += found
        return found

    def statement(self, space: str) -> None:
        """Read one statement inside a namespace ("Subscription.") or at the top ("")."""
        while self.token in _MODIFIERS:
            self.take()
        if self.token in _DECLARED:
            self.declaration(self.take(), space)
        elif self.took("import") or self.token == "{":
            self.names(space)
        else:
            self.skip()

    def declaration(self, what: str, space: str) -> None:
        name = space + self.take()
        if what == "namespace":
            self.take("{")
            while not self.took("}"):
                self.statement(f"{name}.")
            return
        if self.took("<"):
            self.skip(">")
        if what == "type":
            self.take("=")
            self.module.declared[name] = self.type()
            self.take(";")
            return
        like = self.listed(self.name) if self.took("extends") else ()
        hash_ = self.hash()
        if what == "class":
            like = ()  # all are the SDK's own StripeResource
        self.module.declared[name] = Hash(hash_.fields, hash_.methods, hash_.values, like)

    def names(self, space: str) -> None:
        """Read `import` or `export` with `{ A, B as C } from 'file';`, `* as A from 'file';` or `A = B.C;`."""
        if self.tokens[self.at + 1] == "=":
            found = {self.take(): self.name().path if self.took("=") else ""}
        else:
            found = self.braced()
        file = self.take().strip("'\"") if self.took("from") else ""
        self.module.imported |= {space + here: (file, there) for here, there in found.items()}
        self.take(";")

    def braced(self) -> dict[str, str]:
        found = {}
        self.took("{")
        while not self.took("}") and self.token != "from":
            there = self.take()
            here = self.take() if self.took("as") else there
            found[here] = "" if there == "*" else there
            self.took(",")
        return found

    def skip(self, end: str = ";") -> None:
        while self.token and self.take() != end:
            pass

    def hash(self) -> Hash:
        fields, methods, values = {}, {}, None
        self.take("{")
        while not self.took("}"):
            while self.token in _MODIFIERS and self.tokens[self.at + 1] not in ("?", ":", "("):
                self.take()
            if self.took("["):  # `[key: string]: …`
                self.skip("]")
                self.take(":")
                values = self.type()
            else:
                name = self.take().strip("'\"")
                is_optional = self.took("?")
                if self.took("("):
                    methods[name] = self.method()
                elif self.took(":"):
                    fields[name] = Field(self.type(), is_optional)
            self.take(";")
        return Hash(fields, methods, values)

    def method(self) -> Method:
        takes = {}
        while not self.took(")"):
            name = self.take()
            self.took("?")
            self.take(":")
            takes[name] = self.type()
            self.took(",")
        return Method(takes, self.type() if self.took(":") else NEVER)

    def type(self) -> Type:
        self.took("|")
        choices = [self.one()]
        while self.took("|"):
            choices.append(self.one())
        return choices[0] if len(choices) == 1 else Union(tuple(choices))

    def one(self) -> Type:
        found = self.single()
        if self.took("&"):
            self.one()
            return NEVER
        return found

    def single(self) -> Type:
        if self.token == "{":
            return self.hash()
        if self.took("("):
            found = self.type()
            self.take(")")
            return found
        if self.token.startswith(("'", '"')):
            return Word(self.take()[1:-1])
        if self.token in _CONSTANTS:
            return Word(_CONSTANTS[self.take()])
        self.took("typeof")
        return self.name()

    def name(self) -> Name:
        path = self.take()
        while self.took("."):
            path += f".{self.take()}"
        arguments = self.listed(self.type) if self.took("<") else ()
        if arguments:
            self.take(">")
        return Name(path, arguments)

    def listed(self, read: Callable[[], _Read]) -> tuple[_Read, ...]:
        """Read one or more, with commas between."""
        found = [read()]
        while self.took(","):
            found.append(read())
        return tuple(found)
