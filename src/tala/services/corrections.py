"""What a person changes in the facts of a draft, as a JSON merge patch, and what that does to their
evidence.
"""

import copy
import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

from pydantic import ValidationError

from tala.errors import TalaError
from tala.facts import Facts
from tala.services import entered
from tala.transcript import Transcript

FIXED = frozenset({"id", "evidence", "missing", "turn_to"})
"""Members that follow from others."""

_PLACE = ("start", "end", "text", "start_ms", "end_ms", "confidence", "score", "entered_by")
_DERIVED = {"agency": ("name",), "location": ("name", "barangay", "candidates")}
"""What names a value: forgotten when the code changes and no new name came with it."""

type Names = Callable[[str, dict[str, Any]], dict[str, Any]]


def merge(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7396): members replace, null removes, lists are replaced whole."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def apply(
    facts: Facts,
    patch: dict[str, Any],
    transcript: Transcript,
    *,
    by: str,
    complete: Names,
    today: dt.date,
    agencies: frozenset[str],
) -> tuple[Facts, list[dict[str, Any]]]:
    """The corrected facts and what changed, as {field, old, new}.

    A value a person changed loses the span of what it replaces and is marked with who entered it, unless the
    patch says where in the text it stands; then the span must hold that very text.

    Args:
        complete: fills in what follows from a member, such as an agency's name from its code.
        today: the last day on which something can have happened, in Manila.
        agencies: codes of the agencies that can be named.

    Raises:
        TalaError: invalid_input with a JSON pointer for each member that is wrong.
    """
    unknown = [name for name in patch if name not in Facts.model_fields or name in FIXED]
    if unknown:
        raise _invalid([(f"/facts/{name}", "This is no fact that can be changed.") for name in unknown])
    before = facts.model_dump(mode="json")
    after = dict(before)
    changes: list[dict[str, Any]] = []
    for name, value in patch.items():
        old = before[name]
        new = _changed(name, old, merge({name: old}, {name: value}).get(name), by, complete)
        if new != old:
            after[name] = (
                new if new is not None else Facts.model_fields[name].get_default(call_default_factory=True)
            )
            changes.append({"field": name, "old": old, "new": new})
    try:
        corrected = Facts.model_validate(after)
    except ValidationError as error:
        raise _refused([_of_model(e["loc"], e["msg"]) for e in error.errors()]) from error
    _check_spans({name: after[name] for name in patch}, transcript)
    corrected = corrected.model_copy(
        update={"evidence": {k: v for k, v in corrected.evidence.items() if k not in patch}}
    )
    normal = corrected.model_dump(mode="json")
    for change in changes:
        change["new"] = normal[change["field"]]
    _check_values(changes, today, agencies)
    return corrected, [change for change in changes if change["new"] != change["old"]]


def kept(read: Facts, now: Facts, fields: Collection[str], transcript: Transcript) -> Facts:
    """A newer reading of the machine with the fields that a person changed as the person left them.

    Where words stand may differ in the text of the newer reading: a value that is still marked with its
    words is marked where they are now, or no more.
    """
    if not fields:
        return read
    facts, left = read.model_dump(mode="json"), now.model_dump(mode="json")
    facts |= {name: _found_again(left[name], transcript.text) for name in fields}
    facts["evidence"] = {name: spans for name, spans in facts["evidence"].items() if name not in fields}
    return Facts.model_validate(facts).grounded(transcript)


def _found_again(node: Any, text: str) -> Any:
    if isinstance(node, list):
        return [_found_again(item, text) for item in node]
    if not isinstance(node, dict):
        return node
    node = {name: _found_again(value, text) for name, value in node.items()}
    start, words = node.get("start"), node.get("text")
    if start is None or not words:
        return node
    if text[start : node.get("end")] == words:
        return node
    at = text.find(words)
    place = {"start": at, "end": at + len(words)} if at >= 0 else {"start": None, "end": None, "text": None}
    return {k: v for k, v in node.items() if k not in ("start_ms", "end_ms", "confidence")} | place


def _changed(name: str, old: Any, new: Any, by: str, complete: Names) -> Any:
    if isinstance(new, list):
        kept = old if isinstance(old, list) else []
        return [item if item in kept else _entered(name, None, item, by, complete) for item in new]
    if isinstance(new, dict) and new != old:
        return _entered(name, old if isinstance(old, dict) else None, new, by, complete)
    return new


def _entered(name: str, old: dict[str, Any] | None, new: Any, by: str, complete: Names) -> Any:
    """A value as a person entered it: without evidence that spoke for another value."""
    if not isinstance(new, dict):
        return new
    old = old or {}
    new = dict(new)
    # A place carried over from the old value is not the person's; one they sent themselves is.
    moved = any(new.get(key) != old.get(key) for key in ("start", "end"))
    if not moved or new.get("start") is None:
        # A service has no value but its words, so those a person wrote stay.
        written = name == "service" and new.get("text") != old.get("text")
        for key in _PLACE:
            if not (written and key == "text"):
                new.pop(key, None)
    for key in _DERIVED.get(name, ()):
        if new.get(key) == old.get(key):
            new.pop(key, None)
    if name == "categories":
        new |= {"evidence": [], "score": 1.0}
    return complete(name, new) | {"entered_by": by}


def _check_values(changes: list[dict[str, Any]], today: dt.date, agencies: frozenset[str]) -> None:
    """Refuse entered values that cannot be; what stood there before was read from the text and may stay."""
    found: list[dict[str, str]] = []
    for change in changes:
        name, old, new = change["field"], change["old"], change["new"]
        listed = isinstance(new, list)
        for index, value in enumerate(new if listed else [new]):
            if listed and value in (old or ()):
                continue
            pointer = f"/facts/{name}/{index}" if listed else f"/facts/{name}"
            found += [
                entered.problem(f"{pointer}/{member}", code)
                for member, code in entered.wrong(name, value, today=today, agencies=agencies)
            ]
    if found:
        raise _refused(found)


def _of_model(location: tuple[int | str, ...], message: str) -> dict[str, str]:
    pointer = "/facts/" + "/".join(map(str, location))
    code = entered.OF_MEMBER.get(str(location[-1])) if location else None
    return entered.problem(pointer, code) if code else {"pointer": pointer, "detail": message}


def _check_spans(node: Any, transcript: Transcript, pointer: str = "/facts") -> None:
    if isinstance(node, dict):
        start, end = node.get("start"), node.get("end")
        if start is not None or end is not None:
            length = len(transcript.text)
            inside = isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= length
            if not inside or transcript.text[start:end] != node.get("text"):
                raise _invalid([(pointer, "The text between start and end is not the text given.")])
        for name, value in node.items():
            _check_spans(value, transcript, f"{pointer}/{name}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            _check_spans(value, transcript, f"{pointer}/{index}")


def _invalid(problems: list[tuple[str, str]]) -> TalaError:
    return _refused([{"pointer": pointer, "detail": detail} for pointer, detail in problems])


def _refused(errors: list[dict[str, str]]) -> TalaError:
    return TalaError("invalid_input", f"{errors[0]['pointer']}: {errors[0]['detail']}", errors=errors)
