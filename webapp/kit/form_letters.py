"""Pages and rows that differ in their words alone: each kind is rendered once, with blanks, which are filled in.

Jinja writes a page's make-up anew each time, which takes many times as long.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import cast

from flask import Flask, current_app, request
from markupsafe import Markup

from webapp.kit.addresses import in_path, in_query, mounted_at
from webapp.kit.blanks import BEGIN, END, PATH, QUERY, Blank
from webapp.kit.escaping import escaped
from webapp.kit.languages import locale

_MOST = 1000  # kinds of pages and rows
_KEPT = "paidspan.form_letters"
_MARK = re.compile(f"{BEGIN}([^ ]+) ([a-z]+){END}")
_IN_ADDRESSES: dict[str, Callable[[str], str]] = {PATH: in_path, QUERY: in_query}
Words = Mapping[str, str | None]


class FormLetter:
    """What a page or a row has in common with others of its kind."""

    def __init__(self, rendered: str) -> None:
        self._parts: list[tuple[str, str, Callable[[str], str] | None]] = []
        end = 0
        for found in _MARK.finditer(rendered):
            self._parts.append((rendered[end : found.start()], found[1], _IN_ADDRESSES.get(found[2])))
            end = found.end()
        self._last = rendered[end:]

    def fill(self, words: Mapping[str, object]) -> str:
        """Return it with words in its blanks."""
        filled: list[str] = []
        for before, name, in_address in self._parts:
            word = words[name]
            filled += (before, escaped(word if in_address is None else in_address(str(word))))
        filled.append(self._last)
        return "".join(filled)


def install_form_letters(app: Flask) -> None:
    """Give an application a memory of what its pages have in common."""
    app.extensions[_KEPT] = {}


def fill_page(template: str, words: Words, calls: Mapping[str, str], **kind: Hashable) -> str:
    """Return a page with these words, as the template writes it.

    It finds them in `words`, and what its make-up hangs on, `kind`, by name; that may be which words there are, too.
    `calls` says which word some functions that the template calls return.
    """

    def render() -> str:
        blanks = {name: None if word is None else Blank(name) for name, word in words.items()}
        said = {function: lambda name=name: blanks[name] for function, name in calls.items()}
        return current_app.jinja_env.get_template(template).render(words=blanks, **said, **kind)

    lacking = tuple(name for name, word in words.items() if word is None)
    return _letter((template, request.endpoint, lacking, tuple(kind.values())), render).fill(words)


def fill_rows(
    place: tuple[str, str], names: tuple[str, ...], rows: Iterable[Iterable[object]], *kind: Hashable
) -> Markup:
    """Return rows as the macro at a place writes them, a template and its own name: of words by name, and of `kind`."""

    def render() -> str:
        template, macro = place
        return str(getattr(current_app.jinja_env.get_template(template).module, macro)(*map(Blank, names), *kind))

    letter = _letter((place, kind), render)
    return Markup("".join(letter.fill(dict(zip(names, row, strict=True))) for row in rows))  # noqa: S704 - our own


def _letter(key: tuple[Hashable, ...], render: Callable[[], str]) -> FormLetter:
    kept = cast("dict[Hashable, FormLetter]", current_app.extensions[_KEPT])
    whole = (key, locale(), mounted_at())
    letter = kept.get(whole)
    if letter is None:
        if len(kept) >= _MOST:
            kept.clear()
        letter = kept[whole] = FormLetter(render())
    return letter
