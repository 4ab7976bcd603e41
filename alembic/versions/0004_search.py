"""Full-text search over the masked text of cases, kept by the database: FTS5 on SQLite, tsvector on
PostgreSQL.

Both index words as they are written, without stemming: the texts mix English and Filipino. Rows are
in the order of tracking numbers, so that the newest matches are found first without sorting.
"""

# ruff: noqa: S608 (statements are made of the fixed names of this file)

from collections.abc import Sequence

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# year and sequence of a case as one number
NEW_POSITION = "(SELECT CAST(year AS bigint) * 10000000 + sequence FROM cases WHERE id = NEW.case_id)"
OLD_POSITION = "(SELECT CAST(year AS bigint) * 10000000 + sequence FROM cases WHERE id = OLD.case_id)"

# an index without content forgets a row when told again what it held
FORGET = f"""INSERT INTO case_search(case_search, rowid, text, words)
    VALUES ('delete', {OLD_POSITION}, OLD.text, OLD.words)"""

SQLITE = [
    """CREATE VIRTUAL TABLE case_search USING fts5(
    text, words, content='', tokenize="unicode61 remove_diacritics 2")""",
    f"""CREATE TRIGGER case_texts_search_insert AFTER INSERT ON case_texts BEGIN
    INSERT INTO case_search(rowid, text, words)
    VALUES ({NEW_POSITION}, NEW.text, NEW.words); END""",
    f"""CREATE TRIGGER case_texts_search_update AFTER UPDATE ON case_texts BEGIN
    {FORGET};
    INSERT INTO case_search(rowid, text, words)
    VALUES ({NEW_POSITION}, NEW.text, NEW.words); END""",
    f"""CREATE TRIGGER case_texts_search_delete AFTER DELETE ON case_texts BEGIN
    {FORGET}; END""",
    """INSERT INTO case_search(rowid, text, words)
    SELECT CAST(year AS bigint) * 10000000 + sequence, text, words
    FROM case_texts JOIN cases ON cases.id = case_id""",
]

POSTGRESQL = [
    """CREATE TABLE case_search (
    case_id varchar PRIMARY KEY REFERENCES case_texts (case_id) ON DELETE CASCADE,
    position bigint NOT NULL, words tsvector NOT NULL)""",
    "CREATE INDEX case_search_words ON case_search USING gin (words)",
    "CREATE INDEX case_search_position ON case_search (position DESC)",
    f"""CREATE FUNCTION tala_index_case_text() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO case_search (case_id, position, words)
      VALUES (NEW.case_id, {NEW_POSITION}, to_tsvector('simple', NEW.text || ' ' || NEW.words))
      ON CONFLICT (case_id) DO UPDATE SET words = excluded.words;
      RETURN NEW;
    END $$""",
    """CREATE TRIGGER case_texts_search AFTER INSERT OR UPDATE ON case_texts
    FOR EACH ROW EXECUTE FUNCTION tala_index_case_text()""",
    """INSERT INTO case_search (case_id, position, words)
    SELECT case_id, CAST(year AS bigint) * 10000000 + sequence, to_tsvector('simple', text || ' ' || words)
    FROM case_texts JOIN cases ON cases.id = case_id""",
]


def upgrade() -> None:
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for what in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER case_texts_search_{what}")
        op.execute("DROP TABLE case_search")
    else:
        op.execute("DROP TRIGGER case_texts_search ON case_texts")
        op.execute("DROP FUNCTION tala_index_case_text()")
        op.execute("DROP TABLE case_search")
