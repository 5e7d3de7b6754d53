"""Run a command, tests as a rule, with all files in buckets of moto's server: python -m tests.on_bucket pytest …"""

import os
import subprocess
import sys

from tests.factories.bucket_server import ALL_TESTS, SERVER, bucket_server


def main() -> int:
    with bucket_server() as (endpoint, _process):
        os.environ |= {SERVER: endpoint, ALL_TESTS: "1"}
        return subprocess.run(sys.argv[1:], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
