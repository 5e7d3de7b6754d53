"""What a Checkout session sells: its line items, found or made, and what they come to."""

from dataclasses import dataclass, replace

from webapp.stripe_sandbox.resources.products import make_price, price_in
from webapp.stripe_sandbox.stripe_errors import RefusedError, missing
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork, new_id

PAYMENT, SUBSCRIPTION = "payment", "subscription"


@dataclass(frozen=True, slots=True)
class Position:
    """One thing, so and so many times."""

    price: Json
    quantity: int
    name: str

    @property
    def amount(self) -> int:
        """Return what it comes to, in minor units."""
        return int(self.price["unit_amount"]) * self.quantity


@dataclass(frozen=True, slots=True)
class Basket:
    """All that one session sells, in one currency."""

    positions: list[Position]

    @property
    def total(self) -> int:
        """Return what all of it comes to, in minor units."""
        return sum(position.amount for position in self.positions)

    @property
    def currency(self) -> str:
        """Return the currency of all of it."""
        return str(self.positions[0].price["currency"])


def fill_basket(
    uow: UnitOfWork, mode: str, line_items: list[Json], currency: str | None = None, name: str = "line_items"
) -> Basket:
    """Return what line items sell, with prices made where they are described; raise RefusedError.

    In a `currency` where one is given, which each price must have among its options.
    """
    positions = [_position(uow, item, f"{name}[{number}]") for number, item in enumerate(line_items)]
    if currency:
        positions = [replace(position, price=price_in(uow, position.price, currency)) for position in positions]
    if len({position.price["currency"] for position in positions}) > 1:
        raise RefusedError("All line items must have the same currency.", param=name)
    for position in positions:
        _refuse_other_mode(mode, position)
    if mode == SUBSCRIPTION and len({rhythm(position.price) for position in positions}) > 1:
        raise RefusedError("All recurring prices must have the same billing interval.", param=name)
    return Basket(positions)


def store_line_items(uow: UnitOfWork, session_id: str, bought: Basket) -> None:
    """Keep the line items of a session."""
    for position in bought.positions:
        uow.add(_line_item(position), owner=session_id)


def _position(uow: UnitOfWork, item: Json, name: str) -> Position:
    if ("price" in item) == ("price_data" in item):
        raise RefusedError(f"You must specify either `price` or `price_data` in `{name}`.", param=name)
    if "quantity" not in item:
        raise missing(f"{name}[quantity]")
    if "price" in item:
        price = uow.get("price", item["price"], f"{name}[price]")
        if not price["active"]:
            raise RefusedError("The price specified is inactive. This field only accepts active prices.", param=name)
    else:
        price = make_price(uow, {"active": False, **item["price_data"]})
    product = uow.living("product", price["product"], f"{name}[price]")
    return Position(price, item["quantity"], product["name"])


def _refuse_other_mode(mode: str, position: Position) -> None:
    recurring = position.price["recurring"] is not None
    if recurring and mode == PAYMENT:
        raise RefusedError(
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use "
            "only one-time prices.",
            param="line_items",
        )
    if not recurring and mode == SUBSCRIPTION:
        raise RefusedError(
            "In `subscription` mode the sandbox sells recurring prices only; Stripe would bill this one once.",
            param="line_items",
        )


def rhythm(price: Json) -> tuple[str, int]:
    """Return how often a recurring price is charged."""
    return price["recurring"]["interval"], price["recurring"]["interval_count"]


def _line_item(position: Position) -> Json:
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": position.amount,
        "amount_tax": 0,
        "amount_total": position.amount,
        "currency": position.price["currency"],
        "description": position.name,
        "discounts": [],
        "metadata": {},
        "price": position.price,
        "quantity": position.quantity,
        "taxes": [],
    }
