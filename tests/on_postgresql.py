"""Run a command, the tests as a rule, on a PostgreSQL of its own: python -m tests.on_postgresql pytest …"""

import os
import subprocess
import sys

from tests.factories.postgres_database import ALL_TESTS, SERVER
from tests.factories.postgres_server import postgres_server


def main() -> int:
    with postgres_server() as served:
        os.environ |= {SERVER: served.url(), ALL_TESTS: "1"}
        return subprocess.run(sys.argv[1:], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
