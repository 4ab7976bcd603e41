"""Every setting in one frozen object: an argument of create_app() and of the worker, never read at import."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """Settings from `TALA_*` variables and `.env`; every default works on a laptop."""

    model_config = SettingsConfigDict(env_prefix="TALA_", env_file=".env", frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the web server listens on.")
    public_url: str = Field(
        "", description="Address citizens reach Tala under; empty: made of host and port."
    )
    trusted_proxies: str = Field(
        "", description="Reverse proxies whose X-Forwarded-* headers count: addresses or networks, by commas."
    )
    data_dir: Path = Field(Path("var"), description="Folder of database, recordings, keys and queue.")
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in the data folder.")
    queue_url: str = Field("", description="redis:// URL; empty: the embedded Valkey in the data folder.")
    recordings_url: str = Field(
        "", description="Object store URL (file:///…, s3://…); empty: a folder there."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")

    whisper_model: str = Field("", description="CTranslate2 Whisper folder or hub name; empty: whisper-base.")
    models_dir: Path = Field(PROJECT_ROOT / "models", description="Folder of weights and trained pipelines.")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where Whisper runs.")
    compute_type: str = Field(
        "auto", description="CTranslate2 compute type; auto: int8 on CPU, float16 on GPU."
    )
    threads: int = Field(0, ge=0, description="Threads of the speech engine; 0: all cores.")

    max_recording_seconds: int = Field(4 * 3600, ge=1, description="Longest recording accepted, in seconds.")
    max_upload_bytes: int = Field(1 << 30, ge=1, description="Largest upload accepted, in bytes.")
    max_text_characters: int = Field(20_000, ge=1, description="Longest typed complaint, in characters.")
    max_channels: int = Field(2, ge=1, le=8, description="Most channels a recording may have.")
    decode_timeout_seconds: int = Field(600, ge=1, description="Time limit of decoding one recording.")
    decode_memory_bytes: int = Field(1 << 30, ge=1, description="Memory limit of the decoding subprocess.")

    session_minutes: int = Field(30, ge=1, description="Idle minutes after which a staff session ends.")
    intake_ticket_minutes: int = Field(
        120, ge=1, description="Life of a citizen's intake ticket, in minutes."
    )
    uploads_per_hour: int = Field(60, ge=1, description="Uploads one address may start in an hour.")
    live_sessions: int = Field(500, ge=1, description="Live sessions one web process serves at a time.")
    live_ticket_seconds: int = Field(60, ge=1, description="Life of a ticket for a live session, in seconds.")
    live_resume_minutes: int = Field(
        30, ge=1, description="Minutes a live session waits for a lost line before it is finished."
    )
    draft_days: int = Field(30, ge=1, description="Days after which an unfiled draft is erased.")
    worker_jobs: int = Field(2, ge=1, le=64, description="Recordings one worker has in hand at a time.")
    sweep_seconds: float = Field(15.0, gt=0, description="Seconds between sweeps for rows left waiting.")

    smtp_url: str = Field(
        "",
        pattern=r"^$|^smtp(s|\+starttls)?://.+$",
        description="Mail server for notices: smtp://, smtp+starttls:// or smtps:// with user:password@host.",
    )
    mail_from: str = Field("tala@localhost", description="Sender of mailed notices.")
    sms_url: str = Field(
        "",
        pattern=r"^$|^https?://.+$",
        description="Gateway for short messages: gets POST {to, text} as JSON.",
    )
    sms_token: str = Field("", repr=False, description="Bearer token for that gateway.")
    metrics_token: str = Field(
        "", repr=False, description="Bearer token that opens /metrics; empty: this machine alone reads it."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        _networks(value)
        return value

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Trusted reverse proxies as networks; one address is a network of one."""
        return _networks(self.trusted_proxies)

    @property
    def resolved_database_url(self) -> str:
        """SQLAlchemy async URL in force."""
        url = self.database_url or f"sqlite+aiosqlite:///{(self.data_dir / 'tala.sqlite3').resolve()}"
        for plain, driver in (
            ("sqlite:///", "sqlite+aiosqlite:///"),
            ("postgresql://", "postgresql+asyncpg://"),
            ("postgres://", "postgresql+asyncpg://"),
        ):
            if url.startswith(plain):
                return driver + url.removeprefix(plain)
        return url

    @property
    def resolved_recordings_url(self) -> str:
        """Object store URL in force."""
        return self.recordings_url or (self.data_dir / "recordings").resolve().as_uri()

    @property
    def base_url(self) -> str:
        """Address printed for people."""
        return self.public_url or f"http://{self.host}:{self.port}"


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
