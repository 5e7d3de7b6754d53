"""A reader with a browser, and what they do in it."""

from dataclasses import dataclass

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
