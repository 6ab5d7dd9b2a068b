"""Serve the pages on 127.0.0.1 until interrupted."""

from __future__ import annotations

import errno
import gc
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread

import uvicorn

from autograder.assignment import Assignment
from autograder.errors import ConfigError, GradebookError
from autograder.gradebook import Gradebook
from autograder.gradebook.changes import marker_name
from autograder.gradebook.rubric import enter_rubric
from autograder.review import pages
from autograder.review.app import application
from autograder.review.guard import Guard
from autograder.review.markers import Markers
from autograder.review.queue import ReviewQueue


class Review:
    """A server of the marking page; ``port`` 0 takes any free port, ``name`` is the name of every marker.

    Raises:
        ConfigError: the port is taken, or may not be used.
    """

    def __init__(self, book: Gradebook, assignment: Assignment, *, port: int = 0, name: str = "") -> None:
        if name:
            name = marker_name(name)
        enter_rubric(book, assignment)
        self._socket = _listen(port)
        port = self._socket.getsockname()[1]
        markers = Markers(name)
        queue = ReviewQueue(book, assignment)
        self._prepared = Thread(target=self._prepare, args=[queue], daemon=True)
        self._stopped = Event()
        app = Guard(application(queue), markers, port)
        self.address = f"http://127.0.0.1:{port}/?token={markers.token}"
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="off")
        )

    def run(self) -> None:
        """Serve until ``stop``, or until Ctrl-C in the terminal."""
        gc.freeze()  # a garbage collection over all imported modules would delay a request by 0.1 s
        self._prepared.start()
        try:
            with self._socket:
                self._server.run(sockets=[self._socket])
        finally:
            self._stopped.set()
            self._prepared.join()

    def stop(self) -> None:
        self._server.should_exit = True

    def _prepare(self, queue: ReviewQueue) -> None:
        """Do slow work while the marker reads the first page; a page that comes before it does its part itself."""
        pages.load()
        for question in queue.assignment.questions:
            if question.written and not self._stopped.is_set():
                with suppress(GradebookError):  # it is said when a page asks for the answers
                    queue.cards(question.id, queue.groups(question.id))


def serve(book: Gradebook, assignment: Assignment, *, port: int, name: str, announce: Callable[[str], object]) -> None:
    """Announce the address, which holds the token, and serve there."""
    review = Review(book, assignment, port=port, name=name)
    announce(review.address)
    with suppress(KeyboardInterrupt):  # the way to end it
        review.run()


def _listen(port: int) -> socket.socket:
    # With the protocol named, asyncio sends what is written at once (TCP_NODELAY); else a small answer waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        why = "is taken" if error.errno == errno.EADDRINUSE else error.strerror
        raise ConfigError(f"'port' must be one that is free (got {port}: it {why})") from None
    return listening
