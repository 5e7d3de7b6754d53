"""Webhook endpoints as a set-up makes them (docs.stripe.com/api/webhook_endpoints).

They are kept and shown; the sandbox's postman has its one address, and signs with the secret that each of them shows.
"""

import re

import stripe

from webapp.stripe_sandbox.form_encoding import Raw
from webapp.stripe_sandbox.params import (
    Clearable,
    ListParam,
    Params,
    address_of_page,
    boolean,
    choice,
    metadata,
    metadata_fields,
    text,
)
from webapp.stripe_sandbox.storage import WEBHOOK_SECRET, recall
from webapp.stripe_sandbox.stripe_errors import RefusedError, missing
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, new_id

# "customer.subscription.updated", "*"; not "customer"
_EVENT = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+|\*")


def _event(raw: Raw, name: str) -> str:
    kind = text(raw, name)
    if not _EVENT.fullmatch(kind):
        raise RefusedError(f"Invalid {name}: {kind} is no type of event", param=name)
    return kind


FIELDS = Params(
    {
        "api_version": choice(stripe.api_version),
        "description": Clearable(text),
        "enabled_events": ListParam(_event),
        "metadata": metadata,
        "url": address_of_page,
    },
    frozenset({"enabled_events", "url"}),
)
CHANGES = Params(
    {
        "description": Clearable(text),
        "disabled": boolean,
        "enabled_events": ListParam(_event),
        "metadata": metadata,
        "url": address_of_page,
    }
)


def create(call: ApiCall) -> Json:
    """Keep an endpoint and return it with its secret, which is shown this once."""
    uow, given = call.uow, call.params
    if not given["enabled_events"]:
        raise missing("enabled_events")
    endpoint = uow.add(
        {
            **dict.fromkeys(("api_version", "application", "description")),
            **uow.common_fields("webhook_endpoint", new_id("we")),
            "status": "enabled",
            **given,
            "metadata": metadata_fields({}, given.get("metadata")),
        }
    )
    return endpoint | {"secret": recall(uow.connection, WEBHOOK_SECRET)}


def update(call: ApiCall) -> Json:
    """Change an endpoint, or switch it off and on."""
    endpoint = call.uow.living("webhook_endpoint", call.object_id)
    changes = call.changes_to(endpoint)
    if "disabled" in changes:
        changes["status"] = "disabled" if changes.pop("disabled") else "enabled"
    return call.uow.save(endpoint, **changes)


def delete(call: ApiCall) -> Json:
    """Delete an endpoint."""
    endpoint = call.uow.living("webhook_endpoint", call.object_id)
    return call.uow.save({"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True})
