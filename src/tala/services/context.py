"""What a use case works with: settings, database, keys, recordings, queue, models. Built once per process."""

import asyncio
import hashlib
import hmac
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tala.services.fresh import Fresh
from tala.services.queue import Queue
from tala.settings import Settings
from tala.store.columns import now
from tala.store.database import Database
from tala.store.keyfiles import read_secret, write_secret
from tala.store.keys import Keys
from tala.store.recordings import RecordingStore

if TYPE_CHECKING:
    from tala.extract.pipeline import Understander
    from tala.speech.engine import Engine


@dataclass(slots=True)
class Context:
    """Open it with `await Context.open(settings)`, let go with `await ctx.close()`.

    The speech engine and the language pipeline are loaded when first asked for: a web process that only takes
    uploads never holds them.
    """

    settings: Settings
    database: Database
    keys: Keys
    recordings: RecordingStore
    queue: Queue
    clock: Callable[[], datetime]
    _address_key: bytes = field(repr=False)
    fresh: Fresh = field(default_factory=Fresh, repr=False)
    settled_calendar: str = ""
    """Version of the calendar under which no clock was found behind; it need not be looked for again."""
    _loading: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _engine: "Engine | None" = field(default=None, repr=False)
    _understander: "Understander | None" = field(default=None, repr=False)

    @classmethod
    async def open(cls, settings: Settings, *, clock: Callable[[], datetime] = now) -> "Context":
        """Open the stores.

        The database must have been migrated; the master key is made where there is none.
        """
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        keys = await asyncio.to_thread(Keys.open_folder, settings)
        return cls(
            settings=settings,
            database=Database(settings),
            keys=keys,
            recordings=RecordingStore(settings),
            queue=Queue(settings),
            clock=clock,
            _address_key=_address_key(keys.folder),
        )

    async def close(self) -> None:
        """Give connections back, and the memory of the weights."""
        await self.queue.close()
        await self.database.close()
        if self._engine is not None:
            await asyncio.to_thread(self._engine.close)

    @property
    def scratch(self) -> Path:
        """Owner-only folder for files that live no longer than one step of work."""
        folder = self.settings.data_dir / "scratch"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def hash_address(self, address: str) -> str:
        """A network address as a keyed hash: good for counting, useless for finding out who it was."""
        return hmac.new(self._address_key, address.encode(), hashlib.sha256).hexdigest()

    def engine(self) -> "Engine":
        """The speech engine of this process. Blocks while loading: call it from a thread."""
        with self._loading:
            if self._engine is None:
                from tala.speech.engine import Engine

                self._engine = Engine(self.settings)
            return self._engine

    def understander(self) -> "Understander":
        """The language pipeline of this process. Blocks while loading: call it from a thread."""
        with self._loading:
            if self._understander is None:
                from tala.extract.pipeline import load

                self._understander = load(self.settings)
            return self._understander


def _address_key(folder: Path) -> bytes:
    path = folder / "addresses.key"
    if not path.exists():
        write_secret(path, os.urandom(32))
    return read_secret(path)
