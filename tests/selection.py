"""Which tests a run has: markers from where a test stands and what it uses, ``--fast``, and a last word on what is left out.

A test is marked by its folder, by the fixtures that it uses, and by what its module imports at the top or the test
itself, so that nobody needs to think of it; what none of these tells (a helper's import, a slow test) is marked by hand. ``--fast``
leaves out whatever needs TensorFlow, a browser, a database, a cluster or patience, and forbids the imports.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest

HERE = Path(__file__).parent
BY_FOLDER = {
    "cluster": "cluster",
    "execution": "kernel",
    "kernel": "kernel",
    "networks": "keras",
    "sandbox": "kernel",
    "training": "keras",
}
BY_FIXTURE = {
    "browser": "browser",
    "grader": "kernel",
    "postgresql": "database",
    "trainer_server": "keras",
    "with_keras": "keras",
    # The whole command, or Gradescope's scripts, in a process of its own for each test.
    "autograder": "slow",
    "container": "slow",
    "graded": "slow",
    "preview": "slow",
    # The generated digits are made.
    "arrays": "slow",
    "stand_in": "slow",
}
BY_IMPORT = {
    "axe_playwright_python": "browser",
    "distributed": "cluster",
    "keras": "keras",
    "playwright": "browser",
    "tensorflow": "keras",
}
#: What a fast run does without.
NOT_FAST = ("keras", "browser", "database", "cluster", "slow", "long")
#: The files, and the tests of other files, that a fast run leaves out, by the first of these markers.
_FILES = pytest.StashKey[dict[str, str]]()
_TESTS = pytest.StashKey[dict[str, str]]()


class Forbidden(MetaPathFinder, Loader):
    """Refuses the imports that a fast run does without: a test that needs one is not marked as it should be.

    To ask whether there is such a package is no import.
    """

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if self._marker(name) in NOT_FAST else None

    def create_module(self, spec: ModuleSpec) -> NoReturn:
        raise ImportError(
            f"a test that imports {spec.name} is not fast: mark it with pytest.mark.{self._marker(spec.name)}"
        )

    def exec_module(self, module: ModuleType) -> None:
        """Never called: no module is made."""

    @staticmethod
    def _marker(name: str) -> str | None:
        return BY_IMPORT.get(name.partition(".")[0])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="leave out what needs TensorFlow, a browser, … or patience")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FILES], config.stash[_TESTS] = {}, {}
    if config.getoption("fast"):
        sys.meta_path.insert(0, Forbidden())
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(Workers())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A fast run does not even import a module that is marked as a whole."""
    if not config.getoption("fast") or not collection_path.name.startswith("test_"):
        return None
    if markers := of_module(collection_path) & {*NOT_FAST}:
        config.stash[_FILES][str(collection_path)] = next(filter(markers.__contains__, NOT_FAST))
        return True
    return None


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marker
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    modules: dict[Path, set[str]] = {}
    for item in items:
        if item.path not in modules:
            modules[item.path] = of_module(item.path)
        for marker in modules[item.path] | of_test(item):
            item.add_marker(marker)
    if config.getoption("fast"):
        slow = [item for item in items if any(map(item.get_closest_marker, NOT_FAST))]
        config.stash[_TESTS].update((item.nodeid, next(filter(item.get_closest_marker, NOT_FAST))) for item in slow)
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
    elif hasattr(config, "workerinput"):  # one of several processes of pytest-xdist
        patience = Counter(item.path for item in items if any(map(item.get_closest_marker, NOT_FAST)))
        items.sort(key=lambda item: -patience[item.path])  # at the end files that take no time: no process waits long


class Workers:
    """What each process of pytest-xdist left out comes to the one that says so."""

    @staticmethod
    def pytest_sessionfinish(session: pytest.Session) -> None:
        if (output := getattr(session.config, "workeroutput", None)) is not None:
            output["left_out"] = [session.config.stash[_FILES], session.config.stash[_TESTS]]

    @staticmethod
    def pytest_testnodedown(node: Any) -> None:
        files, tests = node.workeroutput.get("left_out", ({}, {}))
        node.config.stash[_FILES].update(files)
        node.config.stash[_TESTS].update(tests)


def of_module(path: Path) -> set[str]:
    """The markers that all tests of a module have."""
    places = path.relative_to(HERE).parts if path.is_relative_to(HERE) else ()
    used = [*(BY_FOLDER.get(place) for place in places), *(BY_IMPORT.get(package) for package in imports(path))]
    return {marker for marker in used if marker is not None}


def imports(path: Path) -> Iterable[str]:
    """The packages that a module imports at the top; a type-only import and one in a function are none."""
    for statement in ast.parse(path.read_bytes()).body:
        if isinstance(statement, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            yield statement.module.partition(".")[0]


def of_test(item: pytest.Item) -> set[str]:
    """The markers of a test by its fixtures, those that a parameter names included, and by what it imports."""
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    used = {*getattr(item, "fixturenames", ()), *(value for value in parameters if isinstance(value, str))}
    code = getattr(getattr(item, "function", None), "__code__", None)
    imported = {name.partition(".")[0] for name in (code.co_names if code else ())}  # Python keeps imports among names
    by_fixture = {marker for fixture, marker in BY_FIXTURE.items() if fixture in used}
    return by_fixture | {marker for package, marker in BY_IMPORT.items() if package in imported}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say once what was skipped and why, what brings it, and what a fast run left out."""
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", ()))
    if reasons:
        terminalreporter.section("skipped")
        for reason, count in sorted(reasons.items()):
            terminalreporter.line(f"{count:5}  {reason}")
        packages = sorted(
            {found[1] for reason in reasons if (found := re.search(r"apt-get install ([\w.-]+)", reason))}
        )
        if packages:
            terminalreporter.line(
                f"To run what was skipped, as root on Debian or Ubuntu: apt-get install {' '.join(packages)}"
            )
    if config.getoption("fast"):
        tests, files = Counter(config.stash[_TESTS].values()), Counter(config.stash[_FILES].values())
        terminalreporter.section("left out by --fast; make test runs it")
        for marker in NOT_FAST:
            if tests[marker] or files[marker]:
                terminalreporter.line(f"{marker:9} {tests[marker]:3} tests, and {files[marker]} whole files")


def _reason(report: pytest.TestReport) -> str:
    # A list where pytest-xdist carried it from another process.
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple | list) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")
