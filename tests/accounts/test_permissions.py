import pytest
from flask import Blueprint, Flask

from webapp.accounts.api_tokens import Scope
from webapp.accounts.login import current_reader, sign_in_every_request
from webapp.accounts.models import Reader, Role
from webapp.accounts.permissions import (
    Permission,
    UndeclaredViewError,
    has_permission,
    is_public,
    public,
    refuse_undeclared_views,
    requires,
    requires_scope,
    signed_in,
)
from webapp.kit import clock


def test_the_application_refuses_to_start_with_a_view_that_does_not_say_who_may_call_it():
    app = Flask(__name__)
    pages = Blueprint("pages", __name__)

    @pages.get("/secret")
    def secret() -> str:
        return "secret"

    app.register_blueprint(pages)
    with pytest.raises(UndeclaredViewError, match=r"pages\.secret"):
        refuse_undeclared_views(app)


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        (Role.READER, Permission.EDIT, False),
        (Role.READER, Permission.PUBLISH, False),
        (Role.EDITOR, Permission.EDIT, True),
        (Role.EDITOR, Permission.PUBLISH, False),
        (Role.PUBLISHER, Permission.PUBLISH, True),
        (Role.PUBLISHER, Permission.MANAGE_READERS, True),
    ],
)
def test_what_each_role_may_do(role, permission, allowed):
    assert has_permission(Reader(role=role), permission) is allowed


def test_a_disabled_publisher_may_do_nothing():
    assert not has_permission(Reader(role=Role.PUBLISHER, disabled_at=clock.now()), Permission.PUBLISH)


@pytest.fixture
def guarded(app, people):
    app.add_url_rule("/for-readers", "for_readers", signed_in(lambda: "read"))
    app.add_url_rule("/api/v1/for-buyers", "for_buyers", requires_scope(Scope.CHECKOUT)(lambda: "buy"))
    app.add_url_rule("/for-publishers", "for_publishers", requires(Permission.PUBLISH)(lambda: "publish"))
    return people


def test_a_visitor_is_sent_to_sign_in_and_comes_back(guarded, client):
    answer = client.get("/for-readers?a=1")
    assert answer.headers["Location"] == "/login?next=/for-readers?a%3D1"


def test_a_visitor_is_sent_to_sign_in_before_permissions_are_asked(guarded, client):
    assert client.get("/for-publishers").headers["Location"] == "/login?next=/for-publishers"


def test_a_script_is_told_that_it_is_not_signed_in(guarded, client):
    answer = client.get("/for-readers", headers={"Accept": "application/json"})
    assert answer.status_code == 401


def test_a_token_opens_what_it_has_the_scope_for(guarded):
    reader = guarded.reader()
    assert guarded.program(reader, Scope.CHECKOUT).get("/api/v1/for-buyers").status_code == 200
    answer = guarded.program(reader, Scope.FEED).get("/api/v1/for-buyers")
    assert (answer.status_code, answer.get_json()["scope"]) == (403, "checkout")


def test_a_view_says_whether_it_is_for_anybody():
    assert is_public(public(lambda: ""))
    assert not is_public(signed_in(lambda: ""))


def test_the_audit_signs_in_every_request_as_one_reader(app, client):
    reader = Reader(id=7, email="somebody@example.com", role=Role.READER, look="")
    sign_in_every_request(app, reader)
    app.add_url_rule("/who", "who", public(lambda: current_reader().email))
    assert client.get("/who").text == "somebody@example.com"


def test_who_lacks_the_permission_is_refused(guarded):
    assert guarded.signed_in().get("/for-publishers").status_code == 403
    assert guarded.signed_in("p@example.com", Role.PUBLISHER).get("/for-publishers").status_code == 200
