"""How arguments of a request are read: what does not fit is told in our own words, field by field."""

from typing import Any, NoReturn

from flask import Request
from marshmallow import Schema, ValidationError
from typing_extensions import override
from webargs.flaskparser import FlaskParser

from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _

LARGEST_JSON = 64_000  # bytes; what the description asks for takes a few hundred


class _ArgumentsError(InvalidInputError):
    """What was asked for is not in the form that the description says; `errors` names the fields."""

    status = 422

    def __init__(self, errors: object) -> None:
        super().__init__(_("The request is not as the description says."), _("“errors” names what to change."))
        self.members = {"errors": errors}


class _NoJsonError(InvalidInputError):
    """The body is not JSON."""

    def __init__(self, status: int) -> None:
        super().__init__(_("The body must be JSON."), _("Send it with “Content-Type: application/json”."))
        self.status = status


class ArgumentParser(FlaskParser):
    """Reads arguments by a schema."""

    @override
    def load_json(self, req: Request, schema: Schema) -> Any:
        if not req.is_json:
            raise _NoJsonError(415)
        req.max_content_length = LARGEST_JSON
        try:
            return super().load_json(req, schema)
        except (ValueError, RecursionError) as error:  # a number of 100,000 digits; 100,000 brackets
            raise _NoJsonError(400) from error

    @override
    def _handle_invalid_json_error(self, error: Exception, req: Request, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise _NoJsonError(400) from error

    @override
    def handle_error(self, error: ValidationError, req: Request, schema: Schema, **_kwargs: Any) -> NoReturn:
        raise _ArgumentsError(error.messages) from error
