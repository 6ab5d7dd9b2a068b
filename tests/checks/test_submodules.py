"""Submodules that test cases use by their full names are imported for them."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from autograder.checks.submodules import import_submodules


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with modules that it does not import."""
    for path in ("shop", "shop/food"):
        (tmp_path / path).mkdir()
        (tmp_path / path / "__init__.py").write_text("price = 3")
    (tmp_path / "shop" / "food" / "fruit.py").write_text("")
    (tmp_path / "shop" / "broken.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        monkeypatch.delitem(sys.modules, name)
    return "shop"


@pytest.mark.parametrize(
    ("code", "imported"),
    [
        ("import shop\nshop.food.fruit.apple(1)", {"food", "food.fruit"}),
        ("import shop as s\ns.food.price.real", {"food"}),
        ("import shop.food\nshop.food.fruit", {"food", "food.fruit"}),
        ("import shop\nshop.broken.x\nshop.none.x\nshop.price.real", set()),
        ("other.food.fruit", set()),
        ("def f():\n    import shop\n    return [shop.food]", {"food"}),
    ],
)
def test_they_are_imported_as_far_as_they_are_used(package: str, code: str, imported: set[str]) -> None:
    import_submodules(ast.parse(code), {})

    assert {name.removeprefix("shop.") for name in sys.modules if name.startswith("shop.")} == imported


def test_modules_of_the_notebook_have_them_too(package: str) -> None:
    import_submodules(ast.parse("s.food.fruit"), {"s": __import__(package)})

    assert "shop.food.fruit" in sys.modules
