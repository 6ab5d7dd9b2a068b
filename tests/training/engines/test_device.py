"""Where networks are trained: a GPU is used where there is one, and what is missing is said."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from autograder.errors import ConfigError
from autograder.training.engines import device

#: What stands for GPUs: any devices will do.
SOME = Path("/dev/null"), Path("/dev/zero")


@pytest.fixture
def gpu(tmp_path: Path) -> Path:
    """A folder as ``/dev`` is where the driver has made the devices of one GPU."""
    for name, target in (("nvidia0", SOME[0]), ("nvidiactl", SOME[1])):
        (tmp_path / name).symlink_to(target)
    (tmp_path / "nvidia-caps").mkdir()
    return tmp_path


def test_a_gpu_is_found_with_all_its_devices(gpu: Path) -> None:
    found = device.search(forks=True, folder=gpu, plugins=["json"])

    assert found.files == (gpu / "nvidia0", gpu / "nvidiactl")
    assert not found.problem


def test_a_driver_without_a_gpu_is_none(gpu: Path) -> None:
    (gpu / "nvidia0").unlink()

    assert "no GPU" in device.search(forks=True, folder=gpu, plugins=["json"]).problem


def test_missing_programs_are_named_with_the_command_that_installs_them(gpu: Path) -> None:
    found = device.search(forks=True, folder=gpu, plugins=["no_such_plugin"])

    assert found.problem.endswith("JAX's programs for it are not installed")
    assert found.fix == 'pip install "notebook-autograder[gpu]"'
    assert not found.files


def test_a_gpu_needs_processes_of_its_own(gpu: Path) -> None:
    assert "namespaces" in device.search(forks=False, folder=gpu, plugins=["json"]).problem


def test_without_a_gpu_auto_is_the_processor_and_gpu_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(device.search, "__kwdefaults__", {"folder": tmp_path, "plugins": ("json",)})

    assert device.choose("auto", forks=True) == device.choose("cpu", forks=True) == ()
    with pytest.raises(ConfigError, match=r"--device gpu is not possible here: this machine has no GPU"):
        device.choose("gpu", forks=True)


def test_the_processor_can_be_chosen_where_there_is_a_gpu(monkeypatch: pytest.MonkeyPatch, gpu: Path) -> None:
    monkeypatch.setattr(device.search, "__kwdefaults__", {"folder": gpu, "plugins": ("json",)})

    assert device.choose("auto", forks=True) == device.choose("gpu", forks=True) != ()
    assert device.choose("cpu", forks=True) == ()


def test_the_plugins_are_those_that_jax_looks_for() -> None:
    assert importlib.util.find_spec("jax") is not None
    assert all(name.startswith("jax_cuda") for name in device._PLUGINS)
