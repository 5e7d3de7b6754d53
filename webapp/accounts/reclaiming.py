"""How an account comes to belong to one person alone."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from webapp.accounts.api_tokens import revoke_all_tokens
from webapp.accounts.models import Device, Reader


def end_access(session: Session, reader: Reader) -> None:
    """Sign an account out everywhere and end its access tokens and private feeds."""
    session.execute(delete(Device).where(Device.reader_id == reader.id))
    revoke_all_tokens(session, reader.id)
