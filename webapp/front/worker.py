"""What each worker of the server loads; settings come through the environment."""

from webapp import create_app
from webapp.front.door import FrontDoor
from webapp.kit.parent_process import end_with_parent

end_with_parent()
application = FrontDoor(create_app())
