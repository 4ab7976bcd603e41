"""Secret files: owner-only, written whole or not at all, never overwritten."""

import contextlib
import os
import secrets
from pathlib import Path

from tala.errors import TalaError


def write_secret(path: Path, secret: bytes) -> bool:
    """Write a secret as hex into a new file of rights 0600; False, changing nothing, where one exists
    already.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secret.hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)  # unlike rename, this fails where the name is taken
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def read_secret(path: Path) -> bytes:
    """Read what write_secret() wrote; refuses a file that others on this machine may read."""
    mode = path.stat().st_mode
    if mode & 0o077:
        raise TalaError(
            "key_missing", f"Others can read {path.name}; run `chmod 600` on it and keep its folder at 700."
        )
    try:
        return bytes.fromhex(path.read_text().strip())
    except ValueError:
        raise TalaError(
            "key_missing", f"{path.name} is damaged; put it back from a back-up of the keys."
        ) from None


def sync_folder(folder: Path) -> None:
    """Have a folder's entries survive a power cut, where its file system can do that."""
    with contextlib.suppress(OSError):  # some file systems cannot sync a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
