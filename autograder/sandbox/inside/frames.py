"""Messages on a stream socket: eight bytes of length, then the message; a socket may ride along."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Mapping
from typing import Any

from .bounds import Limits
from .wire import decode, encode

LENGTH = struct.Struct("<Q")
LARGE = 1 << 15
FROM_GRADER = Limits(header_bytes=256 << 20, array_bytes=1 << 40, nodes=1 << 26, depth=72)


def send(sock: socket.socket, message: dict[str, Any]) -> None:
    """Send one message."""
    for piece in framed(message):
        sock.sendall(piece)


def framed(message: Mapping[str, Any]) -> list[bytes | memoryview]:
    """Return what to send, one after the other: what is small in one piece, large arrays as is."""
    joined: list[bytes | memoryview] = []
    small: list[bytes | memoryview] = []
    size = 0
    for part in encode(message):
        size += len(part)
        if len(part) < LARGE:
            small.append(part)
        else:
            joined += [b"".join(small), part]
            small = []
    joined.append(b"".join(small))
    return [LENGTH.pack(size) + joined[0], *joined[1:]]


def receive(sock: socket.socket) -> dict[str, Any]:
    """Return the next message. Raises EOFError at the end.

    The grader is the only one who writes here, so only its socket's end limits what is accepted.
    """
    (length,) = LENGTH.unpack(_exactly(sock, LENGTH.size))
    return decode(_exactly(sock, length), FROM_GRADER)


def receive_with_descriptor(sock: socket.socket) -> tuple[dict[str, Any], int | None]:
    """Return the next message, and the descriptor that came with it. Raises EOFError at the end."""
    head, fds, _, _ = socket.recv_fds(sock, LENGTH.size, 1)
    for extra in fds[1:]:
        os.close(extra)
    head += _exactly(sock, LENGTH.size - len(head)) if head else b""
    if not head:
        raise EOFError
    payload = _exactly(sock, LENGTH.unpack(head)[0])
    return decode(payload, FROM_GRADER), fds[0] if fds else None


def _exactly(sock: socket.socket, size: int) -> bytearray:
    """Read that many bytes."""
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = sock.recv_into(view)
        if not count:
            raise EOFError
        view = view[count:]
    return data
