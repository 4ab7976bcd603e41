"""Master key and data keys: made once, owner-only, bound to their place, destroyed for good."""

import os
import stat
from pathlib import Path

import pytest

from tala.errors import TalaError
from tala.settings import Settings
from tala.store.database import Database
from tala.store.keyfiles import read_secret, write_secret
from tala.store.keys import DataKey, Keys
from tala.store.tables import DataKeyRow

KEY = DataKey("k", os.urandom(32))


async def made(db: Database, keys: Keys, purpose: str = "case") -> DataKey:
    async with db.write() as session:
        return await keys.create(session, purpose)


async def loaded(db: Database, keys: Keys, key_id: str) -> DataKey:
    async with db.read() as session:
        return await keys.load(session, key_id)


def test_the_master_key_is_made_once_and_only_its_owner_reads_it(settings: Settings) -> None:
    keys = Keys.open_folder(settings)
    path = settings.data_dir / "keys" / "master-0001.key"
    before = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert Keys.open_folder(settings).current_master == keys.current_master == "master-0001"
    assert path.read_bytes() == before
    assert sorted(file.name for file in path.parent.iterdir()) == ["master-0001.key"]


def test_a_secret_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "one.key"
    assert write_secret(path, b"first")
    assert not write_secret(path, b"second")
    assert read_secret(path) == b"first"
    assert [file.name for file in path.parent.iterdir()] == ["one.key"]


def test_a_secret_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.key"
    write_secret(path, b"first")
    path.chmod(0o640)
    with pytest.raises(TalaError, match="chmod 600"):
        read_secret(path)


def test_a_damaged_key_file_says_so(settings: Settings) -> None:
    Keys.open_folder(settings)
    path = settings.data_dir / "keys" / "master-0001.key"
    path.write_text("not hex")
    with pytest.raises(TalaError, match="damaged"):
        Keys.open_folder(settings)
    path.write_text("ab")
    with pytest.raises(TalaError, match="damaged"):
        Keys.open_folder(settings)


def test_sealed_values_open_in_their_place_only() -> None:
    sealed = KEY.seal("Juan", "cases", "1", "narrative")
    assert KEY.open_text(sealed, "cases", "1", "narrative") == "Juan"
    assert b"Juan" not in sealed
    assert KEY.seal("Juan", "cases", "1", "narrative") != sealed
    for place in (("drafts", "1", "narrative"), ("cases", "2", "narrative"), ("cases", "1", "facts")):
        with pytest.raises(TalaError):
            KEY.open(sealed, *place)
    with pytest.raises(TalaError):
        DataKey("k", os.urandom(32)).open(sealed, "cases", "1", "narrative")


@pytest.mark.parametrize("place", [0, 1, 12, 14, -1])
def test_a_changed_byte_is_found(place: int) -> None:
    sealed = bytearray(KEY.seal("Juan", "cases", "1", "narrative"))
    sealed[place] ^= 1
    with pytest.raises(TalaError):
        KEY.open(bytes(sealed), "cases", "1", "narrative")
    with pytest.raises(TalaError):
        KEY.open(b"", "cases", "1", "narrative")


async def test_data_keys_come_back_from_the_database(
    db: Database, keys: Keys, any_settings: Settings
) -> None:
    key = await made(db, keys)
    assert await loaded(db, Keys.open_folder(any_settings), key.id) == key
    assert "secret" not in repr(key)
    async with db.read() as session:
        row = await session.get(DataKeyRow, key.id)
    assert row is not None
    assert row.wrapped is not None
    assert key.secret not in row.wrapped


async def test_a_destroyed_key_is_gone(db: Database, keys: Keys) -> None:
    key, other = await made(db, keys), await made(db, keys)
    for _ in range(2):
        async with db.write() as session:
            await keys.destroy(session, key.id)
    with pytest.raises(TalaError) as refused:
        await loaded(db, keys, key.id)
    assert refused.value.code == "erased"
    async with db.read() as session:
        assert set(await keys.load_many(session, [key.id, other.id, "none"])) == {other.id}


async def test_without_its_master_key_nothing_opens(db: Database, keys: Keys, any_settings: Settings) -> None:
    key = await made(db, keys)
    path = any_settings.data_dir / "keys" / "master-0001.key"
    path.unlink()
    another = Keys.open_folder(any_settings)  # a new one, made because none was there
    with pytest.raises(TalaError) as refused:
        await loaded(db, another, key.id)
    assert refused.value.code == "key_missing"
    with pytest.raises(TalaError, match="key_missing"):
        await loaded(db, another, "no such key")


async def test_rotating_the_master_key(db: Database, keys: Keys, any_settings: Settings) -> None:
    made_before = [await made(db, keys) for _ in range(5)]
    running = Keys.open_folder(any_settings)  # another process, which knows nothing of it
    async with db.write() as session:
        assert await keys.rotate_master(session) == 5
    assert keys.current_master == "master-0002"
    for key in made_before:
        assert await loaded(db, keys, key.id) == key
        assert await loaded(db, running, key.id) == key
    async with db.read() as session:
        assert await keys.forget_old_masters(session) == ["master-0001"]
    assert sorted(path.name for path in keys.folder.iterdir()) == ["master-0002.key"]
    assert await loaded(db, Keys.open_folder(any_settings), made_before[0].id) == made_before[0]


async def rotate_and_fail(db: Database, keys: Keys) -> None:
    async with db.write() as session:
        await keys.rotate_master(session)
        raise RuntimeError


async def test_a_rotation_that_fails_loses_nothing(db: Database, keys: Keys, any_settings: Settings) -> None:
    key = await made(db, keys)
    with pytest.raises(RuntimeError):
        await rotate_and_fail(db, keys)
    assert await loaded(db, Keys.open_folder(any_settings), key.id) == key
    async with db.write() as session:
        await keys.rotate_master(session)
    assert await loaded(db, Keys.open_folder(any_settings), key.id) == key
