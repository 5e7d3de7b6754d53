"""A reader with a browser, and a document."""

from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from tests.factories.people import token_in
from webapp.accounts.models import Reader


@dataclass
class Desk:
    """One reader's browser, and what they do in it."""

    reader: Reader
    client: FlaskClient

    def page(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path, headers={"Accept-Language": "en"})
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def post(self, path: str, **form: object):
        token = token_in(self.client.get("/account"))
        return self.client.post(path, data={"csrf_token": token, **form}, headers={"Accept-Language": "en"})


@pytest.fixture
def desk_of(people):
    def desk(email: str = "reader@example.com") -> Desk:
        reader = people.reader(email)
        return Desk(reader, people.browser(email))

    return desk


@pytest.fixture
def desk(desk_of):
    return desk_of()
