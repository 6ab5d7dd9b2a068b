"""A Mac's Python, as far as Linux can play it: what Linux alone has is gone, and the system says that it is a Mac.

Each Python process that finds this module first on its path imports it when it starts. Modules that ask for their
system when they are imported, and would then load a Mac's libraries, are imported before.
"""

import ctypes.util
import importlib
import platform
import selectors
import shutil
import sys
import sysconfig
import tempfile
import tomllib
import types
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import psutil

IMPORTED = (ctypes.util, psutil, urllib.request, uuid)
sysconfig.get_config_vars()  # read from a file that is named after the system


class Library(ctypes.CDLL):
    """A C library without Linux's own functions."""

    def __getattr__(self, name: str) -> Any:
        if name in MISSING["c"]:
            raise AttributeError(f"symbol not found: {name}")
        return super().__getattr__(name)


MISSING: dict[str, set[str]] = {
    module: set(names.split())
    for module, names in tomllib.loads(Path(__file__).with_name("missing.toml").read_text(encoding="utf-8")).items()
}
for module in MISSING.keys() - {"c"}:
    for name in MISSING[module]:
        vars(importlib.import_module(module)).pop(name, None)
nope = types.ModuleType("appnope")  # what ipykernel depends on, on a Mac
vars(nope)["nope"] = lambda: None
sys.modules["appnope"] = nope
for changed, name, value in (
    (ctypes, "CDLL", Library),
    (selectors, "DefaultSelector", selectors.PollSelector),
    (shutil, "_copyxattr", lambda *arguments, **keywords: None),
    (platform, "system", lambda: "Darwin"),
    (platform, "mac_ver", lambda *arguments: ("14.5", ("", "", ""), "arm64")),
    (sys, "platform", "darwin"),
    (tempfile, "_O_TMPFILE_WORKS", False),
):
    setattr(changed, name, value)
