import resource
import socket

import pytest

from tests.factories.ports import free_port
from webapp.front.listen import Listen, raise_file_limit, refuse_taken_port
from webapp.kit.errors import ConflictError


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_a_port_where_somebody_listens_is_refused(host, family):
    with socket.socket(family) as taken:
        taken.bind((host, 0))
        taken.listen()
        with pytest.raises(ConflictError, match=r"--port|Address already in use"):
            refuse_taken_port(Listen(host, taken.getsockname()[1], 1))


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(ConflictError):
        refuse_taken_port(Listen("192.0.2.1", free_port(), 1))


def test_a_free_port_is_taken_by_nobody_after_it_was_looked_at():
    listen = Listen("127.0.0.1", free_port(), 1)
    refuse_taken_port(listen)
    refuse_taken_port(listen)


def test_as_many_files_may_be_open_as_the_machine_allows():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        raise_file_limit()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert hard == before[1]
        assert soft == (65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
