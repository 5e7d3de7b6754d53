"""A module whose functions a process beside the tests runs."""

import os
from pathlib import Path

from webapp.kit.helper_process import answer_questions


def number() -> int:
    return os.getpid()


def double(text: str) -> str:
    return text * 2


def size_of(path: str) -> int:
    return Path(path).stat().st_size


def what_cannot_be_sent() -> object:
    return lambda: None


if __name__ == "__main__":
    answer_questions(number, double, size_of, what_cannot_be_sent)
