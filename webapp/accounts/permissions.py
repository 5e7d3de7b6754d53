"""Who may call which view. Every view says so, and the application refuses to start when one does not."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, Response, redirect, request, url_for

from webapp.accounts.api_tokens import Scope
from webapp.accounts.bearer_auth import current_token_holder
from webapp.accounts.login import current_reader
from webapp.accounts.models import Reader, Role
from webapp.kit.errors import ForbiddenError, NotSignedInError, ScopeError, UnknownTokenError
from webapp.kit.http import safe_return

_P = ParamSpec("_P")
_R = TypeVar("_R")
_MARK = "__paidspan_access__"


class Permission(StrEnum):
    """What an account may be allowed to do beyond reading."""

    EDIT = "edit"
    PUBLISH = "publish"
    MANAGE_READERS = "manage-readers"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.READER: frozenset(),
    Role.EDITOR: frozenset({Permission.EDIT}),
    Role.PUBLISHER: frozenset(Permission),
}


class UndeclaredViewError(Exception):
    """A view does not say who may call it."""


def public(view: Callable[_P, _R]) -> Callable[_P, _R]:
    """Declare a view that anybody may call."""
    setattr(view, _MARK, "public")
    return view


def is_public(view: object) -> bool:
    """Whether a view was declared for anybody."""
    return getattr(view, _MARK, None) == "public"


def signed_in(view: Callable[_P, _R]) -> Callable[_P, _R | Response]:
    """Declare a view for who is signed in; a visitor is sent to sign in and comes back."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R | Response:
        if current_reader() is None:
            return _to_sign_in()
        return view(*args, **kwargs)

    setattr(guarded, _MARK, "signed in")
    return guarded


def requires(permission: Permission) -> Callable[[Callable[_P, _R]], Callable[_P, _R | Response]]:
    """Declare a view for accounts whose role has the permission."""

    def declare(view: Callable[_P, _R]) -> Callable[_P, _R | Response]:
        @wraps(view)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R | Response:
            reader = current_reader()
            if reader is None:
                return _to_sign_in()
            if not has_permission(reader, permission):
                raise ForbiddenError
            return view(*args, **kwargs)

        setattr(guarded, _MARK, permission)
        return guarded

    return declare


def requires_scope(scope: Scope, *, visitors: bool = False) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Declare a view for programs whose token has the scope, and for `visitors`, who show none, where they may."""

    def declare(view: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(view)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            held = current_token_holder()
            if held is None and not visitors:
                raise UnknownTokenError(shown=False)
            if held is not None and scope not in held.scopes:
                raise ScopeError(scope)
            return view(*args, **kwargs)

        setattr(guarded, _MARK, "public" if visitors else scope)
        return guarded

    return declare


def has_permission(reader: Reader, permission: Permission) -> bool:
    """Whether an account in use has the permission."""
    return reader.disabled_at is None and permission in PERMISSIONS[reader.role]


def _to_sign_in() -> Response:
    if request.method not in {"GET", "HEAD"}:
        back = safe_return(request.form.get("next"), "")
    else:
        back = request.full_path.rstrip("?")
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        raise NotSignedInError
    return redirect(url_for("accounts.sign_in_page", next=back or None), 303)  # type: ignore[return-value]


def refuse_undeclared_views(app: Flask) -> None:
    """Raise UndeclaredViewError naming the views that do not declare who may call them."""
    public(app.view_functions["static"])
    undeclared = sorted(name for name, view in app.view_functions.items() if not hasattr(view, _MARK))
    if undeclared:
        raise UndeclaredViewError(
            "Put @public, @signed_in, @requires(Permission.…) or @by_token(Scope.…) (see accounts/permissions.py) on: "
            + ", ".join(undeclared)
        )
