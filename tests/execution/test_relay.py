"""The relay passes bytes on in both directions, and no more of the kernel's than it may."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from pathlib import Path

import pytest

from autograder.execution.relay import Relay


async def kernel(folder: Path, sends: bytes) -> asyncio.Server:
    """Listens as a kernel does, answers each line with itself in capitals, then sends what it is told to."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper() + sends)
        await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(handle, str(Relay.theirs(folder, 1)))


async def talk(folder: Path, limit: int, sends: bytes) -> tuple[bytes, bool]:
    relay = Relay(folder, [1], limit)
    async with await kernel(folder, sends):
        await relay.open()
        reader, writer = await asyncio.open_unix_connection(f"{Relay.prefix(folder)}-1")
        writer.write(b"hello\n")
        said = await reader.read()
        writer.close()
        await relay.close()
    return said, relay.exceeded


def test_what_one_side_says_reaches_the_other(tmp_path: Path) -> None:
    assert asyncio.run(talk(tmp_path, 1_000_000, b"x" * 500_000)) == (b"HELLO\n" + b"x" * 500_000, False)


def test_past_the_limit_the_connection_is_cut(tmp_path: Path) -> None:
    said, exceeded = asyncio.run(talk(tmp_path, 1_000_000, b"x" * 5_000_000))

    assert exceeded
    assert len(said) <= 1_000_000


def test_without_a_kernel_the_connection_is_closed(tmp_path: Path) -> None:
    async def connect() -> bytes:
        relay = Relay(tmp_path, [1], 100)
        await relay.open()
        reader, writer = await asyncio.open_unix_connection(f"{Relay.prefix(tmp_path)}-1")
        said = await reader.read()
        writer.close()
        await relay.close()
        return said

    assert asyncio.run(connect()) == b""


@pytest.mark.parametrize("steps", range(8))
def test_a_connection_that_comes_as_the_relay_closes_is_closed_too(tmp_path: Path, steps: int) -> None:
    async def connect() -> bytes:
        relay = Relay(tmp_path, [1], 100)
        await relay.open()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{Relay.prefix(tmp_path)}-1")
            for _ in range(steps):
                await asyncio.sleep(0)
            await relay.close()
            client.setblocking(False)
            try:  # meanwhile the loop goes on, and closes its end
                return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 1), 60)
            finally:
                gc.collect()  # what was left open warns now

    with contextlib.suppress(ConnectionResetError):  # it was never accepted
        assert asyncio.run(connect()) == b""
