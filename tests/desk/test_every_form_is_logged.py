"""Every form of the desk that changes something leaves a row in the log: followed from each view through the desk."""

import ast
import inspect

from webapp.desk import changes

# Forms that change nothing, and why.
SHOWS_ALONE = {
    "desk_documents_draft.views": "shows both sides of a text that is being written",
    "desk_readers_import.preview_table": "shows what a table would bring",
}
LOGS = {"change", "note", "noting"}


def called_by(function, seen: frozenset[str] = frozenset()) -> set[str]:
    """Return the names of all that a function of the desk calls, by others of the desk, too."""
    function = inspect.unwrap(function)
    name = f"{function.__module__}.{function.__qualname__}"
    if name in seen or not function.__module__.startswith("webapp.desk.") or "<" in name:
        return set()
    source = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function)))
    found = {node.id for node in ast.walk(source) if isinstance(node, ast.Name)}
    known = (function.__globals__.get(called) for called in found - LOGS)
    return found.union(*(called_by(one, seen | {name}) for one in known if inspect.isfunction(one)))


def unlogged(app) -> set[str]:
    forms = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    return {name for name in forms if name.startswith("desk_") and not LOGS & called_by(app.view_functions[name])}


def test_every_form_of_the_desk_is_logged_or_says_why_not(app):
    assert unlogged(app) <= SHOWS_ALONE.keys(), "write by desk/changes.change, or say here that nothing is changed"


def test_what_logs_is_there():
    assert vars(changes).keys() >= LOGS
