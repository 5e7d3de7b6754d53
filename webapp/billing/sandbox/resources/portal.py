"""Portal sessions: the customer's own pages (docs.stripe.com/api/customer_portal/sessions)."""

from webapp.billing.sandbox.accepts import Fields, address_of_page, text
from webapp.billing.sandbox.books import Books, new_id
from webapp.billing.sandbox.call import Call
from webapp.billing.sandbox.refusals import no_such
from webapp.billing.sandbox.resources import portal_configurations, subscriptions
from webapp.billing.sandbox.resources.sessions import LOCALES
from webapp.billing.sandbox.store import Json

FIELDS = Fields(
    {"configuration": text, "customer": text, "locale": LOCALES, "return_url": address_of_page},
    frozenset({"customer"}),
)


def create(call: Call) -> Json:
    """Opens the portal for a customer."""
    books, given = call.books, call.params
    customer = books.living("customer", given["customer"], "customer")
    session_id = new_id("bps")
    return books.add(
        {
            "id": session_id,
            "object": "billing_portal.session",
            "configuration": portal_configurations.chosen(books, given.get("configuration"))["id"],
            "created": books.now,
            "customer": customer["id"],
            "customer_account": None,
            "flow": None,
            "livemode": False,
            "locale": given.get("locale"),
            "on_behalf_of": None,
            "return_url": given.get("return_url"),
            "url": f"{call.base_url}/sandbox/portal/{session_id}",
        }
    )


def choose(books: Books, session_id: str, subscription_id: str, *, ends: bool) -> None:
    """Lets a subscription of the portal's customer end with its period, or go on; raises RefusedError for another's."""
    customer = books.get("billing_portal.session", session_id)["customer"]
    subscription = books.get("subscription", subscription_id)
    if subscription["customer"] != customer or not subscriptions.runs(subscription):
        raise no_such("subscription", subscription_id)
    if ends:
        subscriptions.end_at_period_end(books, subscription)
    else:
        subscriptions.go_on(books, subscription)
