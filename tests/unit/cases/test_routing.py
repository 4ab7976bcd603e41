"""Which authority and desk gets a case."""

import pytest

from tala.cases import routing


@pytest.mark.parametrize(
    ("agency", "psgc", "authority", "desk"),
    [
        ("LTO", "1381300000", "ARTA", "region-13"),
        ("LGU", "0730600000", "ARTA", "region-07"),
        ("LTO", None, "ARTA", "central"),
        (None, None, "ARTA", "central"),
        (None, "0730600000", "ARTA", "region-07"),
        ("ARTA", "1381300000", "CSC", "central"),
        ("ARTA", None, "CSC", "central"),
    ],
)
def test_routes(agency: str | None, psgc: str | None, authority: str, desk: str) -> None:
    found = routing.route(agency, psgc)
    assert (found.authority, found.desk) == (authority, desk)
    assert found.reason


def test_rules_must_name_known_authorities_and_end_in_one_for_everything() -> None:
    data = {"version": 1, "authority": [{"code": "A", "name": "A"}]}
    rule = {"authority": "A", "desk": "d", "reason": "r"}
    with pytest.raises(ValueError, match="unknown authorities: B"):
        routing.Routing.model_validate(data | {"rule": [rule | {"authority": "B"}]})
    with pytest.raises(ValueError, match="must match everything"):
        routing.Routing.model_validate(data | {"rule": [rule | {"needs_place": True}]})
