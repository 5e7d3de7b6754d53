"""Who hears that what is shown of documents has changed: rooms above this one, which the factory names."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

Listener = Callable[[Session, Collection[int]], None]
_GATHERED = "changed_documents"  # the key of a session's notes under which they are while they are gathered


class _Listening:
    listeners: tuple[Listener, ...] | None = None


def set_listeners(*listeners: Listener) -> None:
    """Have these told of all documents that are published, tagged or withdrawn, by their ids, in that transaction."""
    _Listening.listeners = listeners


def notify_listeners(session: Session, document_id: int) -> None:
    """Tell all listeners; raise RuntimeError where the rooms were never joined: an index would be left behind."""
    if _Listening.listeners is None:
        raise RuntimeError("call webapp.factory.join_rooms() before anything is published")
    gathered = session.info.get(_GATHERED)
    if gathered is not None:
        gathered[document_id] = None
        return
    for listener in _Listening.listeners:
        listener(session, [document_id])


@contextmanager
def gathered_notices(session: Session) -> Iterator[None]:
    """Have listeners told once, at the end, of all that changes here, within savepoints or out of them.

    SQLite's full-text index is written out at each savepoint, which costs more than all the rest of an import.
    """
    gathered: dict[int, None] = {}
    session.info[_GATHERED] = gathered
    try:
        yield
    finally:
        del session.info[_GATHERED]
    for listener in (_Listening.listeners or ()) if gathered else ():
        listener(session, [*gathered])
