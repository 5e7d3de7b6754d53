"""Read from `PAIDSPAN_*` or `instance/settings.toml`; what is wrong is said in sentences."""

import tomllib
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from webapp.settings.all_settings import PREFIX, Settings
from webapp.settings.marking import _
from webapp.settings.production import IncompleteSettingsError


class SettingsError(Exception):
    """The settings cannot be used; each pair of `wrong` names what, and says what is wrong with it."""

    def __init__(self, *wrong: tuple[str, str]) -> None:
        super().__init__("; ".join(map(" ".join, wrong)))
        self.wrong = wrong


def load_settings(**given: Any) -> Settings:  # noqa: ANN401 - as loose as the environment it stands in for
    """Return the settings of the environment and the instance's file; `given` overrides both.

    Raise SettingsError naming the setting that is wrong.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError(*_wrong_with(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(("settings.toml", _("cannot be read")), ("", str(error))) from error


# What pydantic says in a sentence of its own; anything else it says stays as it is.
_SENTENCES = {
    "extra_forbidden": _("is no setting; README.md lists them all"),
    "int_parsing": _("must be a whole number"),
    "bool_parsing": _("must be true or false"),
    "enum": _("must be development or production"),
    "literal_error": _("must be at-once or confirm-first"),
    "greater_than_equal": _("is too small"),
    "less_than_equal": _("is too large"),
}


def _wrong_with(error: ValidationError) -> Iterator[tuple[str, str]]:
    for problem in error.errors():
        cause = problem.get("ctx", {}).get("error")
        if isinstance(cause, IncompleteSettingsError):
            yield from cause.wrong
        else:
            name = "_".join(str(part) for part in problem["loc"]).upper()
            sentence = _SENTENCES.get(problem["type"], problem["msg"].removeprefix("Value error, "))
            yield f"{PREFIX}{name}", sentence
