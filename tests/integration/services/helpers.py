"""What the tests of use cases share."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

from tala.services import intake
from tala.services.actors import Caller
from tala.services.context import Context


async def pieces(data: bytes, size: int = 50_000) -> AsyncIterator[bytes]:
    """Bytes as a stream."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def says(consent: str = "self", **more: str) -> Callable[[], intake.Upload]:
    """What comes with an upload."""
    return lambda: intake.Upload(consent=consent, filename="c.wav", media_type="audio/wav", **more)  # type: ignore[arg-type]


async def citizen(ctx: Context, address: str = "192.0.2.7") -> Caller:
    """A citizen with a fresh ticket."""
    ticket = await intake.open_ticket(ctx, address=address)
    return await intake.check_ticket(ctx, ticket.ticket, address=address)


def left_in(folder: Path) -> list[str]:
    """Every file under a folder, by relative path."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
