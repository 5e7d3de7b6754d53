"""What the house's people fill in about a reader."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from webapp.accounts.email_addresses import LONGEST_EMAIL
from webapp.accounts.reader_names import LONGEST_NAME
from webapp.accounts.staff_notes import LONGEST_NOTE
from webapp.billing.reader_table import LONGEST_REASON
from webapp.kit.translatable import _

_filled = InputRequired(_("Please fill this in."))


class GiftForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """What a reader is given: everything or one report, until a day or for good, and why."""

    report = StringField(validators=[Length(max=500)])
    until = StringField(validators=[Length(max=40)])
    reason = StringField(validators=[Length(max=LONGEST_REASON)])


class ReasonForm(FlaskForm):  # type: ignore[misc]  # as above
    """Why something is taken back."""

    reason = StringField(validators=[_filled, Length(max=LONGEST_REASON)])


class NoteForm(FlaskForm):  # type: ignore[misc]  # as above
    """What colleagues should know of a reader."""

    text = TextAreaField(validators=[_filled, Length(max=LONGEST_NOTE)])


class NameForm(FlaskForm):  # type: ignore[misc]  # as above
    """How the house calls a reader."""

    name = StringField(validators=[Length(max=LONGEST_NAME)])


class RefundForm(FlaskForm):  # type: ignore[misc]  # as above
    """How much goes back, as it is written, and how many refunds there were when it was shown what that does."""

    amount = StringField(validators=[_filled, Length(max=40)])
    known = IntegerField(validators=[Optional(), NumberRange(0, 1000)])


class OtherAccountForm(FlaskForm):  # type: ignore[misc]  # as above
    """The address of another account of the same person."""

    other = StringField(validators=[_filled, Length(max=LONGEST_EMAIL)])


class TypedAddressForm(FlaskForm):  # type: ignore[misc]  # as above
    """The address of the account once more, before what cannot be undone."""

    email = StringField(validators=[_filled, Length(max=LONGEST_EMAIL)])


class TableForm(FlaskForm):  # type: ignore[misc]  # as above
    """A table of readers: as a file, and then as its text, when it was shown what would become of it."""

    file = FileField()
    table = TextAreaField()
