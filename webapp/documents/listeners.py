"""Who hears that what is shown of a document has changed: rooms above this one, which the factory names."""

from collections.abc import Callable

from sqlalchemy.orm import Session

Listener = Callable[[Session, int], None]


class _Listening:
    listeners: tuple[Listener, ...] | None = None


def set_listeners(*listeners: Listener) -> None:
    """Have these told of every document that is published, tagged or withdrawn, by its id and in that transaction."""
    _Listening.listeners = listeners


def notify_listeners(session: Session, document_id: int) -> None:
    """Tell all listeners; raise RuntimeError where the rooms were never joined: an index would be left behind."""
    if _Listening.listeners is None:
        raise RuntimeError("call webapp.factory.join_rooms() before anything is published")
    for listener in _Listening.listeners:
        listener(session, document_id)
