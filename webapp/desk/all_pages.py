"""All pages of the desk, for the factory."""

from webapp.desk.log_views import log_pages
from webapp.desk.people_views import people_pages

DESK_BLUEPRINTS = (people_pages, log_pages)
