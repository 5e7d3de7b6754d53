"""Run a command, the tests as a rule, on a PostgreSQL and a Redis of its own: python -m tests.on_postgresql pytest …"""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.factories import postgres_database, redis_server
from tests.factories.postgres_server import postgres_server


def main() -> int:
    with ExitStack() as served:
        database = served.enter_context(postgres_server())
        os.environ |= {postgres_database.SERVER: database.url(), postgres_database.ALL_TESTS: "1"}
        if redis_server.redis_program():
            folder = Path(served.enter_context(TemporaryDirectory()))
            os.environ[redis_server.SERVER], _process = served.enter_context(redis_server.redis_server(folder))
        return subprocess.run(sys.argv[1:], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
