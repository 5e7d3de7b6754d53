"""What people fill in to close their account."""

from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from webapp.accounts.passwords import LONGEST
from webapp.kit.translatable import _


class ClosingForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The password, once more."""

    password_again = PasswordField(validators=[InputRequired(_("Please fill this in.")), Length(max=LONGEST)])
