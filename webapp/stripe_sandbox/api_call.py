"""One call of the API on its way to the function that answers it."""

from collections.abc import Callable
from dataclasses import dataclass

from webapp.stripe_sandbox.storage import Json
from webapp.stripe_sandbox.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ApiCall:
    """What an endpoint is asked: the transaction, the parameters as read, the id and path, and where our pages are."""

    uow: UnitOfWork
    params: Json
    path: str
    object_id: str
    base_url: str


Handler = Callable[[ApiCall], Json]
