"""The command line speaks the language of who types: help, errors, and what click says by itself."""

from collections.abc import Mapping

import click

from webapp.kit.languages import gettext, locale, translations
from webapp.settings import PREFIX

_ASKED_FOR = ("LC_ALL", "LC_MESSAGES", "LANG")  # in this order (POSIX, base definitions, 8.2)
_SPOKEN = {"zh": "zh-CN", "en": "en"}
# Each of these takes its words from the gettext of the standard library, which reads files that we do not have.
_CLICK = (click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.termui, click.types)
EXAMPLE = "Example: "


def language_asked_for(environment: Mapping[str, str]) -> str | None:
    """Return the language that an environment asks for; None where it asks for none, or for none of ours."""
    posix = next((environment[name] for name in _ASKED_FOR if environment.get(name)), "")
    return _SPOKEN.get((environment.get(f"{PREFIX}LOCALE") or posix)[:2].lower())


def translate_help(command: click.Command) -> None:
    """Have a command and all below it tell in the language spoken now what they do; paragraph by paragraph."""
    words = translations(locale())
    for module in _CLICK:
        vars(module).update(_=words.ugettext, ngettext=words.ungettext)
    _translate(command)


def _translate(command: click.Command) -> None:
    paragraphs = [gettext(paragraph) for paragraph in paragraphs_of(command.help or "")]
    command.help, command.short_help = "\n\n".join(paragraphs), paragraphs[0]
    command.epilog = (command.epilog or "").replace(EXAMPLE, gettext(EXAMPLE))
    for option in command.params:
        if isinstance(option, click.Option) and option.help:
            option.help = gettext(option.help)
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        _translate(one)


def paragraphs_of(text: str) -> list[str]:
    """Return the paragraphs of a help text, each in one line, as they stand in the catalogue."""
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
