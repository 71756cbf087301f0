"""A client's end of one WebSocket (RFC 6455) that costs little: two thousand of them share one core.

It takes unmasked frames from the server, whole ones, answers pings, and knows no extension.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import cast

TEXT, CLOSE, PING = 0x1, 0x8, 0x9
FIN, MASKED = 0x80, 0x80
TWO_BYTES, EIGHT_BYTES = 126, 127
LOST = 1006  # RFC 6455, section 7.1.5: it ended without a close frame
ABNORMAL = "the server said what this client does not understand"
KEY = "c2hvcC1zaG9wLXNob3AtMQ=="  # any sixteen bytes

Heard = Callable[[bytes], None]


class Line(asyncio.Protocol):
    """`heard` gets each message; `ended` the code that the connection was closed with."""

    def __init__(self, request: bytes, heard: Heard) -> None:
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._request, self._heard = request, heard
        self._rest = b""
        self._open = False
        self._code = LOST
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(self._code)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        start = 0
        if not self._open:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._rest = data
                return
            if not data.startswith(b"HTTP/1.1 101 "):
                self.cut()
                return
            self._open, start = True, end + 4
        while (whole := frame(data, start)) is not None:
            kind, payload, start = whole
            self._take(kind, payload)
        self._rest = data[start:]

    def cut(self) -> None:
        """Hangs up without a word, as a lost network does."""
        if self._transport is not None:
            self._transport.abort()

    def read(self, reading: bool) -> None:
        """Whether anything is taken off the wire."""
        if self._transport is not None and not self._transport.is_closing():
            (self._transport.resume_reading if reading else self._transport.pause_reading)()

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == TEXT:
            self._heard(payload)
        elif kind == PING:
            self._say(0xA, payload)
        elif kind == CLOSE:
            self._code = int.from_bytes(payload[:2]) if payload else 1005
            self._say(CLOSE, payload[:2])
            self.cut()

    def _say(self, kind: int, payload: bytes) -> None:
        mask = os.urandom(4)
        body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(bytes([FIN | kind, MASKED | len(payload)]) + mask + body)


async def connect(address: tuple[str, int], path: str, token: str, heard: Heard, *, buffer: int = 0) -> Line:
    """A line on which the server has been asked to follow. `buffer` limits what the kernel takes in, in bytes."""
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {address[0]}:{address[1]}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {KEY}",
        f"Authorization: Bearer {token}",
    )
    loop = asyncio.get_running_loop()
    end = socket.socket()
    try:
        if buffer:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        end.setblocking(False)
        await loop.sock_connect(end, address)
        request = "\r\n".join((*lines, "", "")).encode()
        _, line = await loop.create_connection(lambda: Line(request, heard), sock=end)
    except BaseException:
        end.close()
        raise
    return line


def frame(data: bytes, start: int) -> tuple[int, bytes, int] | None:
    """The kind of the frame at `start`, what it carries, and where it ends; None where it is not whole yet."""
    if len(data) < start + 2:
        return None
    if not data[start] & FIN or data[start + 1] & MASKED:
        raise ValueError(ABNORMAL)
    length, begin = data[start + 1], start + 2
    if length >= TWO_BYTES:
        wide = 2 if length == TWO_BYTES else 8
        if len(data) < begin + wide:
            return None
        length, begin = int.from_bytes(data[begin : begin + wide]), begin + wide
    if len(data) < begin + length:
        return None
    return data[start] & 0x0F, data[begin : begin + length], begin + length
