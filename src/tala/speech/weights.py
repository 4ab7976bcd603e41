"""Which Whisper weights are used, where they lie, and whether they are the published ones."""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tala.errors import TalaError
from tala.settings import PROJECT_ROOT, Settings

DEFAULT = "whisper-base"
MANIFEST = "manifest.toml"
_BLOCK = 1 << 20
_NEEDED = ("model.bin", "config.json", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a model: its size, its SHA-256 and the package files it is joined from."""

    name: str
    bytes: int
    sha256: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that can be put together from installed packages."""

    name: str
    title: str
    licence: str
    files: tuple[FileEntry, ...]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model and whether it is ready: `state` is `ready`, `absent` or `damaged`."""

    name: str
    title: str
    licence: str
    bytes: int
    folder: Path
    state: str


def manifest(settings: Settings) -> dict[str, ModelEntry]:
    """The models this project knows, from the committed manifest."""
    path = settings.models_dir / MANIFEST
    if not path.is_file():
        path = PROJECT_ROOT / "models" / MANIFEST
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise TalaError(
            "model_missing", f"The list of models cannot be read: {path.name} in the models folder."
        ) from problem
    return {
        name: ModelEntry(
            name,
            entry["title"],
            entry["licence"],
            tuple(FileEntry(f["name"], f["bytes"], f["sha256"], tuple(f["parts"])) for f in entry["files"]),
        )
        for name, entry in data["models"].items()
    }


def list_models(settings: Settings) -> list[ModelStatus]:
    """Every model of the manifest; sizes are compared, not hashes, so that this is quick."""
    found = []
    for entry in manifest(settings).values():
        folder = settings.models_dir / entry.name
        if not folder.is_dir():
            state = "absent"
        else:
            whole = all(_size(folder / f.name) == f.bytes for f in entry.files)
            state = "ready" if whole else "damaged"
        found.append(
            ModelStatus(
                entry.name, entry.title, entry.licence, sum(f.bytes for f in entry.files), folder, state
            )
        )
    return found


def ensure(settings: Settings) -> Path:
    """Folder of the weights to use, put together first if need be.

    Raises:
        TalaError: `model_missing`, `model_damaged`.
    """
    chosen = settings.whisper_model.strip()
    if chosen and chosen != DEFAULT:
        return _chosen(settings, chosen)
    entry = manifest(settings)[DEFAULT]
    folder = settings.models_dir / DEFAULT

    def whole() -> bool:
        return all(_size(folder / f.name) == f.bytes for f in entry.files)

    if whole():
        return folder
    with _one_at_a_time(settings.models_dir):
        # Another process may have put it together while this one waited.
        return folder if whole() else fetch(settings, DEFAULT)


def fetch(
    settings: Settings, name: str = DEFAULT, progress: Callable[[int, int], None] | None = None
) -> Path:
    """Join a model from its packages; the folder appears whole or not at all.

    Args:
        progress: called with bytes written and bytes in all.

    Raises:
        TalaError: `model_missing` (unknown name, package not installed, disk), `model_damaged` (a hash).
    """
    entry = manifest(settings).get(name)
    if entry is None:
        raise TalaError(
            "model_missing", f"There is no model called {name}: `tala models list` shows those there are."
        )
    folder = settings.models_dir / name
    total = sum(f.bytes for f in entry.files)
    done = 0
    try:
        settings.models_dir.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f"{name}-", suffix=".part", dir=settings.models_dir))
    except OSError as problem:
        raise TalaError(
            "model_missing", "The models folder cannot be written: check TALA_MODELS_DIR."
        ) from problem
    try:
        for file in entry.files:
            digest = hashlib.sha256()
            with (fresh / file.name).open("wb") as out:
                for block in _joined(file.parts):
                    digest.update(block)
                    out.write(block)
                    done += len(block)
                    if progress is not None:
                        progress(done, total)
                out.flush()
                os.fsync(out.fileno())
            if digest.hexdigest() != file.sha256:
                raise TalaError(
                    "model_damaged",
                    f"{file.name} of {name} does not match its checksum: reinstall the packages it comes from"
                    " (make setup) and fetch it again.",
                )
        _put(fresh, folder)
    except OSError as problem:
        raise TalaError(
            "model_missing",
            f"{name} cannot be written to the models folder: is the disk full?",
            retryable=True,
        ) from problem
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Processes that start together do not each write 150 MB."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as problem:
        raise TalaError(
            "model_missing", "The models folder cannot be written: check TALA_MODELS_DIR."
        ) from problem
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def verify(settings: Settings, name: str = DEFAULT) -> Path:
    """Hash every file of a model and return its folder.

    Raises:
        TalaError: `model_missing`, `model_damaged`.
    """
    entry = manifest(settings).get(name)
    if entry is None:
        raise TalaError(
            "model_missing", f"There is no model called {name}: `tala models list` shows those there are."
        )
    folder = settings.models_dir / name
    for file in entry.files:
        path = folder / file.name
        if not path.is_file():
            raise TalaError("model_missing", f"{name} has no {file.name}: run `tala models fetch {name}`.")
        with path.open("rb") as handle:
            if hashlib.file_digest(handle, "sha256").hexdigest() != file.sha256:
                raise TalaError(
                    "model_damaged", f"{file.name} of {name} is damaged: run `tala models fetch {name}`."
                )
    return folder


def _chosen(settings: Settings, chosen: str) -> Path:
    """A folder of the reader's own, a model of the manifest, or a name on the hub."""
    folder = Path(chosen).expanduser()
    known = settings.models_dir / chosen
    if not folder.is_dir() and chosen in manifest(settings):
        return fetch(settings, chosen) if not known.is_dir() else known
    if not folder.is_dir() and (folder.is_absolute() or chosen.startswith((".", "~"))):
        raise TalaError("model_missing", "TALA_WHISPER_MODEL names a folder that is not there.")
    if not folder.is_dir():
        folder = _from_hub(settings, chosen)
    lacking = [name for name in _NEEDED if not (folder / name).is_file()]
    if lacking:
        raise TalaError(
            "model_missing",
            f"TALA_WHISPER_MODEL is not a CTranslate2 Whisper folder: {', '.join(lacking)} is missing in it.",
        )
    return folder


def _from_hub(settings: Settings, name: str) -> Path:
    from faster_whisper.utils import download_model

    try:
        return Path(download_model(name, cache_dir=str(settings.models_dir / ".work")))
    except Exception as problem:  # the client raises many kinds, all of which mean: not to be had here
        raise TalaError(
            "model_missing",
            f"The speech model {name} is neither a folder nor could it be fetched from the hub: check the"
            " name and the internet connection, or name a folder in TALA_WHISPER_MODEL.",
            retryable=True,
        ) from problem


def _joined(parts: tuple[str, ...]) -> Iterator[bytes]:
    for part in parts:
        package, _, inner = part.partition("/")
        found = importlib.util.find_spec(package)
        if found is None or not found.submodule_search_locations:
            raise TalaError(
                "model_missing",
                f"The package {package.replace('_', '-')} with the weights is not installed: run make setup.",
            )
        path = Path(next(iter(found.submodule_search_locations))) / inner
        if not path.is_file():
            raise TalaError(
                "model_damaged", f"The package {package.replace('_', '-')} is incomplete: reinstall it."
            )
        with path.open("rb") as handle:
            while block := handle.read(_BLOCK):
                yield block


def _put(fresh: Path, folder: Path) -> None:
    """Move a finished folder into place; another process may have been first, then its work stands."""
    old = folder.with_name(folder.name + ".old")
    fresh.chmod(0o755)
    with contextlib.suppress(FileNotFoundError):
        folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    shutil.rmtree(old, ignore_errors=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
