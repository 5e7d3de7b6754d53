"""How Alembic reaches the database: `kit.migrate` hands it the connection."""

from typing import Literal

from alembic import context

import webapp.factory  # noqa: F401 - all tables are known once every room is
from webapp.kit.migrate import described_by_models
from webapp.kit.table_base import Base, UtcDateTime


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    # A migration stands by itself: it names no type of ours that may change after it.
    return "sa.DateTime()" if kind == "type" and isinstance(item, UtcDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    include_name=described_by_models,
    render_item=_render,
    transaction_per_migration=False,
)
context.run_migrations()
