import pytest
from click.testing import CliRunner

from tests.billing.scenarios.scene import Scene
from webapp.kit import clock
from webapp.kit.money import Money


@pytest.fixture
def scene(app, people, cashier, shelf):
    return Scene(app, people, cashier, shelf.put(price=Money(990, "cny")))


@pytest.fixture
def transport(scene):
    """The one line to Stripe."""
    return scene.cashier.billing.gateway.client._requestor._client


@pytest.fixture
def paidspan(instance, scene):
    """Run a command as an operator types it; return what it prints."""
    from webapp.operations.cli import cli

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(cli, [*arguments, "--instance", str(instance)])
        clock.set_clock_offset(scene.cashier.sandbox.clock_offset)  # a command in this process has set its own
        assert done.exit_code == 0, done.output
        return done.output

    return run
