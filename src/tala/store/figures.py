"""Tables of counts made ahead for statistics. The same rules as in tables.py hold."""

import datetime as dt

from sqlmodel import Field

from tala.store.columns import Moment
from tala.store.tables import Row


class CaseRollup(Row, table=True):
    """How many cases filed on a day have a value in one dimension (agency, category, region, state, ...).

    Made again for the days whose cases changed, by the sweeper: filings never wait for each other's counters.
    """

    __tablename__ = "case_rollups"

    dimension: str = Field(primary_key=True)
    day: dt.date = Field(primary_key=True)
    value: str = Field(primary_key=True)
    count: int


class RollupState(Row, table=True):
    """Up to which moment the rollups of a kind hold."""

    __tablename__ = "rollup_states"

    kind: str = Field(primary_key=True)
    as_of: dt.datetime = Field(sa_type=Moment)
