"""The signed cookie of a session, as Flask has it."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature, URLSafeTimedSerializer
from typing_extensions import override


class BrowserSession(SecureCookieSession):
    """Flask's own, which knows whether a former key signed it."""

    is_outdated = False


class BrowserSessions(SecureCookieSessionInterface):
    """Flask's own, which makes the signer of a secret once and not at each request."""

    session_class = BrowserSession

    def __init__(self) -> None:
        self._signers: dict[object, URLSafeTimedSerializer | None] = {}

    @override
    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if app.secret_key not in self._signers:
            self._signers[app.secret_key] = super().get_signing_serializer(app)
        return self._signers[app.secret_key]

    @override
    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        opened = super().open_session(app, request)
        if opened and app.config["SECRET_KEY_FALLBACKS"]:
            opened.is_outdated = not self._is_signed_at_present(app, request)  # type: ignore[attr-defined]
        return opened

    def _is_signed_at_present(self, app: Flask, request: Request) -> bool:
        """Return whether the cookie was signed with the key that signs now."""
        signer = self.get_signing_serializer(app)
        assert signer is not None  # as a session was opened
        present = signer.make_signer(self.salt)
        present.secret_keys = present.secret_keys[-1:]
        try:
            present.unsign(request.cookies[self.get_cookie_name(app)])
        except BadSignature:
            return False
        return True
