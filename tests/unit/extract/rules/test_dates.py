import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

THURSDAY = dt.datetime(2026, 3, 19, 10, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("last Monday ay hindi Tuesday pumunta ako sa LTO", "2026-03-17"),
        ("on monday no wait tuesday i went to the office", "2026-03-17"),
        ("hindi lunes kundi martes ako pumunta", "2026-03-17"),
        ("not on the 5th of march but on the 6th of march", "2026-03-06"),
        ("noong ika-tres ng Mayo pumunta ako", "2025-05-03"),
        ("noong ika labing apat ng pebrero pumunta ako", "2026-02-14"),
        ("nitong unang araw ng Pebrero ako nagpasa", "2026-02-01"),
        ("noong a-kinse pumunta ako sa munisipyo", "2026-03-15"),
        ("noong Biyernes hiningan ako ng lagay", "2026-03-13"),
        ("last thursday", "2026-03-12"),
        ("last week wednesday i went there", "2026-03-11"),
        ("miyerkules noong nakaraang linggo", "2026-03-11"),
        ("noong myerkoles pumunta ako", "2026-03-18"),
        ("kahapon po nagpunta ako", "2026-03-18"),
        ("kagabi pinara ako", "2026-03-18"),
        ("three days ago they refused my papers", "2026-03-16"),
        ("dalawang linggo na ang nakalipas nang magpasa ako", "2026-03-05"),
        ("march 5 i filed my application until now no release", "2026-03-05"),
        (
            "i submitted my papers on february 10 and until now nothing, i followed up last monday",
            "2026-02-10",
        ),
        ("born on January 5 1990, i applied last tuesday", "2026-03-17"),
        ("my flight is on april 2, i went there yesterday", "2026-03-18"),
        ("03/02/2026 they charged me", "2026-03-02"),
        ("january twenty second twenty twenty six i paid", "2026-01-22"),
        ("on the 15th i went to sss", "2026-03-15"),
        ("noong setyembri a onse nag apply ako", "2025-09-11"),
        ("i was told to come back on friday", None),
        ("bumalik daw ako sa lunes", None),
        ("noong isang linggo", None),
        ("the other day they refused", None),
        ("last month i went there", None),
        ("noong marso may nangyari", None),
        ("may tatlong tao sa window", None),
        ("mag-iisang buwan na wala pa rin", None),
        ("about two weeks ago i went there", None),
        ("open monday to friday", None),
        ("bukas ang opisina araw araw", None),
        ("i may go there on the third floor", None),
    ],
)
def test_day_of_the_incident(read: Callable[..., Any], text: str, day: str | None) -> None:
    incident = read(text, THURSDAY).incident_date
    assert (incident.date.isoformat() if incident else None) == day


@pytest.mark.parametrize(
    ("text", "day", "kind"),
    [
        ("my flight is on april 2", "2026-04-02", "appointment"),
        ("bumalik daw ako sa lunes", "2026-03-23", "promised"),
        ("the deadline is march 25", "2026-03-25", "deadline"),
        ("born on January 5 1990", "1990-01-05", "birth"),
        ("i filed it on march 2", "2026-03-02", "incident"),
    ],
)
def test_kinds_of_days(read: Callable[..., Any], text: str, day: str, kind: str) -> None:
    assert [(one.date.isoformat(), one.kind) for one in read(text, THURSDAY).dates] == [(day, kind)]


def test_the_day_is_the_one_in_manila(read: Callable[..., Any]) -> None:
    late_in_utc = dt.datetime(2026, 3, 18, 20, 0, tzinfo=dt.UTC)
    assert read("kanina po", late_in_utc).incident_date.date == dt.date(2026, 3, 19)
