"""The background worker as `serve` starts it: from its first moment it ends with the server that started it."""

import sys
import time

from webapp.kit.loading import loading
from webapp.kit.parent_process import end_with_parent

_HEAD_START = 0.5  # seconds for the server: its first page is waited for, and may have no other processor

if __name__ == "__main__":
    end_with_parent(int(sys.argv[1]))
    time.sleep(_HEAD_START)
    with loading():  # which takes a second and more, in which the server may be killed
        from webapp.operations import cli, worker  # noqa: F401 - the worker is what will be run

    sys.argv[1:] = ["jobs", "run"]
    cli.main()
