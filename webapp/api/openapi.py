"""The description of the API (OpenAPI 3.1), and where it is answered."""

import flask_smorest
from flask import Flask, Response, current_app, jsonify
from typing_extensions import override

from webapp.accounts.permissions import public
from webapp.api.account import account_api
from webapp.api.blueprint import URL_PREFIX
from webapp.api.documents import document_api
from webapp.kit.cacheable import cacheable
from webapp.kit.current_settings import settings_in

API_BLUEPRINTS = (document_api, account_api)
_VERSION = "1.0.0"
_EXTENSION = "paidspan.api"
_ABOUT = """\
Documents as far as you may read them, search, what is sold, what you hold. Without a token you are a visitor and read
previews. Tokens are made on /account/tokens and sent as `Authorization: Bearer …`; cookies count for nothing here.
"""


class _Api(flask_smorest.Api):  # type: ignore[misc]  # flask-smorest ships no types
    """The description alone: errors are mapped where they are for all answers (kit/http.py)."""

    DEFAULT_ERROR_RESPONSE_NAME = None  # each operation names its own

    @override
    def _register_error_handlers(self) -> None:
        pass


def install_api(app: Flask) -> None:
    """Give the application its API and the description of it."""
    settings = settings_in(app)
    app.config.update(API_TITLE=settings.site_name, API_VERSION=_VERSION, OPENAPI_VERSION="3.1.0")
    api = _Api(app, spec_kwargs={"info": {"description": _ABOUT}, "servers": [{"url": settings.base_url}]})
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    for blueprint in API_BLUEPRINTS:
        api.register_blueprint(blueprint)
    app.add_url_rule(f"{URL_PREFIX}/openapi.json", "api.description", public(cacheable()(_description)))
    app.extensions[_EXTENSION] = api.spec.to_dict()


def _description() -> Response:
    """Return the description."""
    return jsonify(current_app.extensions[_EXTENSION])
