"""The product's own worker, whose machine's clock is off by the seconds in the file that CLOCK_OFF names."""

import os
from datetime import timedelta
from pathlib import Path

from webapp import create_app
from webapp.front.door import FrontDoor
from webapp.kit import clock
from webapp.kit.parent_process import end_with_parent

end_with_parent()
right = clock.machine_now


def machine_now():
    return right() + timedelta(seconds=float(Path(os.environ["CLOCK_OFF"]).read_text()))


clock.machine_now = machine_now
application = FrontDoor(create_app())
