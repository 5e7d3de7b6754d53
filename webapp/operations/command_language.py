"""The command line speaks the language of who types: help, errors, and what click says by itself."""

import gettext as standard
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from webapp.kit.languages import compiled_catalogue, gettext, locale, po_file, set_language
from webapp.settings import PREFIX

_ASKED_FOR = ("LC_ALL", "LC_MESSAGES", "LANG")  # in this order (POSIX, base definitions, 8.2)
_ASKED_FIRST = "LANGUAGE"  # by gettext, which then asks for none of these
_SPOKEN = {"zh": "zh-CN", "en": "en"}
DOMAIN = "messages"  # the one that click asks
EXAMPLE = "Example: "


def language_asked_for(environment: Mapping[str, str]) -> str | None:
    """Return the language that an environment asks for; None where it asks for none, or for none of ours."""
    posix = next((environment[name] for name in _ASKED_FOR if environment.get(name)), "")
    return _SPOKEN.get((environment.get(f"{PREFIX}LOCALE") or posix)[:2].lower())


def speak(language: str) -> None:
    """Have us and click speak a language, within `speaking`: English where its words cannot be put where click looks.

    Click asks the standard library's gettext, which reads files alone, and those compiled.
    """
    name = language.replace("-", "_")  # as gettext writes it
    words = Path(standard.bindtextdomain(DOMAIN), name, "LC_MESSAGES", f"{DOMAIN}.mo")
    try:
        if po_file(language).exists() and not words.exists():
            words.parent.mkdir(parents=True)
            words.write_bytes(compiled_catalogue(language))
    except OSError:
        with suppress(OSError):
            words.unlink()
        language = name = "en"
    set_language(language)
    os.environ[_ASKED_FIRST] = name


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Have us and click speak a language, whatever the environment asks gettext for; afterwards all is as it was."""
    ours, theirs, words = locale(), os.environ.get(_ASKED_FIRST), standard.bindtextdomain(DOMAIN)
    domain = standard.textdomain()
    with ExitStack() as stack:
        folder = os.devnull  # where there is no room for a folder, no file can be put either
        with suppress(OSError):
            folder = stack.enter_context(TemporaryDirectory(prefix="paidspan-words-"))
        standard.textdomain(DOMAIN)
        standard.bindtextdomain(DOMAIN, folder)
        speak(language)
        try:
            yield
        finally:
            set_language(ours)
            standard.textdomain(domain)
            standard.bindtextdomain(DOMAIN, words)
            del os.environ[_ASKED_FIRST]
            if theirs is not None:
                os.environ[_ASKED_FIRST] = theirs


def translated(command: click.Command) -> click.Command:
    """Return a command, and all below it, that tells in the language spoken now what it does."""
    told = copy(command)
    told._help_option = None  # noqa: SLF001 - click keeps it in the language of its first use
    paragraphs = [gettext(paragraph) for paragraph in paragraphs_of(command.help or "")]
    told.help, told.short_help = "\n\n".join(paragraphs), paragraphs[0]
    told.epilog = (command.epilog or "").replace(EXAMPLE, gettext(EXAMPLE))
    told.params = [_translated(parameter) for parameter in command.params]
    if isinstance(command, click.Group) and isinstance(told, click.Group):
        told.commands = {name: translated(one) for name, one in command.commands.items()}
    return told


def _translated(parameter: click.Parameter) -> click.Parameter:
    told = copy(parameter)
    if isinstance(told, click.Option) and told.help:
        told.help = gettext(told.help)
    return told


def paragraphs_of(text: str) -> list[str]:
    """Return the paragraphs of a help text, each in one line, as they stand in the catalogue."""
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
