"""Clocks that ran under an older calendar are found at once; statistics are counted anew, with clocks and
costs.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_GOING = sa.text("stopped_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("case_clocks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_case_clocks_going",
            ["calendar_version"],
            unique=False,
            postgresql_where=_GOING,
            sqlite_where=_GOING,
        )
    op.execute("DELETE FROM rollup_states")


def downgrade() -> None:
    with op.batch_alter_table("case_clocks", schema=None) as batch_op:
        batch_op.drop_index("ix_case_clocks_going")
