"""Portal sessions: the customer's own pages (docs.stripe.com/api/customer_portal/sessions)."""

from webapp.stripe_sandbox.params import Params, address_of_page, text
from webapp.stripe_sandbox.resources import portal_configurations
from webapp.stripe_sandbox.resources.checkout_session.sessions import CHECKOUT_LOCALES
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, new_id

FIELDS = Params(
    {"configuration": text, "customer": text, "locale": CHECKOUT_LOCALES, "return_url": address_of_page},
    frozenset({"customer"}),
)


def create(call: ApiCall) -> Json:
    """Open the portal for a customer."""
    uow, given = call.uow, call.params
    customer = uow.living("customer", given["customer"], "customer")
    session_id = new_id("bps")
    return uow.add(
        {
            **uow.common_fields("billing_portal.session", session_id),
            "configuration": portal_configurations.chosen(uow, given.get("configuration"))["id"],
            "customer": customer["id"],
            "customer_account": None,
            "flow": None,
            "locale": given.get("locale"),
            "on_behalf_of": None,
            "return_url": given.get("return_url"),
            "url": f"{call.base_url}/sandbox/portal/{session_id}",
        }
    )
