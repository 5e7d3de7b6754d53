"""What goes in and out of the part for the people of the house."""

from marshmallow import RAISE, Schema, fields
from marshmallow.validate import Length, OneOf, Range

from webapp.api.schemas import always, whole_text
from webapp.documents.desk_listing import DeskView
from webapp.documents.models import SLUG_LENGTH, TAG_LENGTH, State
from webapp.manuscript import SourceFormat

LONGEST_SOURCE = 30_000_000  # characters that JSON may hold; how many bytes a manuscript may have is a setting
_TITLE_LENGTH, _PRICE_LENGTH = 500, 30


class DeskListArguments(Schema):
    """Which documents, and how many."""

    after = fields.String(metadata={"description": "A cursor, as answered."})
    limit = fields.Integer(load_default=20, validate=Range(1, 100))
    state = fields.Enum(State, by_value=True)
    tag = fields.String(validate=Length(1, TAG_LENGTH))
    q = fields.String(validate=Length(1, 200), metadata={"description": "Words of the title, or how the slug begins."})
    view = fields.Enum(DeskView, by_value=True)


class DeskRowSchema(Schema):
    """A document as the desk lists it, published or not."""

    id = fields.Integer(**always())
    slug = fields.String(**always())
    title = fields.String(**always())
    state = fields.Enum(State, by_value=True, **always())
    published_at = fields.AwareDateTime(allow_none=True, **always())
    changed_at = fields.AwareDateTime(**always())
    changed_by = fields.String(**always(description="Empty where no person did it."))


class DeskListingSchema(Schema):
    """Some documents, the last changed first, and the cursor of those that follow."""

    documents = fields.List(fields.Nested(DeskRowSchema), **always())
    after = fields.String(allow_none=True, **always())


class FoundSchema(Schema):
    """Something found in a text, at its place (1-based, in characters)."""

    code = fields.String(**always())
    severity = fields.String(**always())
    line = fields.Integer(**always())
    column = fields.Integer(**always())
    message = fields.String(**always())


class WorkingCopySchema(Schema):
    """A document with the text that is being worked on."""

    id = fields.Integer(**always())
    slug = fields.String(**always())
    title = fields.String(**always())
    state = fields.Enum(State, by_value=True, **always())
    format = fields.Enum(SourceFormat, by_value=True, **always())
    text = fields.String(**always())
    version = fields.Integer(**always(description="Send it with a text that is made of this one."))
    changed = fields.Boolean(**always(description="Whether it is not what the latest revision has."))
    public_characters = fields.Integer(**always())
    paid_characters = fields.Integer(**always())
    findings = fields.List(fields.Nested(FoundSchema), **always())


class _TextArguments(Schema):
    class Meta:
        unknown = RAISE

    text = fields.String(required=True, validate=[Length(0, LONGEST_SOURCE), whole_text])
    title = fields.String(validate=[Length(0, _TITLE_LENGTH), whole_text])
    slug = fields.String(validate=[Length(0, SLUG_LENGTH), whole_text])
    tags = fields.List(fields.String(validate=[Length(1, TAG_LENGTH), whole_text]))
    price = fields.String(
        validate=[Length(0, _PRICE_LENGTH), whole_text], metadata={"description": "Like 9.90 or 9.90 USD; empty: none."}
    )


class NewDocumentArguments(_TextArguments):
    """A text that becomes a draft; fields that are left out are as its front matter says."""

    format = fields.Enum(SourceFormat, by_value=True, load_default=SourceFormat.MARKDOWN)


class UpdateArguments(_TextArguments):
    """A text on the version that it was made of; fields that are left out stay."""

    version = fields.Integer(required=True, validate=Range(0, 2**31 - 1))


class PublishArguments(Schema):
    """Which version shall be published."""

    class Meta:  # noqa: D106 - marshmallow's own
        unknown = RAISE

    version = fields.Integer(required=True, validate=Range(0, 2**31 - 1))
    confirmed = fields.String(
        validate=OneOf(["opens-document"]),
        metadata={"description": "Needed where much of what was for payers becomes public."},
    )
