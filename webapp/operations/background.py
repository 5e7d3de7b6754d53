"""The background worker as `serve` starts it: from its first moment it ends with the server that started it."""

import sys

from webapp.kit.parent_process import end_with_parent

if __name__ == "__main__":
    end_with_parent(int(sys.argv[1]))
    # The rooms take a second and more to load, in which the server may be killed.
    from webapp.operations.cli import main

    sys.argv[1:] = ["jobs", "run"]
    main()
