"""From a request to its answer: find the endpoint, read the parameters, do it once, put in what was asked for."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from webapp.stripe_sandbox.endpoints import Route, find_route
from webapp.stripe_sandbox.expansion import expand
from webapp.stripe_sandbox.form_encoding import parse_form
from webapp.stripe_sandbox.storage import SandboxStore, idempotency_keys
from webapp.stripe_sandbox.stripe_errors import NOT_FOUND, DeclinedError, RefusedError
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, Origin, UnitOfWork, new_id

OK = 200
KEY_LIFE = 24 * 60 * 60
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """What came over the wire: `form` is the query of a GET or DELETE, the body of a POST."""

    method: str
    path: str
    form: str
    idempotency_key: str | None = None

    @property
    def fingerprint(self) -> str:
        """Return what tells two requests apart."""
        return hashlib.sha256("\n".join((self.method, self.path, self.form)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """What goes back; `replayed` when it was given before."""

    status: int
    body: Json
    request_id: str
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Breakdown:
    """An error of Stripe's own that ends a change: before anything of it is done, or when all of it is."""

    error: RefusedError
    done: bool


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """The API over one store; `now` in seconds since 1970."""

    store: SandboxStore
    base_url: str
    now: Callable[[], int]

    def answer(self, request: ApiRequest, *, stale: bool = False, breakdown: Breakdown | None = None) -> ApiResponse:
        """Answer a request; one that Stripe would refuse with Stripe's error body.

        A `stale` reading sees objects as they were before their last change; a change may end in a `breakdown`.
        """
        request_id = new_id("req")
        try:
            route, object_id, params = _read(request)
        except RefusedError as refusal:
            return ApiResponse(refusal.status, refusal.body(), request_id)
        job = _Job(request, route, object_id, params, self.base_url, breakdown)
        if request.method == "get":
            with self.store.reading() as connection:
                status, body = _refusable(lambda: job.run(UnitOfWork(connection, self.now(), stale=stale)))
                return ApiResponse(status, body, request_id)
        origin = Origin(request_id, request.idempotency_key)
        with self.store.writing() as connection:
            return _once(UnitOfWork(connection, self.now(), origin), job, request_id)


@dataclass(frozen=True, slots=True)
class _Job:
    """A request that was understood."""

    request: ApiRequest
    route: Route
    object_id: str
    params: Json
    base_url: str
    breakdown: Breakdown | None = None

    def change(self, uow: UnitOfWork) -> tuple[int, Json]:
        """Return status and body of what is done, or breaks down on the way."""
        if self.breakdown and not self.breakdown.done:
            return self.breakdown.error.status, self.breakdown.error.body()
        status, body = _refusable(lambda: _within_savepoint(uow, self))
        if self.breakdown and status == OK:
            return self.breakdown.error.status, self.breakdown.error.body()
        return status, body

    def run(self, uow: UnitOfWork) -> Json:
        """Return the body; raise RefusedError."""
        params = dict(self.params)
        paths = params.pop("expand", [])
        answer = self.route.handler(ApiCall(uow, params, self.request.path, self.object_id, self.base_url))
        return expand(uow, answer, paths)


def _read(request: ApiRequest) -> tuple[Route, str, Json]:
    found = find_route(request.method, request.path)
    if found is None:
        raise RefusedError(
            f"Unrecognized request URL ({request.method.upper()}: {request.path}). The sandbox has no such endpoint.",
            status=NOT_FOUND,
        )
    if request.idempotency_key and len(request.idempotency_key) > LONGEST_KEY:
        raise RefusedError(f"An idempotency key can have up to {LONGEST_KEY} characters.")
    route, object_id = found
    return route, object_id, route.fields(parse_form(request.form))


def _refusable(run: Callable[[], Json]) -> tuple[int, Json]:
    try:
        return OK, run()
    except RefusedError as refusal:
        return refusal.status, refusal.body()


def _once(uow: UnitOfWork, job: _Job, request_id: str) -> ApiResponse:
    """Carry out a request that changes something, unless its key was seen before.

    Whatever came of it is kept under its key, errors of Stripe's own too, once its parameters were understood.
    Source: docs.stripe.com/api/idempotent_requests.
    """
    connection, key = uow.connection, job.request.idempotency_key
    if key is not None:
        connection.execute(delete(idempotency_keys).where(idempotency_keys.c.created <= uow.now - KEY_LIFE))
        seen = _seen(connection, job.request, key, request_id)
        if seen is not None:
            return seen
    status, body = job.change(uow)
    if key is not None:
        row = {"key": key, "fingerprint": job.request.fingerprint, "created": uow.now}
        connection.execute(insert(idempotency_keys).values(**row, status=status, body=body))
    return ApiResponse(status, body, request_id)


def _within_savepoint(uow: UnitOfWork, job: _Job) -> Json:
    """Run a job so that a refusal leaves nothing of it but the refusal itself, and a kept decline all of it."""
    with uow.connection.begin_nested():
        try:
            return job.run(uow)
        except DeclinedError as declined:
            if not declined.keeps:
                raise
            kept = declined
    raise kept


def _seen(connection: Connection, request: ApiRequest, key: str, request_id: str) -> ApiResponse | None:
    """Return what a key's first request was answered, or the refusal of a key that was used for something else."""
    row = connection.execute(select(idempotency_keys).where(idempotency_keys.c.key == key)).first()
    if row is None:
        return None
    if row.fingerprint == request.fingerprint:
        return ApiResponse(row.status, row.body, request_id, replayed=True)
    refusal = RefusedError(
        "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
        f"using a key other than '{key}' if you meant to execute a different request.",
        kind="idempotency_error",
    )
    return ApiResponse(refusal.status, refusal.body(), request_id)
