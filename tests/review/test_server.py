"""``autograder review``: the address that it prints leads to the page, and an interrupt ends it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from autograder.assignment import Assignment
from autograder.errors import ConfigError, MarkingError
from autograder.gradebook import Gradebook
from autograder.review import Review


def test_the_printed_address_leads_to_the_page(book: Gradebook, tiny: Assignment, tmp_path: Path) -> None:
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "autograder",
        "review",
        tmp_path,
        "--assignment",
        tiny.folder,
        "--as",
        "Tess",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    try:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}", address)
        with httpx.Client(follow_redirects=True, timeout=60) as client:
            response = client.get(address)
        assert (response.status_code, "0 of 5 marked" in response.text, "Tess" in response.text) == (200, True, True)
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (
        0,
        f"\nNext: autograder report {tmp_path} --assignment {tiny.folder}\n",
        f"Opening the gradebook of {tmp_path} …\n"
        "Open this address in a browser. Every mark is saved at once. Ctrl-C ends the page.\n",
    )


def test_it_is_served_on_this_machine_only(book: Gradebook, course: Assignment) -> None:
    review = Review(book, course)
    with review._socket as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_said(book: Gradebook, course: Assignment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"'port' must be one that is free \(got {port}: it is taken\)"):
            Review(book, course, port=port)


def test_a_name_that_is_too_long_is_said(book: Gradebook, course: Assignment) -> None:
    with pytest.raises(MarkingError, match=r"the marker's name must have at most 100 characters \(got 101\)"):
        Review(book, course, name="x" * 101)
