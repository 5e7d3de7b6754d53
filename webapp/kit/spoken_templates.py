"""Templates compiled for each language by itself, with what they always say in it written into them."""

from collections.abc import MutableMapping
from typing import Any, Self

from babel.support import NullTranslations
from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer
from typing_extensions import override

from webapp.kit import languages
from webapp.kit.addresses import mounted_at
from webapp.kit.escaping import escaped

_SAY, _LOCALE, _GAP = "_", "locale", "gap"


class _Writing(CodeGenerator):
    @override
    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")


class SpokenTemplates(Environment):
    """Jinja's environment, which has one for each language (and for each root of addresses) and lends that.

    A sentence without places to fill in, the name of the language, and the gap between sentences are then constants,
    which Jinja joins to the text around them: a page has two hundred of these.
    """

    code_generator_class = _Writing
    escaped = staticmethod(escaped)
    language = ""  # of the environments that are lent
    words: NullTranslations | None = None  # that are written into its templates

    @override
    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> Template:
        if self.language:
            return super()._load_template(name, globals)
        spoken = self._speaking(languages.locale(), mounted_at())
        return spoken._load_template(name, globals)  # noqa: SLF001 - one of its own kind

    def _speaking(self, language: str, root: str) -> Self:
        spoken: dict[tuple[str, str], Self] = self.__dict__.setdefault("_spoken", {})
        words = languages.translations(language)
        found = spoken.get((language, root))
        if found is None or found.words is not words:
            found = self.overlay()
            found.language, found.words = language, words
            spoken[language, root] = found
        found.loader = self.loader
        return found

    @override
    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return what every template sees; as it is, where Jinja has a chain of it that takes long to copy."""
        return super().make_globals(d) if d else self.globals

    @override
    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        return _Saying(self.language, parsed).visit(parsed) if self.language else parsed


class _Saying(NodeTransformer):
    """Puts what is said in place of what asks for it, unless a template means something else by the same name."""

    def __init__(self, language: str, template: nodes.Template) -> None:
        named = {node.name for node in template.find_all(nodes.Name) if node.ctx != "load"}
        self._language = language
        self._ours = {_SAY, _LOCALE, _GAP} - named

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - as Jinja names it
        """Return the constant that a call is, else the call."""
        self.generic_visit(node)
        asked = node.node.name if isinstance(node.node, nodes.Name) else ""
        if asked not in self._ours or node.kwargs or node.dyn_args or node.dyn_kwargs:
            return node
        given = [argument.value for argument in node.args if isinstance(argument, nodes.Const)]
        if len(given) != len(node.args):
            return node
        return nodes.Const(self._said(asked, *given), lineno=node.lineno)

    def _said(self, asked: str, message: str = "") -> str:
        if asked == _SAY:
            return languages.say(self._language, message)
        return self._language if asked == _LOCALE else languages.gap_in(self._language)
