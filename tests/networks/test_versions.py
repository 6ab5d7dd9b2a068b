"""The versions that results depend on are found under whatever name TensorFlow was installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autograder.networks import versions


@pytest.mark.parametrize("package", ["tensorflow", "tensorflow-cpu"])
def test_tensorflow_has_its_version_under_any_name(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, module in ((package, "tensorflow"), ("keras", "keras"), ("numpy", "numpy")):
        folder = tmp_path / f"{name.replace('-', '_')}-1.2.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        (folder / "RECORD").write_text(f"{module}/__init__.py,,\n")
        (tmp_path / module).mkdir()
        (tmp_path / module / "__init__.py").touch()  # a file that is missing does not count everywhere
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    versions.versions.cache_clear()

    assert versions.versions() == {"tensorflow": "1.2", "keras": "1.2", "numpy": "1.2"}
    versions.versions.cache_clear()
