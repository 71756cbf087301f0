"""HTTP/1.1 messages (RFC 9112), read whole and written whole: what a fault is put upon."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

LIMIT = 64 * 1024 * 1024  # bytes of a body; the shop's largest are 50 MiB
EMPTY = (b"204", b"304")
FRAMING = {b"content-length", b"transfer-encoding", b"connection", b"expect", b"keep-alive"}
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


class Malformed(Exception):
    """Not a message that a client or server of AWS sends."""


@dataclass(frozen=True)
class Message:
    """`start` is the request line or the status line; of the headers, those that frame the message are left out."""

    start: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = field(default=b"", repr=False)
    length: bytes = b""
    """What Content-Length said where no body came with it: the answer to a HEAD."""

    @property
    def method(self) -> bytes:
        return self.start.split(b" ", 1)[0]

    @property
    def target(self) -> bytes:
        return self.start.split(b" ", 2)[1]

    def header(self, name: bytes) -> bytes:
        return next((value for key, value in self.headers if key.lower() == name), b"")

    def written(self, *, last: bool = False) -> bytes:
        """The bytes on the wire. `last` says that no other message follows on the connection."""
        lines = [self.start, *(key + b": " + value for key, value in self.headers)]
        if not (self.start.startswith(b"HTTP/") and self.start.split(b" ", 2)[1] in EMPTY):
            lines.append(b"Content-Length: " + (self.length or str(len(self.body)).encode()))
        if last:
            lines.append(b"Connection: close")
        return b"\r\n".join([*lines, b"", self.body])


async def read(
    reader: asyncio.StreamReader, *, answer_to: bytes = b"", writer: asyncio.StreamWriter | None = None
) -> Message | None:
    """The next message, or None where the other side has ended. `answer_to` is the method that is answered.

    `writer` is told to go on where a client waits for that before it sends its body. Raises Malformed, OSError.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as ended:
        if ended.partial:
            raise Malformed("it ends in its headers") from ended
        return None
    start, *lines = head[:-4].split(b"\r\n")
    pairs = [line.partition(b":") for line in lines]
    headers = {key.lower().strip(): value.strip() for key, _, value in pairs}
    kept = tuple((key, value.strip()) for key, _, value in pairs if key.lower() not in FRAMING)
    length = headers.get(b"content-length", b"")
    if answer_to == b"HEAD":
        return Message(start, kept, length=length)
    if writer is not None and headers.get(b"expect", b"").lower() == b"100-continue":
        writer.write(GO_ON)
    if start.startswith(b"HTTP/1.1 1"):
        return await read(reader, answer_to=answer_to)
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        return Message(start, kept, await _chunks(reader))
    if start.startswith(b"HTTP/") and not length and start.split(b" ", 2)[1] not in EMPTY:
        return Message(start, kept, await reader.read(LIMIT))
    return Message(start, kept, await _exactly(reader, int(length or 0)))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await _exactly(reader, size)
        await reader.readuntil(b"\r\n")
    while await reader.readuntil(b"\r\n") != b"\r\n":
        continue  # a trailer
    return bytes(body)


async def _exactly(reader: asyncio.StreamReader, size: int) -> bytes:
    if size > LIMIT:
        raise Malformed(f"its body has {size} bytes")
    try:
        return await reader.readexactly(size)
    except asyncio.IncompleteReadError as ended:
        raise Malformed("it ends in its body") from ended
