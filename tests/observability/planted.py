"""The product's own worker, but that the page of all tags fails, with what is secret in its words and in its hands."""

import os

from flask import request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from webapp.front.served import application
from webapp.kit.http import read_session

CANARY = os.environ.get("CANARY", "")


def fails():
    paid, sender = [CANARY, "in a list"], request.headers.get("X-Forwarded-For")
    try:
        read_session().execute(text("SELECT :secret FROM nowhere"), {"secret": CANARY})
    except DBAPIError as error:
        raise RuntimeError(f"cannot show {paid} to {sender}, who sent {dict(request.cookies)}") from error


application._routes._views["reading.tags"] = fails
