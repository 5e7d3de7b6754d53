"""The application as it is served, but that its Stripe is at the address in FAULTY_STRIPE."""

import os

import stripe

from webapp import create_app
from webapp.billing.context import current_billing
from webapp.billing.gateway.checked_answers import CheckedAnswers
from webapp.billing.gateway.client import RETRIES, TIMEOUT_SECONDS
from webapp.front.door import FrontDoor
from webapp.kit.current_settings import current_settings
from webapp.kit.parent_process import end_with_parent

end_with_parent()
app = create_app()
application = FrontDoor(app)
with app.app_context():
    current_billing().gateway.client = stripe.StripeClient(
        current_settings().stripe_secret_key,
        http_client=CheckedAnswers(timeout=TIMEOUT_SECONDS),
        base_addresses={"api": os.environ["FAULTY_STRIPE"]},
        max_network_retries=RETRIES,
    )
