"""What a reader may read, until when and why, in sentences for whoever looks after readers; and why it once ended."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from webapp.accounts.models import Reader, Role
from webapp.billing.account_overview import HeldSubscription, PlanOverview
from webapp.billing.models import Grant, GrantSource, PlanKind, Revoked
from webapp.kit.languages import gap, gettext, long_date, money
from webapp.kit.translatable import _

Titles = Mapping[int, str]
_ROLES = {
    Role.EDITOR: _("Reads everything, as an editor of the house."),
    Role.PUBLISHER: _("Reads everything, as a publisher of the house."),
    Role.OWNER: _("Reads everything, as an owner of the house."),
}
_WHY_OVER = {
    Revoked.ENDED: _("it has ended"),
    Revoked.UNPAID: _("it was not paid"),
    Revoked.UNKNOWN: _("it was not paid"),
    Revoked.PAUSED: _("it is paused"),
    Revoked.REFUNDED: _("the money was given back"),
    Revoked.DISPUTED: _("the bank disputes the payment"),
    Revoked.CUSTOMER_DELETED: _("the customer was deleted at Stripe"),
    Revoked.BY_PUBLISHER: _("it was taken back by hand"),
}
_SHUT = _("The subscription opens nothing now.")
_NOT_OPEN: dict[Revoked | None, str] = {
    Revoked.UNPAID: _("The subscription opens nothing at present, since it was not paid."),
    Revoked.PAUSED: _("The subscription opens nothing at present, since it is paused."),
    Revoked.DISPUTED: _("The subscription opens nothing at present, since the bank disputes the payment."),
}


def tell_access(reader: Reader, overview: PlanOverview, titles: Titles) -> list[str]:
    """Return what an account may read now and will by itself, a sentence each; one sentence where it is nothing."""
    barred = _tell_barred(reader)
    if barred:
        return [barred]
    if reader.staff:
        return [gettext(_ROLES[reader.role])]
    told = tell_grants(overview.running, titles, overview.subscription)
    told += [_tell_coming(grant, titles) for grant in overview.coming]
    held = overview.subscription
    if held and not held.open:
        told.append(gettext(_NOT_OPEN.get(held.grant.revoked, _SHUT)))
    told += [
        gettext("A payment of %(amount)s is on its way; what it is for opens when it arrives.", amount=money(one.price))
        for one in overview.pending
    ]
    return told or [gettext("Reads previews only: nothing that was bought or given opens anything now.")]


def tell_grants(grants: Iterable[Grant], titles: Titles, held: HeldSubscription | None = None) -> list[str]:
    """Return what each of some grants opens, until when and why, those without an end first."""
    ordered = sorted(grants, key=lambda one: (one.ends_at is not None, one.ends_at or one.starts_at), reverse=False)
    return [_tell_open(grant, titles, held) for grant in ordered]


def tell_end(grant: Grant) -> str:
    """Return why a grant opens nothing any more."""
    if grant.revoked:
        return gettext(_WHY_OVER[grant.revoked])
    return gettext("its time was over")


def tell_source(grant: Grant, kind: PlanKind | None = None) -> str:
    """Return what a grant follows from, in a word."""
    match grant.source:
        case GrantSource.SUBSCRIPTION if kind is PlanKind.YEAR:
            return gettext("Yearly subscription")
        case GrantSource.SUBSCRIPTION if kind is PlanKind.MONTH:
            return gettext("Monthly subscription")
        case GrantSource.SUBSCRIPTION:
            return gettext("Subscription")
        case GrantSource.PASS:
            return gettext("Pass")
        case GrantSource.DOCUMENT:
            return gettext("Bought")
        case _:
            return gettext("Given by hand")


def tell_scope(grant: Grant, titles: Titles) -> str:
    """Return what a grant opens: everything, or one report by its title."""
    if grant.document_id is None:
        return gettext("everything")
    return gettext("“%(title)s”", title=titles.get(grant.document_id, ""))


def _tell_barred(reader: Reader) -> str:
    if reader.erased_at:
        return gettext(
            "This account was erased on %(day)s; what is left names nobody.", day=long_date(reader.erased_at)
        )
    if reader.closing_at:
        return gettext(
            "This account is closing since %(day)s. It is erased as soon as nothing of it runs at Stripe.",
            day=long_date(reader.closing_at),
        )
    if reader.disabled_at:
        return gettext(
            "Reads previews only: this account is disabled since %(day)s, and nobody gets into it.",
            day=long_date(reader.disabled_at),
        )
    return ""


def _tell_open(grant: Grant, titles: Titles, held: HeldSubscription | None) -> str:
    words = {"what": tell_scope(grant, titles), "begun": long_date(grant.starts_at), "until": _until(grant.ends_at)}
    match grant.source:
        case GrantSource.SUBSCRIPTION:
            ours = held if held and held.grant.source_id == grant.source_id else None
            return _tell_subscription(words, ours)
        case GrantSource.PASS:
            return gettext("Reads %(what)s until %(until)s because of a pass that began on %(begun)s.", **words)
        case GrantSource.DOCUMENT:
            return gettext("Reads %(what)s for good because it was bought on %(begun)s.", **words)
        case _:
            told = (
                gettext("Reads %(what)s until %(until)s because it was given by hand on %(begun)s.", **words)
                if grant.ends_at
                else gettext("Reads %(what)s without an end because it was given by hand on %(begun)s.", **words)
            )
            return told + gap() + gettext("The reason: %(reason)s", reason=grant.note) if grant.note else told


def _tell_subscription(words: dict[str, str], held: HeldSubscription | None) -> str:
    if held is None:
        return gettext("Reads %(what)s until %(until)s because of a subscription that began on %(begun)s.", **words)
    words |= {"plan": tell_source(held.grant, held.kind).lower()}
    if held.facts.status == "past_due":
        return gettext(
            "Its last bill is open: reads %(what)s until %(until)s because of the %(plan)s that began on %(begun)s.",
            **words,
        )
    if held.ends_at:
        return gettext(
            "Reads %(what)s until %(until)s because of the %(plan)s that began on %(begun)s. It does not renew.",
            **words,
        )
    words |= {"next": long_date(held.facts.trial_ends_at or held.facts.period_ends_at)}
    if held.facts.status == "trialing":
        return gettext(
            "Reads %(what)s on trial because of the %(plan)s that began on %(begun)s; it is charged from %(next)s.",
            **words,
        )
    words["next"] = long_date(held.facts.period_ends_at)
    return gettext("Reads %(what)s because of the %(plan)s that began on %(begun)s; it renews on %(next)s.", **words)


def _tell_coming(grant: Grant, titles: Titles) -> str:
    words = {"what": tell_scope(grant, titles), "begins": long_date(grant.starts_at), "until": _until(grant.ends_at)}
    return gettext(
        "Will read %(what)s from %(begins)s until %(until)s because of a pass that waits for the one before it.",
        **words,
    )


def _until(moment: datetime | None) -> str:
    return long_date(moment) if moment else ""
