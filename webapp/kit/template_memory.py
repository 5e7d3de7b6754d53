"""The tag `remember`: a stretch of a template that is the same wherever some values are, rendered once for each."""

from typing import Self

from jinja2 import Environment, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from typing_extensions import override

_MOST = 500  # stretches of one environment; a page has half a dozen
_Key = tuple[object, ...]


class _Memory(dict[_Key, str]):
    """What stretches were rendered to; all is forgotten when that is much, for browsers say which look they want."""

    def __missing__(self, key: _Key) -> str:
        return ""

    def keep(self, key: _Key, rendered: str) -> None:
        if len(self) >= _MOST:
            self.clear()
        self[key] = rendered


class TemplateMemory(Extension):
    """`{% remember here, look %}…{% endremember %}`: nothing in between depends on more than these two values.

    That is so for the language, and for where the application is mounted, too: each has an environment of its own
    (kit/spoken_templates.py), and each environment a memory.
    """

    tags = {"remember"}  # noqa: RUF012 - as Jinja has it

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.kept = _Memory()

    @override
    def bind(self, environment: Environment) -> Self:
        bound = super().bind(environment)
        bound.kept = _Memory()
        return bound

    @override
    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Return what looks into the memory, and renders where there is nothing."""
        line = next(parser.stream).lineno
        given = nodes.Tuple([], "load") if parser.stream.current.type == "block_end" else parser.parse_tuple()
        values = given.items if isinstance(given, nodes.Tuple) else [given]
        body = parser.parse_statements(("name:endremember",), drop_needle=True)
        key, found = parser.free_identifier(), parser.free_identifier()
        kept = nodes.ExtensionAttribute(self.identifier, "kept")
        keep = nodes.Call(nodes.Getattr(kept, "keep", "load"), [key, found], [], None, None)
        made: list[nodes.Node] = [
            nodes.Assign(key, nodes.Tuple([nodes.Const(parser.name), nodes.Const(line), *values], "load")),
            nodes.Assign(found, nodes.Getitem(kept, key, "load")),
            nodes.If(nodes.Not(found), [nodes.AssignBlock(found, None, body), nodes.ExprStmt(keep)], [], []),
            nodes.Output([found]),
        ]
        return [node.set_lineno(line) for node in made]
