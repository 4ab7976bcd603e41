"""Where the language pipeline is gone or breaks, complaints are taken all the same and filled in by hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.integration.services.helpers import citizen, pieces, says

from tala.cases import ctn
from tala.facts import Facts
from tala.services import drafts, filing, intake, processing
from tala.services.actors import Caller
from tala.services.context import Context
from tala.services.understanding import BY_HAND
from tala.settings import Settings

TEXT = "Last Friday at the LTO in Quezon City an officer asked Juana Reyes for 500 pesos."


@pytest.fixture
async def without_pipeline(
    sqlite_settings: Settings, models_dir: Path, tmp_path: Path
) -> AsyncIterator[Context]:
    """An installation that has its speech weights and no language pipeline."""
    empty = tmp_path / "models"
    empty.mkdir()
    changed = {"models_dir": empty, "whisper_model": str(models_dir / "whisper-base")}
    context = await Context.open(sqlite_settings.model_copy(update=changed))
    yield context
    await context.close()


async def filled_in_and_filed(ctx: Context, draft: drafts.DraftView, actor: Caller) -> None:
    """The blank draft warns, takes what a person enters, and becomes a case."""
    assert BY_HAND in draft.transcript.warnings
    assert "by hand" in BY_HAND.message
    empty = draft.facts.model_dump(exclude={"missing", "language"})
    assert empty == Facts().model_dump(exclude={"missing", "language"})
    assert {"narrative", "agency", "location", "incident_date"} <= set(draft.missing)
    by_hand = {
        "agency": {"code": "LTO"},
        "location": {"psgc": "1381300000"},
        "categories": [{"code": "bribery_extortion"}],
    }
    corrected = await drafts.correct_draft(ctx, draft.id, by_hand, version=draft.version, actor=actor)
    assert corrected.facts.is_complaint
    assert not {"narrative", "agency", "location"} & set(corrected.missing)
    filed = await filing.file_case(ctx, draft.id, actor=actor)
    assert ctn.is_valid(filed.ctn)
    assert filed.facts.agency is not None


async def test_a_typed_complaint_is_filled_in_by_hand(without_pipeline: Context) -> None:
    ctx = without_pipeline
    with capture_logs() as logs:
        opened = await drafts.draft_from_text(ctx, TEXT, actor=await citizen(ctx))
    assert opened.draft.transcript.text == TEXT
    (failure,) = [line for line in logs if line["event"] == "understanding.failed"]
    assert failure["code"] == "pipeline_missing"
    assert "Juana" not in repr(logs)
    await filled_in_and_filed(ctx, opened.draft, intake.bearer_of(opened.capability))


async def test_an_error_nobody_foresaw_blocks_nothing_and_tells_no_words(lone: Context) -> None:
    # The pipeline is there; a component that trips over the text is put at its end.
    from spacy.language import Language
    from spacy.tokens import Doc

    @Language.component("trips")
    def trips(doc: Doc) -> Doc:
        raise ValueError(doc.text)

    nlp = lone.understander().nlp
    nlp.add_pipe("trips")
    try:
        with capture_logs() as logs:
            opened = await drafts.draft_from_text(lone, TEXT, actor=await citizen(lone))
    finally:
        nlp.remove_pipe("trips")
    assert "ValueError" in repr(logs)
    assert "Juana" not in repr(logs)
    await filled_in_and_filed(lone, opened.draft, intake.bearer_of(opened.capability))


@pytest.mark.model
async def test_a_recording_is_transcribed_and_filled_in_by_hand(
    without_pipeline: Context, spoken: Path
) -> None:
    ctx = without_pipeline
    received = await intake.receive_recording(
        ctx, pieces(spoken.read_bytes()), says("self"), actor=await citizen(ctx), ring=False
    )
    actor = intake.bearer_of(received.capability)
    await processing.process_recording(ctx, received.recording_id)
    status = await intake.recording_status(ctx, received.recording_id, actor=actor)
    assert (status.state, status.error) == ("ready", None)
    assert BY_HAND in status.warnings
    assert status.draft_id is not None
    draft = await drafts.draft_of(ctx, status.draft_id, actor=actor)
    assert "land transportation office" in draft.transcript.text.lower()
    await filled_in_and_filed(ctx, draft, actor)
