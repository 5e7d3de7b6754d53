"""Documents on the shelf, brought there by the real import."""

import io
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from tests.factories.file_stores import files_of
from webapp.billing.plans import set_price
from webapp.documents.image_store import ImageStore
from webapp.documents.importing import ImportAction, Importer, ImportOrder, ImportOutcome
from webapp.documents.models import Document
from webapp.documents.preparation import Options
from webapp.documents.sources import find_sources
from webapp.kit.database import Database
from webapp.kit.money import Money

PAID = "只有付费读者才能看到的这一段文字说明了库存的真实去向"
REPORT = f"""关于仓储周转的年度报告
本报告汇总全年的入库与出库情况，供订阅读者参考。
一、总体情况
全年入库平稳，出库略有增长。
二、存在的问题
（一）库存口径不一。各仓统计办法不同，首要政##paidbegin##策建议如下。{PAID}。
三、下一步打算
统一口径，按月核对，{PAID[::-1]}。
##paidend##
"""


@dataclass
class Shelf:
    """Puts documents into one library."""

    database: Database
    folder: Path

    @property
    def images(self) -> ImageStore:
        """Where the installation of this database keeps its pictures."""
        url = self.database.url
        in_file = url.get_backend_name() == "sqlite"
        return ImageStore(files_of(Path(url.database or "").parent if in_file else self.folder / "instance"))

    def put(
        self,
        text: str = REPORT,
        name: str = "report.txt",
        *,
        publish: bool = True,
        price: Money | None = None,
        tags: tuple[str, ...] = (),
    ) -> Document:
        """Import one manuscript and return its document."""
        (outcome,) = self.bring(text, name, publish=publish, price=price, tags=tags)
        assert outcome.did is not ImportAction.REFUSED, outcome.problems
        with self.database.reading() as session:
            return session.scalars(select(Document).where(Document.slug == outcome.slug)).one()

    def bring(
        self, text: str, name: str, *, publish: bool = True, price: Money | None = None, tags: tuple[str, ...] = ()
    ) -> list[ImportOutcome]:
        """Import one manuscript, be less of it for payers than before, and return what became of it."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        pricing = (lambda session, document: set_price(session, document.id, price)) if price else (lambda *_: None)
        options = Options(tags=tags, may_open=True, keep_image=self.images.keep)
        by_author = {"on_priced": _price_by_author}
        order = ImportOrder(options, publish=publish, on_stored=pricing, duplicates=True, **by_author)
        return list(Importer(self.database, order).run(find_sources([str(path)], 20_000_000, io.BytesIO())))


def _price_by_author(session, document, price):
    set_price(session, document.id, price)
