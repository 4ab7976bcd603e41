"""What tests of the interface share."""

from dataclasses import dataclass
from pathlib import Path

from litestar.testing import AsyncTestClient

from tala.web.transport import RateLimit

SAMPLES = Path(__file__).resolve().parents[2] / "audio_samples"
COMPLAINT = (
    "Last Friday I went to the LTO office in Quezon City to renew my driver's license. A fixer asked me for "
    "3,000 pesos. My name is Ana Santos and my number is 0917 555 1234."
)
NO_LIMIT = RateLimit(per_second=1e9, burst=10**9)

Client = AsyncTestClient


@dataclass(frozen=True)
class Bearer:
    """A token as a header."""

    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class OpenDraft:
    """A draft and what opens it."""

    id: str
    bearer: Bearer
    etag: str
