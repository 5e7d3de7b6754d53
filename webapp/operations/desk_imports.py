"""Imports that were begun at the desk, carried out by the worker with all that an import of the command line has."""

from zoneinfo import ZoneInfo

from webapp.billing.import_prices import priced_order
from webapp.documents.image_store import image_store
from webapp.documents.import_jobs import ImportBench, ImportChoices
from webapp.documents.importing import ImportOrder
from webapp.documents.preparation import Options
from webapp.kit.database import Database
from webapp.kit.file_store import file_store
from webapp.settings import Settings


def import_bench(settings: Settings, database: Database) -> ImportBench:
    """Return what imports of an installation are carried out with."""

    def order_for(choices: ImportChoices) -> ImportOrder:
        options = Options(
            repair=choices.repair,
            may_open=choices.may_open,
            tags=choices.tags,
            zone=ZoneInfo(settings.timezone),
            keep_image=image_store(settings).keep,
        )
        return priced_order(ImportOrder(options, publish=choices.publish), choices.price)

    return ImportBench(database, file_store(settings), order_for, settings.max_source_bytes)
