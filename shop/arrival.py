"""Whether the whole of a request has come, seen from its bytes before anybody reads them (RFC 9112)."""

from __future__ import annotations

import re

CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*(?=\r\n)")
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*(?=\r\n)")
EXPECTS = re.compile(rb"[^\r\n]* http/1\.1\r\n(?:[^\r\n]*\r\n)*?expect:[ \t]*100-continue[ \t]*\r\n")
MOST_DIGITS = 18


class Arrival:
    """One request on its way. What was understood of its first bytes is not looked at again when more come."""

    def __init__(self) -> None:
        self.asks_first = False
        """Whether the client wants to hear `100 Continue` before it sends the body (RFC 9110, section 10.1.1)."""
        self._length: int | None = None  # of it all, where that is known
        self._chunk = 0  # where the next chunk begins; 0 is the head

    def is_whole(self, request: bytes) -> bool:
        """`request` is all that has come, each time at least as much. What will be refused anyway is whole."""
        if self._length is None and not self._chunk and not self._read_head(request):
            return False
        return len(request) >= self._length if self._length is not None else self._ends(request)

    def _read_head(self, request: bytes) -> bool:
        head, ended, _ = request.partition(b"\r\n\r\n")
        if not ended:
            return False
        body = len(head) + len(ended)
        head = head.lower() + b"\r\n"
        lengths, chunked = CONTENT_LENGTH.findall(head), CHUNKED.search(head)
        self.asks_first = EXPECTS.match(head) is not None
        if chunked and not lengths:
            self._chunk = body
        elif len(lengths) == 1 and not chunked:
            digits = lengths[0].lstrip(b"0") or b"0"
            self._length = body + (int(digits) if len(digits) <= MOST_DIGITS else 0)  # more is 413, whatever comes
        else:
            self._length = body
        return True

    def _ends(self, request: bytes) -> bool:
        """Whether the last chunk is there, and the end of the lines that may follow it (section 7.1)."""
        while (end := request.find(b"\r\n", self._chunk)) >= 0:
            try:
                size = int(request[self._chunk : end].partition(b";")[0], 16)
            except ValueError:
                return True
            if size <= 0:
                return request.startswith(b"\r\n", end + 2) or request.find(b"\r\n\r\n", end + 2) >= 0
            if len(request) < (behind := end + 2 + size + 2):
                return False
            self._chunk = behind
        return False
