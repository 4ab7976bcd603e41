"""Every step from every state by every role, against a table written by hand from the rules of procedure."""

import pytest

from tala.cases import clocks, lifecycle
from tala.errors import TalaError

STATES = [
    "draft",
    "submitted",
    "evaluation",
    "needs_info",
    "endorsed_to_agency",
    "referred_out",
    "notice_to_explain",
    "agency_replied",
    "verification",
    "resolved",
    "resolution_for_filing",
    "dismissed",
    "withdrawn",
    "feedback",
    "closed",
    "reopened",
]
ROLES = ["citizen", "agent", "officer", "head", "auditor", "administrator", "agency", "system"]

OPEN = (
    "submitted evaluation needs_info endorsed_to_agency notice_to_explain agency_replied verification "
    "reopened"
)

# step: (states it may be taken from, roles that may take it, state it leads to)
TABLE = {
    "submit": ("draft", "citizen agent officer head administrator system", "submitted"),
    "begin_evaluation": ("submitted reopened", "officer head", "evaluation"),
    "ask_for_information": ("evaluation verification", "officer head", "needs_info"),
    "give_information": ("needs_info", "citizen agent officer head", "evaluation"),
    "endorse": ("evaluation verification", "officer head", "endorsed_to_agency"),
    "issue_notice": (
        "evaluation endorsed_to_agency agency_replied verification",
        "head",
        "notice_to_explain",
    ),
    "record_reply": ("endorsed_to_agency notice_to_explain", "officer head agency", "agency_replied"),
    "verify": (
        "agency_replied endorsed_to_agency notice_to_explain evaluation",
        "officer head",
        "verification",
    ),
    "refer": ("evaluation verification", "officer head", "referred_out"),
    "resolve": ("agency_replied verification", "officer head", "resolved"),
    "recommend_filing": ("verification", "head", "resolution_for_filing"),
    "dismiss": ("evaluation needs_info verification", "head", "dismissed"),
    "withdraw": (
        OPEN,
        "citizen agent officer head",
        "withdrawn",
    ),
    "merge": (
        OPEN,
        "officer head",
        "closed",
    ),
    "ask_feedback": (
        "referred_out resolved resolution_for_filing dismissed",
        "officer head system",
        "feedback",
    ),
    "confirm_fixed": ("referred_out resolved feedback", "citizen agent", "closed"),
    "close": (
        "referred_out resolved resolution_for_filing dismissed feedback withdrawn",
        "officer head system",
        "closed",
    ),
    "reopen": (
        "referred_out resolved resolution_for_filing dismissed withdrawn feedback closed",
        "citizen agent officer head",
        "reopened",
    ),
}
CELLS = [(action, state, role) for action in TABLE for state in STATES for role in ROLES]


@pytest.mark.parametrize(("action", "state", "role"), CELLS)
def test_every_cell(action: str, state: str, role: str) -> None:
    states, roles, target = TABLE[action]
    expected = state in states.split() and role in roles.split()
    assert lifecycle.allowed(state, action, role) is expected
    assert (action in [step.action for step in lifecycle.actions(state, role)]) is expected
    step = lifecycle.load().find(action)
    assert step is not None
    reason = step.reasons[0] if step.reasons else None
    if expected:
        assert lifecycle.check(state, action, role, reason).target == target
    else:
        with pytest.raises(TalaError) as refused:
            lifecycle.check(state, action, role, reason)
        assert refused.value.code == ("transition_not_allowed" if role in roles.split() else "forbidden")


def test_the_table_names_every_step_and_state() -> None:
    assert {step.action for step in lifecycle.load().step} == set(TABLE)
    assert set(lifecycle.load().states) == set(STATES)


def test_every_state_can_be_reached_and_left() -> None:
    reached, edge = {"draft"}, ["draft"]
    while edge:
        state = edge.pop()
        nexts = {TABLE[action][2] for action in TABLE if state in TABLE[action][0].split()}
        assert nexts, f"nothing leads out of {state}"
        edge += nexts - reached
        reached |= nexts
    assert reached == set(STATES)


@pytest.mark.parametrize(
    ("action", "reason", "code"),
    [
        ("dismiss", None, "invalid_input"),
        ("dismiss", "tired", "invalid_input"),
        ("begin_evaluation", "x", "invalid_input"),
        ("vanish", None, "bad_request"),
    ],
)
def test_reasons(action: str, reason: str | None, code: str) -> None:
    state = "submitted" if action == "begin_evaluation" else "evaluation"
    with pytest.raises(TalaError) as refused:
        lifecycle.check(state, action, "head", reason)
    assert refused.value.code == code


def test_clocks_the_steps_name_exist() -> None:
    known = {rule.code for rule in clocks.load().clock} | {lifecycle.ALL_CLOCKS}
    for step in lifecycle.load().step:
        assert {*step.start, *step.stop, *step.pause, *step.resume} <= known


def test_reasons_that_start_clocks_are_reasons_of_a_step() -> None:
    reasons = {reason for step in lifecycle.load().step for reason in step.reasons}
    assert {rule.reason for rule in clocks.load().clock if rule.reason} <= reasons


def test_data_that_contradicts_itself_is_refused() -> None:
    data = {
        "version": 1,
        "states": {"a": {"en": "A", "fil": "A"}},
        "step": [{"action": "go", "from": ["a"], "to": "nowhere", "roles": ["officer"]}],
    }
    with pytest.raises(ValueError, match="unknown states: nowhere"):
        lifecycle.Lifecycle.model_validate(data)
    data["step"] = [{"action": "go", "from": ["a"], "to": "a", "roles": ["king"]}]
    with pytest.raises(ValueError, match="unknown roles: king"):
        lifecycle.Lifecycle.model_validate(data)
