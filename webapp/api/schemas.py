"""What goes in and out, as the description tells it. Moments are in UTC (RFC 3339), amounts in minor units."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf, Range
from typing_extensions import override
from webargs.fields import DelimitedList

from webapp.access.policy import Reason
from webapp.accounts.models import Role
from webapp.billing.models import GrantSource, PlanKind, Revoked
from webapp.documents.discovery import YEARS
from webapp.documents.models import SLUG_LENGTH, TAG_LENGTH
from webapp.kit.http import absolute_url
from webapp.search.tokenizer import LONGEST_QUERY

LONGEST_CODE = 40
_CURSOR = "A cursor, as answered; a list begins at its beginning with any other."
_MOST_DOCUMENTS = 100


def _told(**told: object) -> dict[str, Any]:
    """Return that a field is always there, and what is told of it."""
    return {"required": True, "metadata": told}


def _whole(text: str) -> None:
    """Refuse half of a character, which JSON can write and no database can keep (RFC 8259, section 8.2)."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValidationError("Not valid Unicode.")


class _PageOf(fields.String):
    """The address of a document's page."""

    @override
    def get_value(self, obj: Any, *_args: Any, **_kwargs: Any) -> str:
        return absolute_url("reading.document", slug=obj.slug)


class DocumentInListSchema(Schema):
    """A published document as lists show it; with `fields`, as much of it as was asked for."""

    slug = fields.String(metadata={"description": "Its name in addresses."})
    url = _PageOf(metadata={"description": "Its page.", "format": "uri"})
    title = fields.String()
    subtitle = fields.String()
    authors = fields.List(fields.String())
    summary = fields.String()
    tags = fields.List(fields.String())
    language = fields.String(metadata={"example": "zh-CN"})
    published_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
    characters = fields.Integer(metadata={"description": "How long it is, with what is for payers."})
    paid_characters = fields.Integer(metadata={"description": "How much of it is for payers."})


SELECTABLE = tuple(DocumentInListSchema().fields)


class ListingSchema(Schema):
    """Some documents, and the cursor of those that follow."""

    documents = fields.List(fields.Nested(DocumentInListSchema), **_told())
    after = fields.String(allow_none=True, **_told(description="Send it as `after` for what follows; null at the end."))


class ListArguments(Schema):
    """Which documents, how many, and what of them."""

    after = fields.String(metadata={"description": _CURSOR})
    limit = fields.Integer(load_default=20, validate=Range(1, _MOST_DOCUMENTS))
    tag = fields.String(validate=Length(1, TAG_LENGTH))
    language = fields.String(validate=Length(1, 10), metadata={"example": "en"})
    year = fields.Integer(
        validate=Range(YEARS[0], YEARS[-1]), metadata={"description": "Published in it, by the house's calendar."}
    )
    sort = fields.String(load_default="-published_at", validate=OneOf(["-published_at", "published_at"]))
    fields_ = DelimitedList(
        fields.String(validate=OneOf(SELECTABLE)),
        data_key="fields",
        validate=Length(1, len(SELECTABLE)),
        metadata={"description": "Only these; all where it is left out."},
    )


class GateSchema(Schema):
    """What is behind a gate, without a word of it."""

    characters = fields.Integer(**_told())
    minutes = fields.Integer(**_told(description="How long it takes to read."))
    headings = fields.Integer(**_told())
    images = fields.Integer(**_told())


class HeadingSchema(Schema):
    """A heading in the table of contents."""

    level = fields.Integer(**_told(description="1 is the highest."))
    text = fields.String(**_told())
    anchor = fields.String(**_told(description="Its id in the HTML."))


class DocumentSchema(Schema):
    """A document as far as its reader may read it; all but html, text and toc are the same for everybody."""

    slug = fields.String(**_told())
    url = _PageOf(**_told(format="uri"))
    title = fields.String(**_told())
    subtitle = fields.String(**_told(description="Empty where there is none."))
    authors = fields.List(fields.String(), **_told())
    collection = fields.String(**_told(description="The series it belongs to; empty where there is none."))
    summary = fields.String(**_told())
    tags = fields.List(fields.String(), **_told())
    language = fields.String(**_told())
    published_at = fields.AwareDateTime(**_told())
    updated_at = fields.AwareDateTime(**_told(description="When what everybody may read last changed."))
    access = fields.String(validate=OneOf(["preview", "full"]), **_told())
    gates = fields.List(fields.Nested(GateSchema), **_told(description="The parts for payers, in order."))
    html = fields.String(**_told(description="In a preview an empty element with `data-gate` stands at each gate."))
    text = fields.String(**_told(description="In a preview … stands at each gate."))
    toc = fields.List(fields.Nested(HeadingSchema), **_told())


class OfferSchema(Schema):
    """Something to buy."""

    plan = fields.String(attribute="offer.code", **_told(description="Its name in an order."))
    kind = fields.Enum(PlanKind, by_value=True, attribute="offer.kind", **_told())
    amount = fields.Integer(
        attribute="offer.price.minor_units",
        **_told(description="In minor units, as docs.stripe.com/currencies counts."),
    )
    price = fields.String(
        attribute="offer.price.amount",
        **_told(description="The same in whole units of the currency.", example="9.90"),
    )
    currency = fields.String(attribute="offer.price.currency", **_told(example="cny"))
    days = fields.Integer(
        allow_none=True, attribute="offer.days", **_told(description="How long a pass opens everything.")
    )
    trial_days = fields.Integer(attribute="offer.trial_days", **_told(description="How many days are free at first."))
    checkout = fields.String(**_told(format="uri", description="Where a reader buys it in a browser."))


class PriceListSchema(Schema):
    """What opens everything."""

    plans = fields.List(fields.Nested(OfferSchema), **_told())


class SearchArguments(Schema):
    """What to look for."""

    q = fields.String(required=True, validate=Length(1, LONGEST_QUERY), metadata={"description": 'Words, "phrases".'})
    after = fields.String(metadata={"description": _CURSOR})
    limit = fields.Integer(load_default=10, validate=Range(1, 50))
    tag = fields.String(validate=Length(1, TAG_LENGTH))


class PieceSchema(Schema):
    """A piece of text, marked where it is what was looked for."""

    text = fields.String(**_told())
    marked = fields.Boolean(**_told())


class HitSchema(Schema):
    """A document that was found."""

    document = fields.Nested(DocumentInListSchema, attribute="card", **_told())
    title = fields.List(fields.Nested(PieceSchema), **_told())
    passage = fields.List(fields.Nested(PieceSchema), **_told())
    in_full = fields.Boolean(**_told(description="Whether the passage stands in a part for payers."))


class HitsSchema(Schema):
    """A page of what was found, titles first."""

    count = fields.Integer(**_told())
    more = fields.Boolean(**_told(description="Whether there are more than were counted."))
    after = fields.String(allow_none=True, attribute="page.after", **_told())
    results = fields.List(fields.Nested(HitSchema), attribute="page.rows", **_told())


class MeSchema(Schema):
    """Whose token it is."""

    email = fields.String(**_told())
    role = fields.Enum(Role, by_value=True, **_told())
    created_at = fields.AwareDateTime(**_told())
    email_confirmed = fields.Boolean(**_told())
    scopes = fields.List(fields.String(), **_told(description="What this token may be used for."))


class GrantSchema(Schema):
    """A right to read."""

    source = fields.Enum(GrantSource, by_value=True, **_told())
    document = fields.String(allow_none=True, **_told(description="The slug; null: all documents."))
    title = fields.String(allow_none=True, **_told())
    starts_at = fields.AwareDateTime(**_told())
    ends_at = fields.AwareDateTime(allow_none=True, **_told())
    revoked = fields.Enum(Revoked, by_value=True, allow_none=True, **_told(description="Why it opens nothing."))
    open = fields.Boolean(**_told(description="Whether it opens anything now."))


class GrantsSchema(Schema):
    """All rights of a reader, the newest first."""

    grants = fields.List(fields.Nested(GrantSchema), **_told())


class _TrueOrFalse(fields.Boolean):
    """JSON's true or false, and none of the words that stand for them elsewhere."""

    @override
    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class OrderArguments(Schema):
    """What to buy: a plan, or `document` by itself."""

    class Meta:  # noqa: D106 - marshmallow's own
        unknown = RAISE

    plan = fields.String(required=True, validate=[Length(1, LONGEST_CODE), _whole], metadata={"example": "year"})
    document = fields.String(validate=[Length(1, SLUG_LENGTH), _whole], metadata={"description": "A slug."})
    warned = _TrueOrFalse(
        load_default=False,
        metadata={
            "description": "True: order a pass or a document although a running subscription opens it already. "
            "Without it such an order is answered 409."
        },
    )


class CheckoutSchema(Schema):
    """Where the reader pays."""

    url = fields.String(**_told(format="uri"))


class ProblemSchema(Schema):
    """What is wrong and what to do (RFC 9457)."""

    type = fields.String(**_told())
    title = fields.String(**_told())
    status = fields.Integer(**_told())
    detail = fields.String(**_told())
    hint = fields.String(**_told(description="What to do about it."))


class InvalidArgumentsSchema(ProblemSchema):
    """What of a request does not fit."""

    errors = fields.Dict(**_told(description="By place and field, what is wrong there."))


class MissingScopeSchema(ProblemSchema):
    """The scope that a token lacks."""

    scope = fields.String(**_told())


class PaymentRequiredSchema(ProblemSchema):
    """Why a document is closed to its reader, and what opens it."""

    reason = fields.Enum(Reason, by_value=True, **_told())
    offers = fields.List(fields.Nested(OfferSchema), **_told(description="Empty where buying would not open it."))
