"""What is filled in about plans and promotion codes."""

from datetime import date
from decimal import Decimal

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, HiddenField, IntegerField, SelectMultipleField, StringField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from webapp.billing.models import PlanKind
from webapp.billing.plan_changes import LONGEST_DESCRIPTION, LONGEST_NAME, MOST_DAYS, MOST_TRIAL_DAYS, PlanWords
from webapp.billing.promotion_rules import parse_percent
from webapp.kit.errors import InvalidInputError
from webapp.kit.money import Money
from webapp.kit.translatable import _

_filled = InputRequired(_("Please fill this in."))
_LONGEST_AMOUNT, _CURRENCY_LETTERS = 20, 3
PERCENT, AMOUNT = "percent", "amount"
ONCE, MONTHS, FOREVER = "once", "repeating", "forever"


class PriceForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """An amount and its currency."""

    amount = StringField(validators=[_filled, Length(max=_LONGEST_AMOUNT)])
    currency = StringField(validators=[_filled, Length(_CURRENCY_LETTERS, _CURRENCY_LETTERS)])

    @property
    def price(self) -> Money:
        """Return the money that was typed; raise InvalidInputError."""
        return read_money(self.amount.data or "", self.currency.data or "")


class PlanWordsForm(FlaskForm):  # type: ignore[misc]  # as above
    """How a plan is offered."""

    name = StringField(validators=[Length(max=LONGEST_NAME)])
    description = StringField(validators=[Length(max=LONGEST_DESCRIPTION)])
    trial_days = IntegerField(validators=[Optional(), NumberRange(0, MOST_TRIAL_DAYS)])
    featured = BooleanField()

    @property
    def words(self) -> PlanWords:
        """Return what was typed."""
        name, description = (self.name.data or "").strip(), (self.description.data or "").strip()
        return PlanWords(name, description, self.trial_days.data or 0, featured=bool(self.featured.data))


class NewPlanForm(PlanWordsForm, PriceForm):
    """A plan that shall be sold."""

    kind = StringField(validators=[AnyOf([kind.value for kind in PlanKind if kind is not PlanKind.DOCUMENT])])
    days = IntegerField(validators=[Optional(), NumberRange(1, MOST_DAYS)])

    @property
    def pass_days(self) -> int | None:
        """Return how long a pass lasts, None for a subscription."""
        return (self.days.data or 0) if self.kind.data == PlanKind.PASS else None


class PromotionForm(FlaskForm):  # type: ignore[misc]  # as above
    """A promotion code; `form_key` has the same form, sent twice, make one."""

    form_key = HiddenField(validators=[Length(max=40)])
    code = StringField(validators=[_filled, Length(max=50)])
    off = StringField(validators=[AnyOf([PERCENT, AMOUNT])], default=PERCENT)
    percent = StringField(validators=[Length(max=_LONGEST_AMOUNT)])
    amount = StringField(validators=[Length(max=_LONGEST_AMOUNT)])
    currency = StringField(validators=[Length(max=_CURRENCY_LETTERS)])
    duration = StringField(validators=[AnyOf([ONCE, MONTHS, FOREVER])], default=ONCE)
    months = IntegerField(validators=[Optional(), NumberRange(1, 120)])
    products = SelectMultipleField(
        validate_choice=False, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    most = IntegerField(validators=[Optional(), NumberRange(1, 10_000_000)])
    until = DateField(validators=[Optional()])
    first_time = BooleanField()

    @property
    def percent_off(self) -> Decimal | None:
        """Return which percentage was typed, None where it is an amount; raise InvalidInputError."""
        if self.off.data != PERCENT:
            return None
        try:
            return parse_percent(self.percent.data or "")
        except ValueError as error:
            raise InvalidInputError(error.args[0], "") from error

    @property
    def amount_off(self) -> Money | None:
        """Return which amount was typed, None where it is a percentage; raise InvalidInputError."""
        return read_money(self.amount.data or "", self.currency.data or "") if self.off.data == AMOUNT else None

    @property
    def month_count(self) -> int | None:
        """Return for how many months subscriptions are cheaper, where it is so many; raise InvalidInputError."""
        if self.duration.data != MONTHS:
            return None
        if not self.months.data:
            raise InvalidInputError(_("Say for how many months."), "")
        return int(self.months.data)

    @property
    def last_day(self) -> date | None:
        """Return the last day on which it may be used."""
        day: date | None = self.until.data
        return day


def read_money(amount: str, currency: str) -> Money:
    """Return the money that was typed; raise InvalidInputError with what is wrong with it."""
    try:
        return Money.parse(amount, currency.strip())
    except ValueError as error:
        raise InvalidInputError(error.args[0], "") from error
