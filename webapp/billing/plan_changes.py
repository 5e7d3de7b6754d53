"""What the publisher does with what is sold: makes a plan, words it, prices it anew, takes it off sale and back."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext
from webapp.billing.gateway.setup_calls import SavedPrice, is_price_active, rename_product, save_price
from webapp.billing.models import Plan, PlanKind
from webapp.billing.plans import place_of
from webapp.billing.stripe_refusals import telling_refusals
from webapp.billing.stripe_setup import INTERVALS, SoldPrice, lookup_key, put_on_sale, set_up_portal, usual_name
from webapp.kit.errors import ConflictError, InvalidInputError, NotFoundError
from webapp.kit.instance_identity import refuse_while_resting
from webapp.kit.money import Money
from webapp.kit.translatable import _
from webapp.settings import Mode

LONGEST_NAME, LONGEST_DESCRIPTION = 80, 200  # characters
MOST_DAYS, MOST_TRIAL_DAYS = 3660, 730
Note = Callable[[Session], None]


@dataclass(frozen=True, slots=True)
class PlanWords:
    """How a plan is offered: its words (empty: ours), how long it is free at first, whether it is chosen at first."""

    name: str = ""
    description: str = ""
    trial_days: int = 0
    featured: bool = False


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A plan as it shall be sold; `days` of a pass alone."""

    kind: PlanKind
    price: Money
    days: int | None = None
    words: PlanWords = PlanWords()

    @property
    def code(self) -> str:
        """What the checkout shall be asked for."""
        return self.kind if self.days is None else f"{self.kind}-{self.days}"


def get_plan(session: Session, mode: Mode, plan_id: int) -> Plan:
    """Return a plan of a mode, on sale or not; raise NotFoundError."""
    plan = session.get(Plan, plan_id)
    if plan is None or plan.mode is not mode:
        raise NotFoundError(_("There is no such plan."), _("All that is sold stands on the page of plans."))
    return plan


def list_all_plans(session: Session, mode: Mode) -> tuple[list[Plan], list[Plan]]:
    """Return the plans on sale, as they are offered, and those that were, each at the price that it had last."""
    plans = session.scalars(select(Plan).where(Plan.mode == mode).order_by(Plan.id)).all()
    sold = sorted((plan for plan in plans if plan.active), key=place_of)
    codes = {plan.code for plan in sold}
    former = {plan.code: plan for plan in plans if plan.code not in codes}
    return sold, list(former.values())


def list_prices_of(session: Session, plan: Plan) -> list[Plan]:
    """Return a plan at each price that it had, the present one first."""
    alike = select(Plan).where(Plan.mode == plan.mode, Plan.code == plan.code)
    return list(session.scalars(alike.order_by(Plan.active.desc(), Plan.id.desc())))


def make_plan(billing: BillingContext, wish: NewPlan, note: Note = lambda _session: None) -> Plan:
    """Sell a new plan; made already, it is returned as it is. `note` is written with it.

    Owns its transactions: nothing is open while Stripe answers. Raise InvalidInputError, ConflictError where there is
    such a plan already or Stripe refuses, PaymentsUnavailableError, RestingError.
    """
    _refuse_wrong(wish.kind, wish.days, wish.words)
    refuse_while_resting(billing.database, billing.base_url)
    with billing.database.reading() as session:
        present = _find_alike(session, billing.mode, wish)
    if present is not None:
        return present
    with telling_refusals():
        key, name = lookup_key(wish.code, wish.kind, None), wish.words.name or usual_name(wish.kind, wish.days)
        price = save_price(billing.gateway, key, wish.price, INTERVALS.get(wish.kind), name)

    def rule(session: Session) -> Plan:
        alike = _find_alike(session, billing.mode, wish)
        if alike is not None:
            return alike
        plan = _find_by_price(session, price.id) or Plan(mode=billing.mode, kind=wish.kind, days=wish.days)
        plan.code, plan.position = wish.code, _last(session, billing)
        _word(session, plan, wish.words)
        put_on_sale(session, plan, _sold(wish.price, price), None)
        note(session)
        return plan

    made = billing.database.write(rule)
    _tell_portal(billing, made)
    return made


def word_plan(billing: BillingContext, plan_id: int, words: PlanWords, note: Note = lambda _session: None) -> Plan:
    """Offer a plan in other words; its name is told to Stripe, whose pages show it. Raise as `make_plan` does."""
    with billing.database.reading() as session:
        plan = get_plan(session, billing.mode, plan_id)
    _refuse_wrong(plan.kind, plan.days, words)
    if words.name != plan.name and plan.stripe_product_id:
        refuse_while_resting(billing.database, billing.base_url)
        with telling_refusals():
            name = words.name or usual_name(plan.kind, plan.days)
            rename_product(billing.gateway, plan.stripe_product_id, name)

    def rule(session: Session) -> Plan:
        worded = get_plan(session, billing.mode, plan_id)
        _word(session, worded, words)
        note(session)
        return worded

    return billing.database.write(rule)


def reprice_plan(billing: BillingContext, plan_id: int, price: Money, note: Note = lambda _session: None) -> Plan:
    """Sell a plan at another price from now on: a new price at Stripe; who has the plan keeps theirs.

    Raise as `make_plan` does. Done already, it does nothing.
    """
    refuse_while_resting(billing.database, billing.base_url)
    with billing.database.reading() as session:
        asked = get_plan(session, billing.mode, plan_id)
        plan = _on_sale(session, asked)
    if plan is not None and plan.price == price:
        return plan
    if plan is None or plan.id != plan_id:
        raise ConflictError(_("This is not the price at which the plan is sold any more."), _("Look at it once more."))
    with telling_refusals():
        key, name = lookup_key(plan.code, plan.kind, plan.days), plan.name or usual_name(plan.kind, plan.days)
        made = save_price(billing.gateway, key, price, INTERVALS.get(plan.kind), name, plan.stripe_product_id)

    def rule(session: Session) -> Plan:
        former = get_plan(session, billing.mode, plan_id)
        present = _on_sale(session, former)
        if present is None or present.price == price:  # another tab was faster
            return present or former
        dearer = _find_by_price(session, made.id) or Plan(mode=plan.mode, kind=plan.kind, days=plan.days)
        dearer.code, dearer.trial_days = plan.code, plan.trial_days
        put_on_sale(session, dearer, _sold(price, made), present)
        note(session)
        return dearer

    changed = billing.database.write(rule)
    _tell_portal(billing, changed)
    return changed


def retire_plan(billing: BillingContext, plan_id: int, note: Note = lambda _session: None) -> Plan:
    """Sell a plan to nobody any more; who has it keeps it, and it goes on to renew. Raise NotFoundError."""

    def rule(session: Session) -> Plan:
        plan = get_plan(session, billing.mode, plan_id)
        if plan.active:
            plan.active = False
            note(session)
        return plan

    retired = billing.database.write(rule)
    _tell_portal(billing, retired)
    return retired


def offer_again(billing: BillingContext, plan_id: int, note: Note = lambda _session: None) -> Plan:
    """Sell a plan again that was taken off sale, at the price that it had. Raise as `make_plan` does."""
    with billing.database.reading() as session:
        plan = get_plan(session, billing.mode, plan_id)
    if not plan.active:
        with telling_refusals():
            if not is_price_active(billing.gateway, plan.stripe_price_id):
                raise ConflictError(
                    _("This price is archived at Stripe."), _("Make the plan anew, at the price that you want.")
                )

    def rule(session: Session) -> Plan:
        again = get_plan(session, billing.mode, plan_id)
        if not again.active:
            _refuse_second(session, billing.mode, again.kind, again.days, again.code)
            again.active, again.featured = True, False
            note(session)
        return again

    back = billing.database.write(rule)
    _tell_portal(billing, back)
    return back


def move_plan(session: Session, mode: Mode, plan_id: int, *, up: bool) -> Plan:
    """Have a plan stand one place further up, or down, in what is offered."""
    sold, _former = list_all_plans(session, mode)
    plan = get_plan(session, mode, plan_id)
    here = next((place for place, one in enumerate(sold) if one.id == plan_id), None)
    there = None if here is None else here - 1 if up else here + 1
    if here is not None and there is not None and 0 <= there < len(sold):
        sold[here], sold[there] = sold[there], sold[here]
        for position, one in enumerate(sold):
            one.position = position
    return plan


def _refuse_wrong(kind: PlanKind, days: int | None, words: PlanWords) -> None:
    if kind is PlanKind.DOCUMENT or (kind is PlanKind.PASS) is (days is None):
        raise InvalidInputError(_("A pass lasts so many days, a subscription a month or a year."))
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise InvalidInputError(_("A pass lasts from 1 to %(most)s days.", most=MOST_DAYS), "")
    if not 0 <= words.trial_days <= MOST_TRIAL_DAYS or (words.trial_days and not kind.recurring):
        raise InvalidInputError(_("A subscription is free for at most %(most)s days.", most=MOST_TRIAL_DAYS), "")
    for text, most in ((words.name, LONGEST_NAME), (words.description, LONGEST_DESCRIPTION)):
        if len(text) > most or not text.isprintable():
            raise InvalidInputError(_("Write at most %(most)s characters, on one line.", most=most), "")


def _find_alike(session: Session, mode: Mode, wish: NewPlan) -> Plan | None:
    """Return the very plan that is wished for, where it is sold; raise ConflictError where another is in its way."""
    sold = session.scalar(select(Plan).where(Plan.mode == mode, Plan.code == wish.code, Plan.active))
    if sold is not None and sold.price == wish.price:
        return sold
    _refuse_second(session, mode, wish.kind, wish.days, wish.code)
    return None


def _refuse_second(session: Session, mode: Mode, kind: PlanKind, days: int | None, code: str) -> None:
    """Raise ConflictError where such a plan is sold already: all of them open the same."""
    alike = select(Plan.id).where(Plan.mode == mode, Plan.active, Plan.kind == kind)
    alike = alike if days is None else alike.where((Plan.days == days) | (Plan.code == code))
    if session.scalar(alike.limit(1)) is not None:
        raise ConflictError(_("Such a plan is on sale already."), _("Change its price, or take it off sale first."))


def _find_by_price(session: Session, price_id: str) -> Plan | None:
    return session.scalar(select(Plan).where(Plan.stripe_price_id == price_id))


def _on_sale(session: Session, plan: Plan) -> Plan | None:
    return session.scalar(select(Plan).where(Plan.mode == plan.mode, Plan.code == plan.code, Plan.active))


def _last(session: Session, billing: BillingContext) -> int:
    sold, _former = list_all_plans(session, billing.mode)
    return max((plan.position + 1 for plan in sold if plan.position), default=0)


def _word(session: Session, plan: Plan, words: PlanWords) -> None:
    if words.featured:
        session.execute(update(Plan).where(Plan.mode == plan.mode).values(featured=False))
    plan.name, plan.description = words.name, words.description
    plan.trial_days, plan.featured = words.trial_days, words.featured


def _sold(price: Money, saved: SavedPrice) -> SoldPrice:
    return SoldPrice(price, saved.id, saved.product_id)


def _tell_portal(billing: BillingContext, plan: Plan) -> None:
    """Have readers switch, on Stripe's pages, between what is on sale now."""
    if plan.kind.recurring:
        with telling_refusals():
            set_up_portal(billing)
