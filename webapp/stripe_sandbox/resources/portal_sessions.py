"""Portal sessions: the customer's own pages (docs.stripe.com/api/customer_portal/sessions).

Of the flows that lead to one thing to do, the sandbox knows the confirmation of a switch of plan.
"""

from webapp.stripe_sandbox.params import ListParam, Params, address_of_page, choice, positive, text
from webapp.stripe_sandbox.resources import portal_configurations
from webapp.stripe_sandbox.resources.checkout_session.sessions import CHECKOUT_LOCALES
from webapp.stripe_sandbox.resources.subscription import subscriptions
from webapp.stripe_sandbox.stripe_errors import RefusedError, no_such
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, new_id

SWITCH = "subscription_update_confirm"
_OTHER_FLOWS = ("customer_update", "subscription_cancel", "subscription_pause", "subscription_update")
_ITEM = Params({"id": text, "price": text, "quantity": positive}, frozenset({"id"}))
_FLOW = Params(
    {
        "type": choice(SWITCH),
        SWITCH: Params({"items": ListParam(_ITEM), "subscription": text}, frozenset({"items", "subscription"})),
        "after_completion": Params(
            {
                "type": choice("redirect", "portal_homepage"),
                "redirect": Params({"return_url": address_of_page}, frozenset({"return_url"})),
            },
            frozenset({"type"}),
        ),
    },
    frozenset({"type", SWITCH}),
)
FIELDS = Params(
    {
        "configuration": text,
        "customer": text,
        "flow_data": _FLOW,
        "locale": CHECKOUT_LOCALES,
        "return_url": address_of_page,
    },
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
            "flow": _flow(uow, customer, given["flow_data"]) if "flow_data" in given else None,
            "locale": given.get("locale"),
            "on_behalf_of": None,
            "return_url": given.get("return_url"),
            "url": f"{call.base_url}/sandbox/portal/{session_id}",
        }
    )


def _flow(uow: UnitOfWork, customer: Json, given: Json) -> Json:
    """Return the one thing that a session is opened for; raise RefusedError where that cannot be done."""
    wanted, after = given[SWITCH], given.get("after_completion", {"type": "portal_homepage"})
    subscription = uow.get("subscription", wanted["subscription"], f"flow_data[{SWITCH}][subscription]")
    if subscription["customer"] != customer["id"] or not subscriptions.is_running(subscription):
        raise no_such("subscription", subscription["id"], f"flow_data[{SWITCH}][subscription]")
    (held,) = subscription["items"]["data"]
    if [item["id"] for item in wanted["items"]] != [held["id"]]:
        raise no_such("subscription_item", wanted["items"][0]["id"], f"flow_data[{SWITCH}][items][0][id]")
    if subscription["cancel_at"] is not None:
        raise RefusedError("This subscription is set to cancel and cannot be updated.", param=f"flow_data[{SWITCH}]")
    items = [{"price": held["price"]["id"], "quantity": held["quantity"], **item} for item in wanted["items"]]
    uow.get("price", items[0]["price"], f"flow_data[{SWITCH}][items][0][price]")
    return {
        **dict.fromkeys(_OTHER_FLOWS),
        "after_completion": {"hosted_confirmation": None, "redirect": None, **after},
        "type": SWITCH,
        SWITCH: {"discounts": None, "items": items, "subscription": subscription["id"]},
    }
