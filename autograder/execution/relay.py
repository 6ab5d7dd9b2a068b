"""A relay between a kernel's sockets and its client: it passes bytes on, and counts those that the kernel sends.

Student code controls the kernel, and may send a message of any size in any number of parts. ZeroMQ keeps the parts in
memory until the message is whole; so the relay, below ZeroMQ, bounds the bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path

_PART = 1 << 16


class Relay:
    """Connects the client's sockets with the kernel's, in ``folder``.

    Once the kernel has sent more than ``limit`` bytes, it passes nothing on, and ``exceeded`` is true.
    """

    def __init__(self, folder: Path, ports: Iterable[int], limit: int) -> None:
        self.folder = folder
        self.exceeded = False
        self._ports = tuple(ports)
        self._remaining = limit
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @staticmethod
    def theirs(folder: Path, port: int) -> Path:
        """The path of the socket on which the kernel listens, for a port."""
        return folder / f"kernel-{port}"

    @staticmethod
    def prefix(folder: Path) -> Path:
        """The path to which Jupyter's client connects, without the hyphen and the port."""
        return folder / "client"

    async def open(self) -> None:
        """Start to listen. It must be called in the event loop of the client."""
        for port in self._ports:
            path = f"{self.prefix(self.folder)}-{port}"
            self._servers.append(await asyncio.start_unix_server(self._handler(port), path))

    async def close(self) -> None:
        """Stop listening, and close all connections."""
        for server in self._servers:
            for listening in server.sockets:
                server.get_loop().remove_reader(listening.fileno())
        for _ in range(3):  # asyncio would lose a connection that it has accepted, but not handled yet
            await asyncio.sleep(0)
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _handler(self, port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._connect(port, reader, writer))
            self._tasks.add(task)
            task.add_done_callback(lambda _: writer.close())  # a task that is cancelled before it begins, too

        return handle

    async def _connect(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            inside, outside = await asyncio.open_unix_connection(str(self.theirs(self.folder, port)))
            with contextlib.closing(outside):
                sending = asyncio.create_task(self._pass(reader, outside, counted=False))
                try:
                    await self._pass(inside, writer, counted=True)
                finally:
                    sending.cancel()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while part := await source.read(_PART):
                if counted:
                    self._remaining -= len(part)
                    if self._remaining < 0:
                        self.exceeded = True
                        return
                target.write(part)
                await target.drain()
