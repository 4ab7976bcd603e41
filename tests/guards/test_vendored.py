"""Third-party files are as published: by hash, with licence, and nothing beside them."""

from pathlib import Path

import pytest

from tala.web import vendor

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = [vendor.MANIFEST, ROOT / "tests/e2e/vendor/manifest.toml"]


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.parent.parent.name)
def test_files_are_as_the_manifest_says(manifest: Path) -> None:
    assert vendor.check(manifest) == []


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.parent.parent.name)
def test_every_package_has_a_licence_and_a_version(manifest: Path) -> None:
    for package, entry in vendor.read(manifest).items():
        assert entry["licence"], package
        assert entry["version"], package
        assert any("LICENSE" in name for name in entry["sha256"]), package


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").write_text(
        '[p]\nversion = "1"\nlicence = "MIT"\n[p.sha256]\n"a.js" = "00"\n"b.js" = "00"\n'
    )
    (tmp_path / "a.js").write_text("changed")
    (tmp_path / "c.js").write_text("unknown")
    assert vendor.check(tmp_path / "manifest.toml") == [
        "a.js of p differs from the manifest.",
        "b.js of p is missing.",
        "c.js is in no manifest.",
    ]
