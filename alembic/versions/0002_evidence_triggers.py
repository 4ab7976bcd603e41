"""Evidence is only appended to, and no case moves on without its event: held by the database itself."""

from collections.abc import Sequence

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

APPEND_ONLY = ("case_events", "ledger_anchors", "ledger_anchor_heads", "access_log")

SQLITE = [
    *(
        f"""CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} is only ever appended to'); END"""
        for table in APPEND_ONLY
        for what in ("UPDATE", "DELETE")
    ),
    """CREATE TRIGGER cases_insert_needs_event BEFORE INSERT ON cases
    WHEN NOT EXISTS (SELECT 1 FROM case_events WHERE ledger_id = NEW.id AND seq = NEW.version)
    BEGIN SELECT RAISE(ABORT, 'a case needs an event of its version'); END""",
    """CREATE TRIGGER cases_update_needs_event BEFORE UPDATE ON cases
    WHEN NEW.id <> OLD.id OR NEW.ctn <> OLD.ctn OR NEW.version <= OLD.version
      OR NOT EXISTS (SELECT 1 FROM case_events WHERE ledger_id = NEW.id AND seq = NEW.version)
    BEGIN SELECT RAISE(ABORT, 'a case needs an event of its version'); END""",
    """CREATE TRIGGER cases_no_delete BEFORE DELETE ON cases
    BEGIN SELECT RAISE(ABORT, 'a case is never deleted'); END""",
]

POSTGRESQL = [
    """CREATE FUNCTION tala_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is only ever appended to', TG_TABLE_NAME; END $$""",
    *(
        f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION tala_refuse_change()"""
        for table in APPEND_ONLY
    ),
    """CREATE FUNCTION tala_case_needs_event() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND (NEW.id <> OLD.id OR NEW.ctn <> OLD.ctn OR NEW.version <= OLD.version) THEN
        RAISE EXCEPTION 'a case needs an event of its version';
      END IF;
      IF NOT EXISTS (SELECT 1 FROM case_events WHERE ledger_id = NEW.id AND seq = NEW.version) THEN
        RAISE EXCEPTION 'a case needs an event of its version';
      END IF;
      RETURN NEW;
    END $$""",
    """CREATE TRIGGER cases_need_event BEFORE INSERT OR UPDATE ON cases
    FOR EACH ROW EXECUTE FUNCTION tala_case_needs_event()""",
    """CREATE TRIGGER cases_no_delete BEFORE DELETE OR TRUNCATE ON cases
    FOR EACH STATEMENT EXECUTE FUNCTION tala_refuse_change()""",
]

SQLITE_DOWN = [
    *(f"DROP TRIGGER {table}_no_{what}" for table in APPEND_ONLY for what in ("update", "delete")),
    "DROP TRIGGER cases_insert_needs_event",
    "DROP TRIGGER cases_update_needs_event",
    "DROP TRIGGER cases_no_delete",
]

POSTGRESQL_DOWN = [
    *(f"DROP TRIGGER {table}_append_only ON {table}" for table in APPEND_ONLY),
    "DROP TRIGGER cases_need_event ON cases",
    "DROP TRIGGER cases_no_delete ON cases",
    "DROP FUNCTION tala_case_needs_event()",
    "DROP FUNCTION tala_refuse_change()",
]


def upgrade() -> None:
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    for statement in SQLITE_DOWN if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_DOWN:
        op.execute(statement)
