"""Words for people: the same keys in every language, the same values in them, nothing without a word."""

import re
from pathlib import Path

import pytest

from tala.cases import clocks, lifecycle
from tala.errors import CATALOGUE
from tala.services.entered import SENTENCES
from tala.services.reading import PUBLIC_EVENTS
from tala.web.i18n import LANGUAGES, messages

WEB = Path(__file__).resolve().parents[2] / "src/tala/web"
OTHERS = [code for code in LANGUAGES if code != "en"]
# the same in both languages, because it is a name or a sign
SAME = re.compile(
    r"^(site\.name|working\.percent|receipt\.ctn|track\.ctn|desk\.(ctn|search)|case\.(recording|ledger|hash)|docs\.title"
    r"|sign_in\.(username|password|code)|problems\.(code|status)|problem\.reference|role\.(officer|auditor|administrator)"
    r"|reason\.(hotline_8888|csc|ombudsman)|case\.hash)$"
)


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_keys_in_the_same_order(language: str) -> None:
    assert messages(language).keys() == messages("en").keys()


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_takes_the_same_values(language: str) -> None:
    def values(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    other = messages(language)
    differing = [
        key for key in other if values(messages("en").get(key) or "") != values(other.get(key) or "")
    ]
    assert differing == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_was_left_untranslated(language: str) -> None:
    other = messages(language)
    left = [k for k in other if other.get(k) == messages("en").get(k) and not SAME.match(k)]
    assert left == []


def test_every_word_a_page_asks_for_is_there() -> None:
    asked = set()
    for page in (WEB / "templates").glob("*.html"):
        asked |= set(re.findall(r"""\bt\(["']([a-z_]+\.[a-z_]+)["'][,)]""", page.read_text()))
    for script in (WEB / "static/js").rglob("*.js"):
        asked |= set(re.findall(r"""\bt\(["']([a-z_]+\.[a-z_]+)["'][,)]""", script.read_text()))
    assert sorted(asked - set(messages("en").keys())) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_a_title_and_a_sentence(language: str) -> None:
    t = messages(language)
    assert [
        code for code in CATALOGUE if not t.get(f"error.{code}") or not t.get(f"error_title.{code}")
    ] == []
    if language == "en":
        assert {code: t(f"error_title.{code}") for code in CATALOGUE} == {
            c: e.title for c, e in CATALOGUE.items()
        }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_reason_and_state_of_a_clock_has_a_name(language: str) -> None:
    t = messages(language)
    wanted = {f"action.{step.action}" for step in lifecycle.load().step}
    wanted |= {f"reason.{reason}" for step in lifecycle.load().step for reason in step.reasons}
    wanted |= {f"clock.{state}" for state in ("running", "paused", "satisfied", "breached", "cancelled")}
    assert [key for key in sorted(wanted) if t.get(key) is None] == []
    assert clocks.load().clock


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_warning_about_a_recording_has_a_sentence(language: str) -> None:
    source = "\n".join(path.read_text() for path in WEB.parent.rglob("*.py"))
    raised = re.findall(r"""Warning_\(\s*code="([a-z_]+)"|\bsay\(\s*"(sound_[a-z_]+)\"""", source)
    codes = {first or second for first, second in raised}
    assert {"sound_quiet", "recording_damaged", "doubtful_passages", "understanding_failed"} <= codes
    assert sorted(codes) == sorted(k.removeprefix("warning.") for k in messages(language).under("warning."))


def test_refused_values_are_told_the_same_everywhere() -> None:
    assert {f"invalid.{code}": text for code, text in SENTENCES.items()} == messages("en").under("invalid.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_a_citizen_reads_is_told_in_plain_words(language: str) -> None:
    wanted = [kind.replace("case.", "event.") for kind in PUBLIC_EVENTS]
    assert [key for key in sorted(wanted) if messages(language).get(key) is None] == []
