"""The one tree of errors a person may meet: each with a status, what is wrong, and what to do."""

from collections.abc import Mapping

from webapp.kit.translatable import _

_SHORTEST_IN_MINUTES = 120


class PaidspanError(Exception):
    """What is wrong (`str(error)`), what to do about it (`hint`), and the HTTP status that says so.

    `members` is what a program is told besides, `headers` what HTTP wants said with the status.
    """

    status = 500
    hint = _("Please try again in a moment.")
    members: Mapping[str, object] = {}
    headers: Mapping[str, str] = {}

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class InvalidInputError(PaidspanError):
    """What was sent cannot be used."""

    status = 400
    hint = _("Please check what you entered.")


class WrongPasswordError(InvalidInputError):
    """The password that goes with a change is not the account's."""

    hint = _("Please type it again.")

    def __init__(self, message: str = _("The current password is not right."), hint: str | None = None) -> None:
        super().__init__(message, hint)


class NotSignedInError(PaidspanError):
    """This needs an account."""

    status = 401
    hint = _("Please sign in.")

    def __init__(self) -> None:
        super().__init__(_("You are not signed in."))


class UnknownTokenError(PaidspanError):
    """The request shows a token that opens nothing, or none where one is needed (RFC 6750, section 3)."""

    status = 401
    hint = _("Create a token on your account page and send it as “Authorization: Bearer …”.")
    headers: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}

    def __init__(self, *, shown: bool) -> None:
        super().__init__(_("This token opens nothing (any more).") if shown else _("This needs a token."))
        if shown:
            self.headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class ForbiddenError(PaidspanError):
    """The account is known and may not do this."""

    status = 403
    hint = _("If you think you should be able to, ask the publisher.")

    def __init__(self) -> None:
        super().__init__(_("Your account may not do this."))


class ScopeError(ForbiddenError):
    """The token is known and may not be used for this."""

    hint = _("Create a token with this scope on your account page.")

    def __init__(self, scope: str) -> None:
        PaidspanError.__init__(self, _("This token lacks the scope that this needs."))
        self.members = {"scope": scope}
        self.headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}


class LinkOfAnotherError(ForbiddenError):
    """A mailed link is for another account than the one that is signed in."""

    hint = _("Please sign out, then open the link once more.")

    def __init__(self) -> None:
        PaidspanError.__init__(self, _("This link is for another account."))


class PaymentRequiredError(PaidspanError):
    """This is for payers; `members` holds the offers."""

    status = 402
    hint = _("Choose one of the offers; who has paid already sends a token.")

    def __init__(self, message: str, hint: str | None, members: Mapping[str, object]) -> None:
        super().__init__(message, hint)
        self.members = members


class NotFoundError(PaidspanError):
    """There is nothing here for this reader."""

    status = 404
    hint = _("It may have moved. The catalogue lists everything that is published.")

    def __init__(self, message: str = _("There is no such page."), hint: str | None = None) -> None:
        super().__init__(message, hint)


class MovedError(NotFoundError):
    """A document has another slug by now; whoever asked is sent there (kit/http.py)."""

    def __init__(self, slug: str) -> None:
        super().__init__()
        self.slug = slug


class ConflictError(PaidspanError):
    """It cannot be done as things stand."""

    status = 409


class WithdrawnError(PaidspanError):
    """The publisher took this document down."""

    status = 410
    hint = _("The catalogue lists everything that is published.")

    def __init__(self) -> None:
        super().__init__(_("The publisher has withdrawn this document."))


class UnusableLinkError(PaidspanError):
    """A mailed link opens nothing: used, too old, made void, or never made."""

    status = 410
    hint = _("A link works once, and for 30 minutes. Please ask for a new one.")

    def __init__(self) -> None:
        super().__init__(_("This link does not work (any more)."))


class BodyBrokenError(InvalidInputError):
    """What was sent breaks off, or is not in the form that it says (RFC 9112, section 8)."""

    hint = _("Please try again in a moment.")

    def __init__(self) -> None:
        super().__init__(_("What you sent did not arrive whole."))


class BodyTooSlowError(PaidspanError):
    """What was sent came too slowly to wait for (RFC 9110, section 15.5.9)."""

    status = 408
    hint = _("Please try again where the connection is better.")

    def __init__(self) -> None:
        super().__init__(_("What you sent did not arrive in time."))


class BodyTooLargeError(PaidspanError):
    """What was sent is larger than this takes (RFC 9110, section 15.5.14)."""

    status = 413
    hint = _("Please send less at once.")

    def __init__(self) -> None:
        super().__init__(_("What you sent is too large."))


class TooBusyError(PaidspanError):
    """Nothing is wrong but that too much is asked at once, or somebody else writes for long."""

    status = 503
    headers: Mapping[str, str] = {"Retry-After": "2"}

    def __init__(self) -> None:
        super().__init__(_("The library is busy right now."))


class CannotSaveError(PaidspanError):
    """What is there can be read, and nothing can be written: a disk that is full or can only be read."""

    status = 503
    hint = _("Reading goes on. The publisher’s log says what is the matter; please try again in a few minutes.")
    headers: Mapping[str, str] = {"Retry-After": "30"}

    def __init__(self) -> None:
        super().__init__(_("Nothing can be saved right now."))


class DatabaseAwayError(PaidspanError):
    """The database does not answer, or its file is damaged."""

    status = 503
    hint = _("What was saved is kept. Please try again in a few minutes.")
    headers: Mapping[str, str] = {"Retry-After": "5"}

    def __init__(self) -> None:
        super().__init__(_("The library cannot reach its database right now."))


class TooManyTriesError(PaidspanError):
    """Too many requests in a short time; after so many `seconds` the next is let through."""

    status = 429

    def __init__(self, seconds: int, message: str = _("That was too many tries in a short time.")) -> None:
        super().__init__(message, _waiting_time(seconds))
        self.headers = {"Retry-After": str(seconds)}


def _waiting_time(seconds: int) -> str:
    """Return how long to wait, to the second, as the header says it."""
    minutes, rest = divmod(seconds, 60)
    if seconds == 1:
        return _("Please wait a second, then try again.")
    if seconds < _SHORTEST_IN_MINUTES:
        return _("Please wait %(seconds)s seconds, then try again.", seconds=seconds)
    if rest:
        return _("Please wait %(minutes)s min %(seconds)s s, then try again.", minutes=minutes, seconds=rest)
    return _("Please wait %(minutes)s minutes, then try again.", minutes=minutes)


class PaymentsUnavailableError(PaidspanError):
    """Stripe does not answer, or not in time."""

    status = 503
    hint = _("Nothing was charged. Reading goes on as before; please try the payment again in a few minutes.")

    def __init__(self) -> None:
        super().__init__(_("The payment service does not answer right now."))
