"""The command that looks at all that can be wrong with an installation."""

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from webapp.kit.languages import gap, gettext
from webapp.kit.translatable import _
from webapp.operations.opened_installation import instance_option

if TYPE_CHECKING:
    from webapp.operations.doctor.examination import DoctorLine

_WORDS = {"good": _("good"), "warning": _("warning"), "broken": _("broken"), "skipped": _("skipped")}


@click.command("doctor", epilog="Example: paidspan doctor --quiet")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("--quiet", is_flag=True, help="Print only what is not good.")
@instance_option
def doctor_command(*, as_json: bool, quiet: bool, instance: str | None) -> None:
    """Look at all that can be wrong with an installation, and say how to mend it; nothing is changed.

    Each thing is a line. It can be run while paidspan serves and while it does not, as root or as its user. Exits 1
    where something is broken; warnings alone are no reason.
    """
    from webapp.operations.doctor.examination import examine  # noqa: PLC0415 - it knows all rooms
    from webapp.operations.doctor.examined_installation import open_examined  # noqa: PLC0415 - as above

    examined = open_examined(instance)
    try:
        lines = examine(examined)
    finally:
        examined.close()
    shown = [line for line in lines if not quiet or line.finding.verdict in {"warning", "broken"}]
    click.echo(_json(shown) if as_json else _text(shown))
    counts = Counter(str(line.finding.verdict) for line in lines)
    if not as_json:
        click.echo(_summary(counts), err=quiet)
    sys.exit(1 if any(line.finding.verdict == "broken" for line in lines) else 0)


def _text(lines: "list[DoctorLine]") -> str:
    """Return the lines, with what stands in columns below each other in both languages."""
    from rich.cells import cell_len  # noqa: PLC0415 - what serves needs none of it

    told = [(gettext(_WORDS[line.finding.verdict]), line) for line in lines]
    widest = max((cell_len(word) for word, _line in told), default=0)
    names = max((len(line.name) for line in lines), default=0)
    return "\n".join(
        f"{word}{' ' * (widest - cell_len(word))}  {line.name:{names}}  {_sentence(line)}" for word, line in told
    )


def _sentence(line: "DoctorLine") -> str:
    """Return what was found, and the mend, without a word of another line's."""
    sentence, mend = gettext(line.finding.sentence), line.finding.mend
    told = f"{sentence}{gap()}{gettext(mend)}" if mend else sentence
    return " ".join(told.split())


def _summary(counts: Counter[str]) -> str:
    return gettext(
        "%(good)s good, %(warning)s warnings, %(broken)s broken, %(skipped)s not looked at",
        **{word: counts[word] for word in _WORDS},
    )


def _json(lines: "list[DoctorLine]") -> str:
    told = [
        {
            "check": line.name,
            "verdict": str(line.finding.verdict),
            "sentence": gettext(line.finding.sentence),
            "mend": gettext(line.finding.mend) if line.finding.mend else "",
        }
        for line in lines
    ]
    return json.dumps(told, ensure_ascii=False, indent=2)
