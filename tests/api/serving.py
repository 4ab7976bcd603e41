"""The application on a port of its own, in a thread, for callers that know nothing of event loops."""

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from tests.api.support import NO_LIMIT

from tala.services.context import Context
from tala.settings import Settings
from tala.web.app import create_app


@dataclass(frozen=True)
class Server:
    """Where it answers, and its own context."""

    url: str
    context: Context
    loop: asyncio.AbstractEventLoop

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the loop of the application, which its database belongs to."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()


@contextmanager
def serving(settings: Settings) -> Iterator[Server]:
    """The application while it runs."""
    app = create_app(settings, rate_limit=NO_LIMIT)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
        loop = asyncio.new_event_loop()

        def run() -> None:
            asyncio.set_event_loop(loop)
            loop.run_until_complete(server.serve(sockets=[listening]))
            loop.close()

        thread = threading.Thread(target=run)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        try:
            yield Server(f"http://127.0.0.1:{listening.getsockname()[1]}", app.state.context, loop)
        finally:
            server.should_exit = True
            thread.join()
