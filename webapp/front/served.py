"""What each worker of the server loads; settings come through the environment."""

from webapp.kit.heaps import share_heaps
from webapp.kit.loading import loading
from webapp.kit.parent_process import end_with_parent

end_with_parent()
share_heaps()

with loading():  # which takes a while, in which the server may be killed
    from webapp import create_app
    from webapp.front.door import FrontDoor
    from webapp.observability.start import count_for_others, start_watching
    from webapp.settings import load_settings

    settings = load_settings()
    start_watching(settings, "server")
    count_for_others(settings, "server")
    application = FrontDoor(create_app(settings))
