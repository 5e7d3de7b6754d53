"""The heaps of the C library, of which each thread would have one."""

import ctypes
import os

_M_ARENA_MAX = -8  # mallopt(3), of glibc
_MOST_HEAPS = 2


def share_heaps() -> None:
    """Have all threads share two heaps; in one of its own each keeps what it no longer needs.

    Where the operator has chosen by MALLOC_ARENA_MAX, or the C library knows no such choice, nothing is changed.
    """
    change = getattr(ctypes.CDLL(None), "mallopt", None)
    if change is not None and "MALLOC_ARENA_MAX" not in os.environ:
        change(_M_ARENA_MAX, _MOST_HEAPS)
