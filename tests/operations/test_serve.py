"""The server and the worker beside it."""

from threading import Event, current_thread, main_thread

import pytest

from webapp.operations import serve


class Worker:
    """A worker that ends when it is told to, or by itself at once."""

    def __init__(self, code: int | None = None) -> None:
        self.returncode = code
        self.started_in = current_thread()

    def poll(self) -> int | None:
        return self.returncode

    def terminate(self) -> None:
        self.returncode = 0

    def kill(self) -> None:
        pass

    def wait(self, timeout: float) -> int | None:
        return self.returncode


@pytest.fixture
def started(monkeypatch):
    """Return the workers that were started: the first ends by itself, as one that is killed does."""
    workers: list[Worker] = []
    second = Event()

    def start(_command, **_options):
        workers.append(Worker(None if workers else -9))
        if len(workers) > 1:
            second.set()
        return workers[-1]

    monkeypatch.setattr(serve.subprocess, "Popen", start)
    monkeypatch.setattr(serve, "RESTART_SECONDS", 0)
    return workers, second


def test_the_worker_is_started_before_the_server_forks_and_again_when_it_ends(started, capsys):
    workers, second = started
    with serve._background():
        assert workers[0].started_in is main_thread()
        assert second.wait(60)
    assert [worker.returncode for worker in workers] == [-9, 0]
    assert "(-9)" in capsys.readouterr().err
