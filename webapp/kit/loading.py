"""Python's garbage collector while modules are loaded."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Load with the garbage collector off, and have it never look through what is there then: all of it stays.

    Looking through it again and again takes as long as loading itself, and touches pages of memory that a process and
    those it forks would share.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
