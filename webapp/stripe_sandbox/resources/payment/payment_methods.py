"""Ways of paying (docs.stripe.com/api/payment_methods), and how a charge remembers the one it was paid with."""

from webapp.stripe_sandbox.cards import Behaviour, ValidCard, behaviour_of
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork, new_id

CARD, ALIPAY, WECHAT_PAY = "card", "alipay", "wechat_pay"
_NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
_CHARGED_WALLET = dict.fromkeys(("fingerprint", "transaction_id"))
_CHECKS = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}


def make_payment_method(uow: UnitOfWork, kind: str, card: ValidCard | None, email: str | None) -> Json:
    """Keep a way of paying; `card` where `kind` is a card."""
    return uow.add(
        {
            **uow.common_fields("payment_method", new_id("pm")),
            "allow_redisplay": "limited",
            "billing_details": billing_details(email),
            "customer": None,
            "customer_account": None,
            "metadata": {},
            "type": kind,
            kind: _card(card) if card else {},
        }
    )


def attach_to_customer(uow: UnitOfWork, method: Json, customer: str) -> Json:
    """Keep a way of paying with a customer, to be charged again."""
    return uow.transition(method, "payment_method.attached", customer=customer)


def of_customer(uow: UnitOfWork, method_id: str, customer: str, param: str) -> Json:
    """Return a way of paying that is kept with this customer; raise RefusedError naming `param` for another."""
    method = uow.get("payment_method", method_id, param)
    if method["customer"] != customer:
        raise RefusedError(
            f"The customer does not have a payment method with the ID {method_id}. The payment method must be attached "
            "to the customer.",
            code="resource_missing",
            param=param,
        )
    return method


def behaviour(method: Json) -> Behaviour:
    """Return what happens when a way of paying is charged again; only cards make trouble."""
    return behaviour_of(method[CARD]["last4"]) if method["type"] == CARD else Behaviour.PAYS


def billing_details(email: str | None) -> Json:
    """Return who pays, as far as the sandbox asks."""
    return {"address": dict(_NO_ADDRESS), "email": email, "name": None, "phone": None, "tax_id": None}


def charged(method: Json, amount: int) -> Json:
    """Return a way of paying as the charge shows it (`payment_method_details`)."""
    kind = method["type"]
    return {"type": kind, kind: _charged_card(method, amount) if kind == CARD else dict(_CHARGED_WALLET)}


def _card(card: ValidCard) -> Json:
    brand = card.known.brand
    return {
        "brand": brand,
        "checks": dict(_CHECKS),
        "country": "US",
        "display_brand": brand,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "fingerprint": f"sandbox{card.known.number[-9:]}",
        "funding": "credit",
        "generated_from": None,
        "last4": card.known.number[-4:],
        "networks": {"available": [brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _charged_card(method: Json, amount: int) -> Json:
    card = method[CARD]
    same = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    return {key: card[key] for key in (*same, "regulated_status", "wallet")} | {
        "amount_authorized": amount,
        "authorization_code": None,
        "electronic_commerce_indicator": None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "three_d_secure": None,
        "transaction_link_id": None,
    }
