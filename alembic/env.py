"""Runs migrations on the connection Tala hands over, or on the one its settings name."""

from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import make_url

from tala.settings import Settings
from tala.store.columns import Json, Moment
from tala.store.schema import belongs_to_models
from tala.store.tables import Row

SYNC_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql"}


def render_item(kind: str, item: Any, autogen: Any) -> str | bool:
    """Write our column types as plain ones, so that an old migration never needs today's code."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Json):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    if kind == "type" and type(item).__name__ == "AutoString":
        return "sa.String()"
    return False


def migrate(connection: Connection) -> None:
    """Run what the command asks for in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Row.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
        compare_server_default=True,
        include_name=belongs_to_models,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over: Connection | None = context.config.attributes.get("connection")
if handed_over is not None:
    migrate(handed_over)
else:
    url = make_url(Settings().resolved_database_url)
    engine = create_engine(url.set(drivername=SYNC_DRIVERS[url.get_backend_name()]))
    with engine.begin() as own:
        migrate(own)
