"""What the server loads in each of its workers; settings come through the environment."""

from webapp import create_app
from webapp.operations.parent_watchdog import end_with_parent

end_with_parent()
application = create_app()
