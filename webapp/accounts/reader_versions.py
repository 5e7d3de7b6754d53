"""How old what is known of a reader may be: a number that changes with all that says who they are and what they hold.

The database changes it by itself, in triggers (migration 0025), in the transaction of the change: no rule, no command
and nobody at the database's own prompt can forget to. It is drawn anew each time, so that no number comes back, neither
when a backup is restored nor when the number of an erased reader is given to another.
"""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from webapp.kit.table_base import Base

# Whose changes it tells of. What readers keep of a text (library) is asked for at each request instead.
WATCHED = {"readers", "devices", "access_tokens", "grants"}


class ReaderVersion(Base):
    """The version of one reader; the row outlives them."""

    __tablename__ = "reader_versions"

    reader_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)
