"""Who hears that an account has another address: rooms above this one, which the factory names."""

from collections.abc import Callable

from sqlalchemy.orm import Session

AddressListener = Callable[[Session, int], None]


class _Listening:
    listeners: tuple[AddressListener, ...] = ()


def set_address_listeners(*listeners: AddressListener) -> None:
    """Have these told of all accounts whose address changes, by their ids, in that transaction."""
    _Listening.listeners = listeners


def notify_of_address(session: Session, reader_id: int) -> None:
    """Tell all listeners."""
    for listener in _Listening.listeners:
        listener(session, reader_id)
