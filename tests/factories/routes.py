"""Routes are the same in every application of a test run; what Werkzeug compiles them to is kept."""

from collections.abc import Callable

from werkzeug.routing import Rule

_compile = Rule._compile_builder
_kept: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}


def compile_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002
    """Return what builds a rule's address, which asks the rule for its converters; half of an application's start."""
    key = (*rule._trace, *(rule.defaults or {}).items(), append_unknown)
    if key not in _kept:
        _kept[key] = _compile(rule, append_unknown)
    return _kept[key]
