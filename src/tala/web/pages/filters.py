"""The filters of lists on pages: read from the address, shown in the form, told as a line for programs."""

from typing import Any
from urllib.parse import parse_qs, urlencode

from tala.cases import lifecycle
from tala.errors import TalaError
from tala.services.actors import Caller
from tala.store.queries import CaseFilter
from tala.web.api.parameters import CLOCK_STATES, URGENCIES, for_reader, provide_filter
from tala.web.pages import words
from tala.web.pages.shell import AnyRequest

PLAIN = (
    "agency", "office", "category", "psgc", "language", "channel", "urgency", "assignee", "outcome",
    "authority", "team", "main_category",
)  # fmt: skip
FLAGS = ("anonymous", "reopened")
DAYS = ("filed_from", "filed_to", "incident_from", "incident_to", "due_to", "updated_from")
MANY = ("state", "clock")
EXTRA = ("queue", "text", "sort")
LANGUAGES = ("en", "fil", "taglish")
CHANNELS = ("web", "agent", "live", "cli")
_LONGEST = 200


def asked_of(request: AnyRequest) -> dict[str, Any]:
    """What the address asks for; every known name is there, empty where it is not given."""
    return asked_in(request.url.query)


def asked_in(query: str) -> dict[str, Any]:
    """What the query of an address asks for."""
    try:
        given = parse_qs(query, max_num_fields=200)
    except ValueError:
        raise TalaError("invalid_input", "That is too much to filter by. Clear the filter.") from None
    asked: dict[str, Any] = {
        name: given.get(name, [""])[0].strip()[:_LONGEST] for name in (*PLAIN, *FLAGS, *DAYS, *EXTRA)
    }
    for name in MANY:
        asked[name] = given.get(name, [])[:20]
    return asked


def filter_of(asked: dict[str, Any], actor: Caller) -> CaseFilter:
    """The filter of what was asked. Raises TalaError(invalid_input)."""
    plain: dict[str, Any] = {name: asked[name] or None for name in PLAIN}
    plain |= {name: asked[name] == "true" for name in FLAGS if asked[name] in ("true", "false")}
    days: dict[str, Any] = {name: words.day(asked[name]) for name in DAYS}
    wanted = provide_filter(
        states=asked["state"] or None, clock_states=asked["clock"] or None, **plain, **days
    )
    return for_reader(wanted, actor, asked["queue"] or None)


def given_of(asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked without what is empty."""
    return {name: value for name, value in asked.items() if value}


def query_of(asked: dict[str, Any], **more: Any) -> str:
    """The query of an address that asks the same."""
    return urlencode({**given_of(asked), **{k: v for k, v in more.items() if v}}, doseq=True)


def lines_for_programs(base_url: str, path: str, query: str, *, whole: bool = False) -> dict[str, str]:
    """The same view for a terminal and for Python; `whole`: it is one answer, not a list of cases."""
    url = f"{base_url}{path}" + (f"?{query}" if query else "")
    shown = (
        "print(answer.json())"
        if whole
        else "for case in answer.json()['items']:\n    print(case['ctn'], case['state'])"
    )
    return {
        "curl": f"curl -H 'Authorization: Bearer tk_…' '{url}'",
        "python": (
            "import httpx\n"
            f'answer = httpx.get("{url}",\n'
            '    headers={"Authorization": "Bearer tk_…"})\n'
            f"{shown}"
        ),
    }


def choices(t: Any, named: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Values to choose from in the form."""
    states = [(code, name) for code, name in named.items() if code != "draft"]
    return {
        "state": states,
        "clock": [(code, t(f"clock.{code}")) for code in CLOCK_STATES if code != "none"],
        "urgency": [(code, t(f"urgency.{code}")) for code in reversed(URGENCIES)],
        "language": [(code, t(f"filter.language_{code}")) for code in LANGUAGES],
        "channel": [(code, t(f"filter.channel_{code}")) for code in CHANNELS],
    }


def open_states() -> tuple[str, ...]:
    """States in which work on a case goes on."""
    return tuple(lifecycle.load().groups["open"])
