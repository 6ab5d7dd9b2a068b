"""To become a user without rights, on a system that does not know of such users."""

from __future__ import annotations

import ctypes

import pytest

from autograder.sandbox.inside.user import become


def test_without_linux_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *arguments, **keywords: object())
    with pytest.raises(OSError, match="no_new_privs"):
        become(1)
