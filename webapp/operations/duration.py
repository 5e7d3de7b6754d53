"""How long: “40d”, “1d12h”, “90m”, as the command line takes it."""

import re
from datetime import timedelta

import click
from typing_extensions import override

from webapp.kit.languages import gettext
from webapp.kit.translatable import _

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
# "40d", "1d12h"; not "12" and not "d"
_WRITTEN = re.compile(r"(?:[0-9]{1,6}[wdhms])+")
# "1" and "d", then "12" and "h" in "1d12h"
_PART = re.compile(r"([0-9]+)([wdhms])")


class _Duration(click.ParamType[timedelta]):
    name = "duration"

    @override
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        written = str(value).replace(" ", "").lower()
        if not _WRITTEN.fullmatch(written):
            sentence = _("“%(typed)s” is no duration; write it like 40d, 12h or 1d12h.", typed=value)
            self.fail(gettext(sentence), param, ctx)
        parts = ((_UNITS[unit], int(number)) for number, unit in _PART.findall(written))
        return sum((timedelta(**{name: number}) for name, number in parts), timedelta())


DURATION = _Duration()
