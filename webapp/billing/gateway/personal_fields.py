"""What of Stripe's JSON is about a person: left out of what is stored of somebody whose account is closed."""

# Objects that hold nothing else; those who read facts from them take what is missing for unknown.
_ABOUT_PERSONS = {
    *("billing_details", "customer_address", "customer_details", "customer_shipping", "shipping", "shipping_details"),
    *("collected_information", "account_holder_name", "individual_name", "payment_method_details"),
}
_SINGLE = {"customer_email", "customer_name", "customer_phone", "email", "phone", "receipt_email", "client_secret"}


def without_person(raw: object) -> object:
    """Return stored JSON without names and addresses: what was bought, paid and given back stays."""
    match raw:
        case dict():
            kept = {key: without_person(value) for key, value in raw.items() if key not in _ABOUT_PERSONS | _SINGLE}
            blank = dict.fromkeys(raw.keys() & (_ABOUT_PERSONS | _SINGLE))
            named = {"name": None, "address": None} if raw.get("object") == "customer" else {}
            return {**kept, **blank, **{key: value for key, value in named.items() if key in raw}}
        case list():
            return [without_person(one) for one in raw]
        case _:
            return raw
