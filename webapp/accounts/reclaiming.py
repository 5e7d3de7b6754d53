"""How an account comes to belong to one person alone."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from webapp.accounts.api_tokens import revoke_all_tokens
from webapp.accounts.mailed_tokens import ENDED_BY_PASSWORD, void_mailed_tokens
from webapp.accounts.models import Device, Reader
from webapp.accounts.passkeys import drop_factors
from webapp.accounts.passwords import check_new_password, hash_password


def end_access(session: Session, reader: Reader) -> None:
    """Sign an account out everywhere and end its access tokens and private feeds."""
    session.execute(delete(Device).where(Device.reader_id == reader.id))
    revoke_all_tokens(session, reader.id)


def reclaim_account(session: Session, reader: Reader, password: str) -> None:
    """Give an account that nobody has confirmed to whoever holds its address: what others set is gone, payments stay.

    The password may be the one it has, which then was theirs. Raise InvalidInputError where it will not do.
    """
    check_new_password(password, reader.email)
    reader.password_hash = hash_password(password)
    reader.must_change_password = False
    void_mailed_tokens(session, reader, *ENDED_BY_PASSWORD)
    drop_factors(session, reader.id)
    end_access(session, reader)
