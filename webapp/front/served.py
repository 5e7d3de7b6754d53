"""What each worker of the server loads; settings come through the environment."""

import gc

from webapp.kit.parent_process import end_with_parent

end_with_parent()

from webapp import create_app  # noqa: E402 - it takes a while to load, in which the server may be killed
from webapp.front.door import FrontDoor  # noqa: E402 - as above

application = FrontDoor(create_app())
# What is there now stays. To look through all of it for garbage takes a quarter of a second, when nobody is answered.
gc.collect()
gc.freeze()
