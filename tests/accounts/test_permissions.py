import pytest
from flask import Blueprint, Flask

from webapp.accounts.models import Reader, Role
from webapp.accounts.permissions import (
    Permission,
    UndeclaredViewError,
    has_permission,
    refuse_undeclared_views,
    requires,
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
    app.add_url_rule("/for-publishers", "for_publishers", requires(Permission.PUBLISH)(lambda: "publish"))
    return people


def test_a_visitor_is_sent_to_sign_in_and_comes_back(guarded, client):
    answer = client.get("/for-readers?a=1")
    assert answer.headers["Location"] == "/login?next=/for-readers?a%3D1"


def test_who_lacks_the_permission_is_refused(guarded):
    assert guarded.signed_in().get("/for-publishers").status_code == 403
    assert guarded.signed_in("p@example.com", Role.PUBLISHER).get("/for-publishers").status_code == 200
