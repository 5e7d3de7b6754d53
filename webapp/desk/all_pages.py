"""All pages of the desk, for the factory."""

from webapp.desk.log_views import log_pages

DESK_BLUEPRINTS = (log_pages,)
