"""The download of MNIST, bounded in time and size, and checked by its hash."""

from __future__ import annotations

import hashlib
import queue
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from autograder.errors import DataError
from autograder.files import write_atomically

# The file that keras.datasets.mnist.load_data() downloads, and the hash that it expects.
MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
#: How long a download waits for the first byte, and then for each further one.
ANSWER_SECONDS = 5.0
#: How long a download may take in all: 11 MB come over a slow line, too, and a stand-in has other marks.
DOWNLOAD_SECONDS = 120.0
_MAX_DOWNLOAD_BYTES = 2**26


def download_mnist(target: Path) -> None:
    """Fetch MNIST into ``target``.

    Raises ``DataError`` when it does not come whole, in time, and with the right hash.
    """
    body = fetch(MNIST_URL)
    if (found := hashlib.sha256(body).hexdigest()) != MNIST_SHA256:
        raise DataError(f"{MNIST_URL} must have the SHA-256 {MNIST_SHA256} (got {found})")
    try:
        with write_atomically(target) as file:
            file.write(body)
    except OSError as error:
        raise DataError(f"{target}: cannot be written ({error})") from None


def fetch(url: str) -> bytes:
    """The body of a page, read by a thread: neither name servers nor the trying of address after address obey a
    time-out of urllib's.
    """
    chunks: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()
    given_up = threading.Event()

    def read_on() -> None:
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as response:
                while not given_up.is_set():
                    chunk = response.read1(2**16)
                    chunks.put(chunk)
                    if not chunk:
                        return
        except Exception as error:  # whatever the network does, the stand-in serves
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            chunks.put(error)

    threading.Thread(target=read_on, daemon=True).start()
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    body = bytearray()
    try:
        while chunk := chunks.get(timeout=ANSWER_SECONDS):
            if isinstance(chunk, Exception):
                raise DataError(f"{url} cannot be reached ({chunk})")
            body += chunk
            if len(body) > _MAX_DOWNLOAD_BYTES:
                raise DataError(f"{url} must have at most {_MAX_DOWNLOAD_BYTES} bytes")
            if time.monotonic() > deadline:
                raise DataError(f"{url} must come within {DOWNLOAD_SECONDS:g} s")
    except queue.Empty:
        raise DataError(f"{url} must send something every {ANSWER_SECONDS:g} s") from None
    finally:
        given_up.set()
    return bytes(body)
