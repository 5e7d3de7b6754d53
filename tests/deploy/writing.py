"""A process that writes into a database as the product does, and notes what was committed (`test_litestream.py`)."""

import os
import sys
import time
from itertools import count
from pathlib import Path

from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.email_queue import QueuedEmail


def main() -> None:
    database = Database(f"sqlite:///{sys.argv[1]}")
    with Path(sys.argv[2]).open("a", buffering=1) as acknowledged:
        for number in count(os.getpid() * 1_000_000):
            database.write(lambda session, key=f"{number:014}": session.add(mail(key)))
            acknowledged.write(f"{number:014} {time.monotonic()}\n")


def mail(key: str) -> QueuedEmail:
    now = clock.now()
    content = {"filler": key * 150}  # 2 kB
    return QueuedEmail(
        key=key, message="m", recipient="r@example.com", locale="en", content=content, created_at=now, next_try_at=now
    )


if __name__ == "__main__":
    main()
