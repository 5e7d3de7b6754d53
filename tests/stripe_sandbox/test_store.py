"""The file, opened by several processes at once."""

import subprocess
import sys
import textwrap

from webapp.stripe_sandbox.storage import SandboxStore, objects

OPEN = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    import stripe
    from webapp.stripe_sandbox.sandbox import Sandbox
    sandbox = Sandbox(Path(sys.argv[1]), "http://127.0.0.1:8000")
    client = stripe.StripeClient("sk_test_x", http_client=sandbox.client_transport())
    for _ in range(20):
        client.v1.customers.create({"name": sys.argv[2]}, {"idempotency_key": None})
    print(sandbox.webhook_secret)
    """
)


def test_processes_that_open_it_at_the_same_time_share_it(shop, file, tmp_path):
    fresh = tmp_path / "fresh.sqlite"
    running = [
        subprocess.Popen([sys.executable, "-c", OPEN, fresh, str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(2)
    ]
    secrets = {process.communicate(timeout=60)[0].strip() for process in running}
    assert [process.returncode for process in running] == [0, 0]
    assert len(secrets) == 1
    store = SandboxStore(fresh)
    with store.reading() as connection:
        made = connection.execute(objects.select().where(objects.c.object == "customer")).all()
    store.close()
    assert len(made) == 40
    assert [row.sequence for row in made] == sorted(row.sequence for row in made)


def test_keys_are_read_out_of_the_json_by_the_database(shop, sandbox):
    subscription = shop.subscribe()
    with sandbox.store.reading() as connection:
        row = connection.execute(objects.select().where(objects.c.object == "invoice")).one()
    assert (row.customer, row.subscription) == (subscription.customer, subscription.id)
