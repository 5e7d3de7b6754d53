"""What a reader fills in to make a token."""

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField

from webapp.accounts.api_tokens import Scope


class TokenForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A token's name and what it may be used for."""

    name = StringField()
    scopes = SelectMultipleField(choices=[scope.value for scope in Scope])  # type: ignore[misc]  # stubs of an older version
