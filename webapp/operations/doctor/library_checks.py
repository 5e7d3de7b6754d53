"""Whether what the library lives on is done: work in the background, search, rendering, audits, backups, fonts."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from webapp.documents.rerender import count_outdated_editions
from webapp.kit import clock
from webapp.kit.heartbeat import WorkerState, find_heartbeat, worker_state
from webapp.kit.instance_identity import find_instance
from webapp.kit.translatable import _
from webapp.kit.typesetting import chinese_fonts
from webapp.operations.doctor.diagnosis import Diagnosis, defect, good, warning
from webapp.operations.doctor.examined_installation import ExaminedInstallation
from webapp.operations.opened_installation import moment
from webapp.search.index import count_index_gaps

_OFTEN_ENOUGH = timedelta(days=7)


def check_fonts(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether Chinese can be set in type, for PDFs and the pictures of links."""
    del examined
    fonts = chinese_fonts()
    if fonts:
        yield good(_("Chinese can be set in type (%(font)s).", font=fonts[0]))
    else:
        mend = _("Install one (Debian: fonts-noto-cjk), then start paidspan again.")
        yield warning(_("There is no Chinese font: no PDF of a Chinese report, no picture with a link."), mend)


def check_worker(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether the background worker works, and where."""
    with examined.opened.reading() as session:
        last = find_heartbeat(session)
    match worker_state(last):
        case WorkerState.WORKS if last:
            yield good(_("The background worker works on %(host)s.", host=last.host or "?"))
        case WorkerState.SILENT if last:
            told = {"host": last.host or "?", "moment": moment(last.beat_at)}
            yield defect(
                _("The background worker on %(host)s is silent since %(moment)s.", **told),
                _("End it, and it is started again; its log says what it is stuck at."),
            )
        case _:
            mend = _("Run paidspan serve, or paidspan jobs run.")
            yield defect(_("No background worker runs: no mails, no comparing with Stripe."), mend)


def check_search(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether search finds all that is published, and nothing else."""
    with examined.opened.reading() as session:
        gaps = count_index_gaps(session)
    if gaps:
        sentence = _("The search index is wrong about %(count)s documents.", count=gaps)
        yield warning(sentence, _("Make it anew: paidspan search rebuild."))
    else:
        yield good(_("The search index holds what is published."))


def check_editions(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether documents wait to be rendered anew by this version."""
    with examined.opened.reading() as session:
        waiting = count_outdated_editions(session)
    if waiting:
        sentence = _("%(count)s documents wait to be rendered anew.", count=waiting)
        yield warning(sentence, _("The background worker does it; if the number stays, look at its log."))
    else:
        yield good(_("All documents are rendered by this version."))


def check_leaks(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether the last audit found a leak, and was made lately."""
    with examined.opened.reading() as session:
        known = find_instance(session)
    audited, found = (known.audited_at, known.audit_found or 0) if known else (None, 0)
    nightly = _("Run it each night: paidspan audit, from cron.")
    if audited is None:
        yield warning(_("Leaks of paid text were never looked for."), nightly)
    elif found:
        sentence = _("The audit of %(moment)s found %(count)s leaks of paid text.", moment=moment(audited), count=found)
        yield defect(sentence, _("See where: paidspan audit; withdraw what leaks."))
    elif _is_long_ago(audited):
        yield warning(_("Leaks were last looked for at %(moment)s.", moment=moment(audited)), nightly)
    else:
        yield good(_("The audit of %(moment)s found no leak.", moment=moment(audited)))


def check_backups(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether a backup was made lately."""
    with examined.opened.reading() as session:
        known = find_instance(session)
    made = known.backed_up_at if known else None
    mend = _("Make one each night: paidspan backup FILE, from cron.")
    if known is None or made is None:
        yield warning(_("No backup was ever made."), mend)
    elif _is_long_ago(made):
        told = {"moment": moment(made), "place": known.backed_up_to or "?"}
        yield warning(_("The last backup was made at %(moment)s: %(place)s.", **told), mend)
    else:
        told = {"moment": moment(made), "place": known.backed_up_to or "?"}
        yield good(_("The last backup was made at %(moment)s: %(place)s.", **told))


def _is_long_ago(when: datetime) -> bool:
    return clock.machine_now() - when > _OFTEN_ENOUGH
