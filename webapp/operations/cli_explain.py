"""What `lint --explain` prints: what the lines of a plain text were taken for."""

from collections.abc import Iterator

from webapp.kit.languages import gettext
from webapp.kit.translatable import _
from webapp.manuscript import Checked, LineKind, explain_lines

_WORDS = {
    LineKind.TITLE: _("title"),
    LineKind.HEADING: _("heading %(level)s"),
    LineKind.RUN_IN: _("run-in heading %(level)s"),
    LineKind.PARAGRAPH: _("paragraph"),
    LineKind.JOINED: _("lines joined"),
    LineKind.KEPT: _("lines kept"),
    LineKind.TABLE: _("table"),
    LineKind.TYPED: _("as typed"),
    LineKind.PAGE_BREAK: _("page break"),
}
_LONGEST = 40


def explained(checked: Checked) -> Iterator[str]:
    """Yield a line for each block of a plain text: `12: heading 2  第二节 …`."""
    for taken in explain_lines(checked):
        place = str(taken.first) if taken.first == taken.last else f"{taken.first}-{taken.last}"
        words = gettext(_WORDS[taken.kind], level=taken.level)
        start = taken.text if len(taken.text) <= _LONGEST else f"{taken.text[:_LONGEST]}…"
        yield f"{place}: {words}  {start}".rstrip()
