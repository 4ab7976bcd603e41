"""Indexes of cases that hold all that the board counts by, and of events by time, for who audits them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_INDEXES = {
    "ix_cases_filed_at_id": (
        ["filed_at", "id"],
        ["authority", "agency_code", "office", "channel", "main_category", "psgc", "state", "outcome",
         "reopen_count"],
    ),
    "ix_cases_state_filed_at_id": (
        ["state", "filed_at", "id"],
        ["authority", "agency_code", "office", "clock_state", "psgc"],
    ),
}  # fmt: skip


def upgrade() -> None:
    for name, (order, more) in _INDEXES.items():
        op.drop_index(name, table_name="cases")
        op.create_index(name, "cases", [*order, *more])
    op.create_index("ix_case_events_at_id", "case_events", ["at", "id"])
    op.create_index(
        "ix_case_events_actor_id_at",
        "case_events",
        ["actor_id", "at"],
        postgresql_where=sa.text("actor_id IS NOT NULL"),
        sqlite_where=sa.text("actor_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_case_events_actor_id_at", table_name="case_events")
    op.drop_index("ix_case_events_at_id", table_name="case_events")
    for name, (order, _) in _INDEXES.items():
        op.drop_index(name, table_name="cases")
        op.create_index(name, "cases", order)
