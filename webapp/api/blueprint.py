"""A part of the API: who may call an operation, and how it is described, are said in one place."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import flask_smorest

from webapp.accounts.api_tokens import Scope
from webapp.accounts.bearer_auth import current_token_holder
from webapp.accounts.permissions import public, requires_scope
from webapp.api import schemas
from webapp.api.argument_parser import ArgumentParser
from webapp.kit.allowances import Allowance
from webapp.kit.limits import limited
from webapp.kit.problem_details import CONTENT_TYPE

View = TypeVar("View", bound=Callable[..., Any])
URL_PREFIX = "/api/v1"
CALLS = Allowance(300, 0.2)
_FAILURES: dict[int, tuple[type[schemas.ProblemSchema], str]] = {
    400: (schemas.ProblemSchema, "The body cannot be read."),
    401: (schemas.ProblemSchema, "There is no token, or one that opens nothing."),
    402: (schemas.PaymentRequiredSchema, "The full text is for payers."),
    403: (schemas.MissingScopeSchema, "The token lacks the scope."),
    404: (schemas.ProblemSchema, "There is no such thing."),
    409: (schemas.ProblemSchema, "It cannot be done as things stand."),
    410: (schemas.ProblemSchema, "The publisher has withdrawn the document."),
    415: (schemas.ProblemSchema, "The body is not JSON."),
    422: (schemas.InvalidArgumentsSchema, "The request is not as described here."),
    429: (schemas.ProblemSchema, "Too many requests in a short time."),
    503: (schemas.ProblemSchema, "Something that is needed does not answer."),
}


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest ships no types
    """Operations that read their arguments in our way and look at every token that is shown."""

    ARGUMENTS_PARSER = ArgumentParser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, __name__, url_prefix=URL_PREFIX, description=description)
        self.before_request(_look_at_token)

    def operation(
        self, name: str, *failures: int, scope: Scope | None = None, visitors: bool = True
    ) -> Callable[[View], View]:
        """Declare who may call a view and how often, and describes it: its operationId, and the ways in which it fails.

        A token may be shown to every operation, and fails where it opens nothing or lacks the scope.
        """
        tokens = [{"token": [str(scope)] if scope else []}]
        admit = requires_scope(scope, visitors=visitors) if scope else public

        def declare(view: View) -> View:
            described = self.doc(operationId=name, security=[{}, *tokens] if visitors else tokens)(
                admit(limited(CALLS)(view))
            )
            for status in {*failures, 401, 403} if scope else {*failures, 401}:
                schema, told = _FAILURES[status]
                described = self.alt_response(status, schema=schema, content_type=CONTENT_TYPE, description=told)(
                    described
                )
            return cast("View", described)

        return declare


def _look_at_token() -> None:
    current_token_holder()
