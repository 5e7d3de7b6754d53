"""All pages of the desk, for the factory."""

from webapp.desk.conflict_views import conflict_pages
from webapp.desk.document_views import document_pages
from webapp.desk.draft_views import draft_pages
from webapp.desk.editor_views import editor_pages
from webapp.desk.image_views import image_pages
from webapp.desk.import_views import import_pages
from webapp.desk.log_views import log_pages
from webapp.desk.money_views import money_pages
from webapp.desk.overview_views import overview_pages
from webapp.desk.people_views import people_pages
from webapp.desk.plan_views import plan_pages
from webapp.desk.promotion_views import promotion_pages
from webapp.desk.publishing_views import publishing_pages
from webapp.desk.reader_account_views import reader_account_pages
from webapp.desk.reader_import_views import reader_import_pages
from webapp.desk.reader_list_views import reader_list_pages
from webapp.desk.reader_refund_views import reader_refund_pages
from webapp.desk.reader_views import reader_pages
from webapp.desk.reading_views import reading_figure_pages
from webapp.desk.revision_views import revision_pages
from webapp.desk.schedule_views import schedule_pages
from webapp.desk.settings_views import settings_pages
from webapp.desk.shared_draft_views import link_pages_of_desk, shared_draft_pages
from webapp.desk.site_page_views import site_page_desk

DESK_BLUEPRINTS = (
    overview_pages,
    *(document_pages, editor_pages, draft_pages, conflict_pages, publishing_pages),
    *(reader_list_pages, reader_pages, reader_refund_pages, reader_account_pages, reader_import_pages),
    *(revision_pages, schedule_pages, link_pages_of_desk, shared_draft_pages),
    *(plan_pages, promotion_pages, money_pages, reading_figure_pages),
    *(import_pages, image_pages),
    *(site_page_desk, settings_pages, people_pages, log_pages),
)
