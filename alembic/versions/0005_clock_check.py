"""When a clock has to be looked at again."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("case_clocks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("check_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_case_clocks_check_at"), ["check_at"], unique=False)
        batch_op.drop_column("notified")


def downgrade() -> None:
    with op.batch_alter_table("case_clocks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("notified", sa.VARCHAR(), nullable=True))
        batch_op.drop_index(batch_op.f("ix_case_clocks_check_at"))
        batch_op.drop_column("check_at")
