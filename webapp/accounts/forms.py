"""What people fill in to sign up, sign in and change their password."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from webapp.accounts.email_addresses import LONGEST_EMAIL
from webapp.accounts.passwords import LONGEST
from webapp.kit.translatable import _

_filled = InputRequired(_("Please fill this in."))


class SignUpAddressForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A new account whose password is chosen later, and what tells people from programs."""

    email = EmailField(validators=[_filled, Length(max=LONGEST_EMAIL)])
    shown = HiddenField()
    topic = StringField()


class SignUpForm(SignUpAddressForm):
    """A new account."""

    password = PasswordField(validators=[_filled, Length(max=LONGEST)])


class SignInForm(FlaskForm):  # type: ignore[misc]  # as above
    """An account that is there already."""

    email = EmailField(validators=[_filled, Length(max=LONGEST_EMAIL)])
    password = PasswordField(validators=[_filled, Length(max=LONGEST)])
    remember = BooleanField()


class PasswordForm(FlaskForm):  # type: ignore[misc]  # as above
    """A new password for the account that is signed in."""

    present = PasswordField(validators=[_filled, Length(max=LONGEST)])
    password = PasswordField(validators=[_filled, Length(max=LONGEST)])


class AddressForm(FlaskForm):  # type: ignore[misc]  # as above
    """The address of an account that a link shall be mailed to."""

    email = EmailField(validators=[_filled, Length(max=LONGEST_EMAIL)])


class NewPasswordForm(FlaskForm):  # type: ignore[misc]  # as above
    """A new password for the account of a link."""

    password = PasswordField(validators=[_filled, Length(max=LONGEST)])


class NewAddressForm(FlaskForm):  # type: ignore[misc]  # as above
    """Another address for the account that is signed in, whose password is asked for again."""

    email = EmailField(validators=[_filled, Length(max=LONGEST_EMAIL)])
    present = PasswordField(validators=[_filled, Length(max=LONGEST)])


class ProofForm(FlaskForm):  # type: ignore[misc]  # as above
    """The password of the account of a link, where nobody is signed in."""

    present = PasswordField(validators=[_filled, Length(max=LONGEST)])


class CodeForm(FlaskForm):  # type: ignore[misc]  # as above
    """A code of an authenticator app, or a recovery code."""

    code = StringField(validators=[_filled, Length(max=60)])


class SealedCodeForm(CodeForm):
    """The first code of a new authenticator app, with its secret, sealed."""

    sealed = HiddenField(validators=[_filled, Length(max=1000)])


class PresentPasswordForm(FlaskForm):  # type: ignore[misc]  # as above
    """The password of the account that is signed in."""

    present = PasswordField(validators=[_filled, Length(max=LONGEST)])


class BothFactorsForm(PresentPasswordForm):
    """The password of the account that is signed in, and a code."""

    code = StringField(validators=[_filled, Length(max=60)])


class CredentialForm(FlaskForm):  # type: ignore[misc]  # as above
    """What a browser answers for a passkey, as JSON."""

    credential = HiddenField()


class PasskeyForm(CredentialForm):
    """A new passkey and its name."""

    name = StringField()
