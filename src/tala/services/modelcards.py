"""The models in use, as their cards tell of them: what for, learned from what, where they err."""

import hashlib
import re
from pathlib import Path

from tala.services.context import Context
from tala.settings import PROJECT_ROOT
from tala.transcript import Value

_TRAINED = ("tala-understand", "tala-wording")
_LEAD = re.compile(r"^\*\*(.+?)\.?\*\*\s*")


class Part(Value):
    """A paragraph of a card under its lead, which may be empty."""

    lead: str
    text: str


class Card(Value):
    """A model: `state` is ready, absent or damaged; `version` tells two builds apart."""

    name: str
    title: str
    licence: str
    state: str
    size: int
    version: str = ""
    in_use: bool = True
    parts: tuple[Part, ...] = ()


def cards(ctx: Context) -> list[Card]:
    """Weights for speech, then what Tala trained itself. Reads files: call it from a thread."""
    from tala.speech import weights

    settings = ctx.settings
    chosen = settings.whisper_model or weights.DEFAULT
    found = [
        Card(
            name=one.name,
            title=one.title,
            licence=one.licence,
            state=one.state,
            size=one.bytes,
            in_use=one.name == chosen,
        )
        for one in weights.list_models(settings)
    ]
    if chosen not in {one.name for one in found}:
        found.insert(0, Card(name=Path(chosen).name, title="", licence="", state="ready", size=0))
    return found + [_trained(settings.models_dir, name) for name in _TRAINED]


def _trained(models: Path, name: str) -> Card:
    folder = models / name
    if not folder.is_dir():
        folder = PROJECT_ROOT / "models" / name
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    card = folder / "README.md"
    sums = folder / "SHA256SUMS"
    version = hashlib.sha256(sums.read_bytes()).hexdigest()[:12] if sums.is_file() else ""
    return Card(
        name=name,
        title="",
        licence="Apache-2.0",
        state="ready" if files else "absent",
        size=sum(path.stat().st_size for path in files),
        version=version,
        parts=_parts(card.read_text(encoding="utf-8")) if card.is_file() else (),
    )


def _parts(card: str) -> tuple[Part, ...]:
    found = []
    for paragraph in card.split("\n\n"):
        text = " ".join(paragraph.split()).replace("`", "")
        if not text or text.startswith("#"):
            continue
        lead = _LEAD.match(text)
        found.append(Part(lead=lead[1] if lead else "", text=text[lead.end() :] if lead else text))
    return tuple(found)
