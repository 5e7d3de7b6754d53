"""The product's own worker, but that two pages wait at a gate, until the file in GATE is there: one that is read, one
that is long work."""

import os
import time
from functools import wraps
from pathlib import Path

from webapp import create_app
from webapp.front.door import FrontDoor
from webapp.kit.limits import set_limits
from webapp.kit.parent_process import end_with_parent

READ, LONG = "reading.tags", "exports.txt"

end_with_parent()
set_limits(on=False)
app = create_app()
application = FrontDoor(app)


def gated(view):
    @wraps(view)
    def wait_then_answer(*given, **named):
        while not Path(os.environ["GATE"]).exists():
            time.sleep(0.01)
        return view(*given, **named)

    return wait_then_answer


for endpoint in (READ, LONG):
    app.view_functions[endpoint] = gated(app.view_functions[endpoint])
