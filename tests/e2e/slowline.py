"""A line that is slow on purpose: a TCP relay whose way up carries so many bits a second, and which takes its
time in both directions. The browser's own throttling does not reach sockets.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass

_CHUNK = 1400
_BUFFER_SECONDS = 1.0
"""What the line holds before it takes nothing more, as routers and phones do."""


@dataclass(frozen=True)
class _Way:
    bytes_per_second: float
    delay_seconds: float


@contextlib.contextmanager
def slow_line(target_port: int, port: int, *, up_kbit: float, round_trip_seconds: float) -> Iterator[str]:
    """Relay from `port` to `target_port`, both on this machine; answers the address to use."""
    delay = round_trip_seconds / 2
    up, down = _Way(up_kbit * 125, delay), _Way(125_000, delay)
    loop = asyncio.new_event_loop()
    started = threading.Event()

    async def serve() -> None:
        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there = await asyncio.open_connection("127.0.0.1", target_port)
            with contextlib.suppress(ConnectionError):
                await asyncio.gather(_carry(reader, there[1], up), _carry(there[0], writer, down))

        server = await asyncio.start_server(relay, "127.0.0.1", port, limit=_CHUNK * 2)
        started.set()
        async with server:
            await server.serve_forever()

    def run() -> None:
        asyncio.set_event_loop(loop)
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(main)

    main = loop.create_task(serve())
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(5)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(main.cancel)
        thread.join(5)
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: _Way) -> None:
    loop = asyncio.get_running_loop()
    underway: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    free_at = 0.0

    async def deliver() -> None:
        while True:
            due, data = await underway.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    delivering = asyncio.create_task(deliver())
    try:
        while data := await reader.read(_CHUNK):
            free_at = max(free_at, loop.time()) + len(data) / way.bytes_per_second
            underway.put_nowait((free_at + way.delay_seconds, data))
            await asyncio.sleep(max(0.0, free_at - loop.time() - _BUFFER_SECONDS))
        underway.put_nowait((max(free_at, loop.time()) + way.delay_seconds, b""))
        await delivering
    finally:
        delivering.cancel()
