"""Money: what was paid, what recurs and what moved it, and the rows that each figure is made of."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response, render_template, request, url_for

from webapp.accounts.permissions import Permission, requires
from webapp.billing.context import current_billing
from webapp.billing.ledger.added_up import DaySpan, LedgerView, currencies_in_ledger
from webapp.billing.ledger.entry_lists import (
    ENTRY_ORDER,
    STANDING_ORDER,
    EntryChoice,
    select_entries,
    select_recurring,
    total_entries,
    total_recurring,
)
from webapp.billing.ledger.ledger_models import MOVEMENTS, REVENUE, MoneyFigure
from webapp.billing.ledger.ledger_state import is_complete, open_ledger
from webapp.billing.ledger.money_figures import report_cohorts, report_recurring, report_revenue
from webapp.billing.ledger.readers_by_plan import count_held_besides, count_subscribers
from webapp.billing.models import PlanKind
from webapp.desk import money_words
from webapp.desk.data_table import Column, DataTable, show_table
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.money_pictures import draw_recurring, draw_revenue, revenue_rows
from webapp.desk.money_spans import CUSTOM, SPANS, ChosenSpan, chosen_span
from webapp.kit import clock
from webapp.kit.http import read_session
from webapp.kit.languages import gettext, long_moment, money
from webapp.kit.money import Money
from webapp.kit.translatable import _

money_pages = desk_blueprint("desk_money", __name__)
_NO_MONEY = "cny"  # what nothing is counted in
_GROUPS = {"revenue": REVENUE, "recurring": MOVEMENTS} | {figure.value: (figure,) for figure in MoneyFigure}


@dataclass(frozen=True, slots=True)
class MoneyPage:
    """What all pages of money have: the currency and the days that were chosen, and which there are."""

    view: LedgerView
    zone: ZoneInfo
    today: date
    span: ChosenSpan
    currencies: list[str]
    complete: bool

    @property
    def days(self) -> DaySpan:
        """The days that were chosen."""
        return self.span.days

    def shown(self, minor_units: int) -> str:
        """Return an amount in its currency."""
        return money(Money(minor_units, self.view.currency))

    def rows(self, figure: str, days: DaySpan | None = None, plan: tuple[PlanKind, str] | None = None) -> str:
        """Return the address of the rows that a figure is made of."""
        span = days or self.days
        named = {"kind": plan[0].value, "plan": plan[1]} if plan else {}
        chosen = {"span": CUSTOM, "from": span.first.isoformat(), "to": span.last.isoformat()}
        asked = {"figure": figure, "currency": self.view.currency, **chosen, **named}
        return f"{url_for('desk_money.list_entries')}?{urlencode(asked)}"

    @property
    def running(self) -> str:
        """The address of the subscriptions that recur at the end of the days."""
        chosen = {"span": CUSTOM, "from": self.days.first.isoformat(), "to": self.days.last.isoformat()}
        return f"{url_for('desk_money.list_recurring')}?{urlencode({'currency': self.view.currency, **chosen})}"

    def address(self, **changed: str) -> str:
        """Return the address of this page with other choices."""
        kept = {name: request.args[name] for name in ("span", "from", "to", "currency") if name in request.args}
        return f"{url_for('desk_money.show_money')}?{urlencode(kept | changed)}"


def _page() -> MoneyPage:
    session, billing = read_session(), current_billing()
    zone = open_ledger(session, billing.mode).zone
    today = clock.now().astimezone(zone).date()
    currencies = currencies_in_ledger(session, billing.mode)
    asked = request.args.get("currency", "")
    currency = asked if asked in currencies else next(iter(currencies), _NO_MONEY)
    view = LedgerView(session, billing.mode, currency)
    return MoneyPage(view, zone, today, chosen_span(today), currencies, is_complete(session, billing.mode))


@money_pages.get("/money")
@requires(Permission.MANAGE_SALES)
def show_money() -> str:
    """Show revenue, what recurs and what moved it, who holds what, and who still pays."""
    page = _page()
    session, mode = page.view.session, page.view.mode
    revenue, recurring = report_revenue(page.view, page.days), report_recurring(page.view, page.days)
    rows = revenue_rows(revenue, page.days)
    return render_template(
        "desk/money.html",
        page=page,
        spans=SPANS,
        revenue=revenue,
        revenue_rows=rows,
        revenue_picture=draw_revenue(rows, page.shown),
        recurring=recurring,
        recurring_picture=draw_recurring(recurring, page.shown),
        cohorts=report_cohorts(page.view, page.today),
        subscribers=count_subscribers(session, mode, page.currencies),
        besides=count_held_besides(session, mode, clock.now()),
        words=money_words,
        figures_of_money=MoneyFigure,
    )


ENTRY_TABLE = DataTable(
    "money",
    (
        Column("at", _("When"), lambda one, _e: long_moment(one.at), lambda one, _e: one.at.isoformat(), ENTRY_ORDER),
        Column("figure", _("Kind"), lambda one, _e: gettext(money_words.FIGURES[one.figure])),
        Column("reader", _("Reader"), lambda _one, email: email),
        Column("plan", _("Plan"), lambda one, _e: money_words.plan_label(one.kind, one.plan)),
        Column("amount", _("Amount"), lambda one, _e: money(one.value), lambda one, _e: one.value.amount, numeric=True),
        Column(
            "tax",
            _("Tax in it"),
            lambda one, _e: money(Money(one.tax, one.currency)) if one.tax else "",
            lambda one, _e: Money(one.tax, one.currency).amount,
            numeric=True,
            shown=False,
        ),
        Column("currency", _("Currency"), lambda one, _e: one.currency.upper(), shown=False),
        Column("subject", _("At Stripe"), lambda one, _e: one.subject, shown=False),
        Column("dated", _("Dated by"), lambda one, _e: gettext(money_words.DATES[one.dated_by]), shown=False),
    ),
    sort="-at",
)


@money_pages.get("/money/entries")
@requires(Permission.MANAGE_SALES)
def list_entries() -> str | Response:
    """List the rows that a figure is made of, with what they come to."""
    page, asked = _page(), request.args.get("figure", "revenue")
    figure = asked if asked in _GROUPS else "revenue"
    kind, plan = request.args.get("kind", ""), request.args.get("plan", "")
    chosen = (PlanKind(kind), plan) if kind in set(PlanKind) else None
    choice = EntryChoice(_GROUPS[figure], page.days, chosen)
    total, query = total_entries(page.view, choice), select_entries(page.view, choice, page.zone)
    heading = gettext(money_words.GROUPS.get(figure) or money_words.FIGURES[MoneyFigure(figure)])
    return show_table(
        ENTRY_TABLE,
        query,
        lambda listing: render_template(
            "desk/money_entries.html",
            page=page,
            listing=listing,
            total=total,
            heading=heading,
            plan=money_words.plan_label(*chosen) if chosen else "",
        ),
    )


RECURRING_TABLE = DataTable(
    "recurring",
    (
        Column(
            "since",
            _("Since"),
            lambda one, _e: long_moment(one.since),
            lambda one, _e: one.since.isoformat(),
            STANDING_ORDER,
        ),
        Column("reader", _("Reader"), lambda _one, email: email),
        Column("plan", _("Plan"), lambda one, _e: money_words.plan_label(one.kind, one.plan)),
        Column("standing", _("How it stands"), lambda one, _e: gettext(money_words.STANDINGS[one.standing])),
        Column(
            "monthly",
            _("Each month"),
            lambda one, _e: money(one.each_month),
            lambda one, _e: one.each_month.amount,
            numeric=True,
        ),
        Column("currency", _("Currency"), lambda one, _e: one.currency.upper(), shown=False),
        Column("subscription", _("At Stripe"), lambda one, _e: one.subscription_id, shown=False),
    ),
    sort="-since",
)


@money_pages.get("/money/recurring")
@requires(Permission.MANAGE_SALES)
def list_recurring() -> str | Response:
    """List the subscriptions that recurred at the end of the span, with what they come to."""
    page = _page()
    total = total_recurring(page.view, page.days.last, page.zone)
    return show_table(
        RECURRING_TABLE,
        select_recurring(page.view, page.days.last, page.zone),
        lambda listing: render_template("desk/money_recurring.html", page=page, listing=listing, total=total),
    )
