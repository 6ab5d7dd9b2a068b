"""The store gives back what was put in, or nothing; it stays within its bound, and serves many at once."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from pathlib import Path

import pytest
from filelock import FileLock

from autograder.errors import ConfigError, TrainingError
from autograder.training.store import Store

NAME = "ab" + "0" * 62


def names(count: int) -> list[str]:
    return [f"{number:064x}" for number in range(count)]


def test_what_was_put_in_comes_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(NAME, [b"one ", memoryview(b"two")])

    assert store.get(NAME) == b"one two" == Store(tmp_path).get(NAME)
    assert store.get("0" * 64) is None


@pytest.mark.parametrize("damage", [b"", b"x" * 10, b"x" * 100], ids=["empty", "short", "other"])
def test_a_damaged_entry_is_missing_and_gone(tmp_path: Path, damage: bytes) -> None:
    store = Store(tmp_path)
    store.put(NAME, [b"something"])
    (path,) = tmp_path.glob("ab/*")
    path.write_bytes(damage)

    assert store.get(NAME) is None
    assert not path.exists()


def test_one_changed_bit_is_seen(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(NAME, [b"something"])
    (path,) = tmp_path.glob("ab/*")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    assert store.get(NAME) is None


def test_beyond_its_bound_what_was_used_longest_ago_goes(tmp_path: Path) -> None:
    store = Store(tmp_path, limit_mb=3.5)
    first, second, third, fourth = names(4)
    for age, name in enumerate((first, second, third)):
        store.put(name, [b"x" * 2**20])
        os.utime(tmp_path / name[:2] / name, (age, age))
    store.get(first)
    store.put(fourth, [b"x" * 2**20])

    assert [store.get(name) is not None for name in (first, second, third, fourth)] == [True, False, True, True]


def test_nothing_is_left_of_what_could_not_be_written(tmp_path: Path) -> None:
    def pieces() -> object:
        yield b"x"
        raise OSError(28, "No space left on device")

    store = Store(tmp_path)
    store.put(NAME, pieces())  # type: ignore[arg-type]

    assert store.get(NAME) is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_where_nothing_can_be_written_computing_goes_on_and_nothing_is_stored(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (tmp_path / "locks").rmdir()
    for name in ("locks", NAME[:2]):
        (tmp_path / name).touch()
    with store.alone(NAME):
        store.put(NAME, [b"something"])

    assert store.get(NAME) is None


def _count(folder: Path, log: Path) -> None:
    store = Store(folder)
    with store.alone(NAME):
        if store.get(NAME) is None:
            with log.open("a") as file:
                file.write("computed\n")
            time.sleep(0.2)
            store.put(NAME, [b"done"])


def test_processes_that_want_the_same_compute_it_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_count, args=(tmp_path / "store", log)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert log.read_text() == "computed\n"


def test_old_locks_that_nobody_holds_are_swept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    old, held, new = names(3)
    for name in (old, held, new):
        (tmp_path / "locks" / name).touch()
    for name in (old, held):
        os.utime(tmp_path / "locks" / name, (0, 0))
    with FileLock(tmp_path / "locks" / held):
        os.utime(tmp_path / "locks" / held, (0, 0))
        Store(tmp_path)
        assert sorted(path.name for path in (tmp_path / "locks").iterdir()) == [held, new]
    with store.alone(old):
        pass


def test_who_is_no_longer_wanted_does_not_wait_for_a_lock(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with (
        FileLock(tmp_path / "locks" / NAME),
        pytest.raises(TrainingError, match="has ended"),
        store.alone(NAME, lambda: True),
    ):
        pass


def test_a_clock_that_was_set_back_costs_nothing_that_is_new(tmp_path: Path) -> None:
    store = Store(tmp_path, limit_mb=1.5)
    old, new, newer = names(3)
    store.put(old, [b"x" * 2**20])
    ahead = time.time() + 10**6
    os.utime(tmp_path / old[:2] / old, (ahead, ahead))
    (tmp_path / "locks" / old).touch()
    os.utime(tmp_path / "locks" / old, (ahead, ahead))
    for name in (new, newer):
        store.put(name, [b"y" * 2**20])
        assert store.get(name) is not None

    assert (store.get(old), store.get(new)) == (None, None)
    Store(tmp_path)
    assert not list((tmp_path / "locks").iterdir())


@pytest.mark.parametrize("place", ["", "training", "training/locks"])
def test_a_cache_that_cannot_be_one_is_named_with_the_way_out(tmp_path: Path, place: str) -> None:
    (tmp_path / "cache" / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "cache" / place).touch()
    with pytest.raises(ConfigError, match=r"cache '.*training' must be a folder that can be written to .*CACHE"):
        Store(tmp_path / "cache" / "training")


def test_a_store_that_is_lost_or_full_costs_only_time(tmp_path: Path) -> None:
    store = Store(tmp_path / "training")
    shutil.rmtree(tmp_path / "training")
    (tmp_path / "training").touch()
    with store.alone(NAME):
        store.put(NAME, [b"x"])
        assert store.get(NAME) is None
