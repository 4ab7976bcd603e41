"""The table of recordings that arrive in parts. The same rules as in tables.py hold."""

import datetime as dt

from sqlalchemy import BigInteger, LargeBinary
from sqlmodel import Field

from tala.store.columns import Json, Moment, new_id, now
from tala.store.tables import Row


class UploadRow(Row, table=True):
    """A recording on its way in, in parts that are sealed and stored as they come. States: open, done,
    refused. `offset` is how many bytes of `length` are stored, `parts` the names of the objects that
    hold them.
    """

    __tablename__ = "uploads"

    id: str = Field(default_factory=new_id, primary_key=True)
    owner_kind: str
    owner_id: str = Field(index=True)
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    expires_at: dt.datetime = Field(sa_type=Moment, index=True)
    length: int = Field(sa_type=BigInteger)
    offset: int = Field(default=0, sa_type=BigInteger)
    parts: list[str] = Field(default_factory=list, sa_type=Json)
    state: str = "open"
    data_key_id: str = Field(foreign_key="data_keys.id")
    sealed_filename: bytes | None = Field(default=None, sa_type=LargeBinary)
    media_type: str
    consent: str
    language: str = "auto"
    channel: str = "agent"
    recording_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
