"""A bar that shows, on a terminal, how far a command is."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(doing: str, count: Callable[[], int | None]) -> Iterator[Callable[[int], None]]:
    """Yield what is told how much is done by now, of as much as `count` returns, which is asked on a terminal alone."""
    from rich.console import Console  # noqa: PLC0415 - who serves loads the commands, and needs no bar
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - as above

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _done: None
        return
    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, redirect_stdout=sys.stdout.isatty()) as progress:
        task = progress.add_task("", total=count())
        yield lambda done: progress.update(task, completed=done)
