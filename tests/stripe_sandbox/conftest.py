from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect

from tests.stripe_sandbox.shop import Shop
from webapp.kit import clock
from webapp.kit.assets import install_assets
from webapp.kit.current_settings import install_settings
from webapp.kit.templating import install_templating, template_folder
from webapp.settings import load_settings
from webapp.stripe_sandbox.sandbox import Sandbox
from webapp.stripe_sandbox.views import sandbox_pages

BASE_URL = "http://127.0.0.1:8000"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.sqlite"


@pytest.fixture
def sandbox(file: Path) -> Iterator[Sandbox]:
    opened = Sandbox(file, BASE_URL)
    clock.set_clock_offset(opened.clock_offset)
    yield opened
    opened.close()


@pytest.fixture
def shop(sandbox: Sandbox) -> Shop:
    return Shop(sandbox)


@pytest.fixture
def client(sandbox: Sandbox, tmp_path: Path) -> FlaskClient:
    """Browse the sandbox's pages alone, without the product around them."""
    app = Flask("webapp", template_folder=str(template_folder()))
    app.config.update(SECRET_KEY="x" * 32, TESTING=True)
    install_settings(app, load_settings(instance=tmp_path, site_name="The House", locale="en", timezone="UTC"))
    install_templating(app)
    install_assets(app)
    app.jinja_env.globals["publishers_wordmark"] = None  # the house's pages know of one
    CSRFProtect(app)
    elsewhere = Blueprint("reading", __name__)
    elsewhere.add_url_rule("/", "catalogue", lambda: "")
    app.register_blueprint(elsewhere)
    app.register_blueprint(sandbox_pages(sandbox))
    return app.test_client()


@pytest.fixture(autouse=True)
def checked_transport() -> None:
    """Here wrong requests are sent on purpose, so the check of the folder above is left out."""
