"""Several hosts, and what can happen to them: `python -m tests.cluster [NAME …]`, as root.

Prints of each scenario what was asked from outside meanwhile, how much of it failed, the longest gap, and how many
acknowledged writes were lost, of which there must be none. It begins with the former version, which gives way first.
"""

import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cluster import network
from tests.cluster.installation import Installation
from tests.cluster.scenarios import SCENARIOS, Stage
from tests.cluster.shared_servers import missing_programs
from tests.operations.rolling_upgrade import ROOT, unpack_former


def main() -> int:
    reason = missing_programs() or network.missing()
    if reason:
        print(f"skipped: {reason}")
        return 0
    network.go_inside("tests.cluster")
    warnings.simplefilter("ignore")  # requests: the site's certificate is ours
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        former = folder / "former"
        not_there = unpack_former(former)
        stage = Stage(Installation(folder, ROOT if not_there else former), folder, not_there or "")
        stage.load.start()
        for wanted in dict.fromkeys(["rolling upgrade", *(sys.argv[1:] or SCENARIOS)]):
            stage.play(wanted, SCENARIOS[wanted])
        stage.load.stop()
        print(f"acknowledged writes lost: {stage.lost}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
