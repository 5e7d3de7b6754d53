import pytest

from tests.billing.scenarios.scene import Scene
from webapp.kit.money import Money


@pytest.fixture
def scene(app, people, cashier, shelf):
    return Scene(app, people, cashier, shelf.put(price=Money(990, "cny")))


@pytest.fixture
def transport(scene):
    """The one line to Stripe."""
    return scene.cashier.till.gateway.client._requestor._client


@pytest.fixture
def status(instance):
    """Answers what `paidspan stripe status` prints."""
    from click.testing import CliRunner

    from webapp.operations.cli_stripe import status as command

    def run() -> str:
        done = CliRunner().invoke(command, ["--instance", str(instance)])
        assert done.exit_code == 0, done.output
        return done.output

    return run
