"""All the sockets, in a process of their own: each comes back with its cursor, whatever ends it, as `live.js` does.

It is told what to do by lines of JSON on its standard input, and answers each with one on its standard output.
`bench/living/crowd.py` is the other end.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import time
from typing import Any

import uvloop

from bench.living.comparing import Heard, Log, Told, compare
from bench.living.line import Line, connect

LONGEST_LINE = 1 << 20
AT_ONCE = 64  # connections that are being opened, when all are opened for the first time
LONGEST_PAUSE = 30.0
BUSY, BUSY_FIRST = {"1013", "4429"}, 10.0
STEADY = 10.0
SMALL = 4096  # bytes that the kernel takes in for a socket that is to be slow
HELLO = b'{"type":"hello","cursor":"'
EVENT = re.compile(rb'\{"id":"([0-9a-f-]{36})","cursor":"([0-9]+)"')


class Listener:
    """One socket of one person, through all its connections."""

    def __init__(self, crowd: Crowd, token: str, owner: str | None, *, slow: bool) -> None:
        self.crowd, self.token, self.owner, self.slow = crowd, token, owner, slow
        self.start = -1
        self.cursor = -1
        self.positions, self.moments = array("q"), array("d")
        self.hello = asyncio.Event()
        self.line: Line | None = None
        self.task = asyncio.create_task(self._live())

    async def _live(self) -> None:
        failures = 0
        while True:
            since = time()
            code = await self._once()
            self.line = None
            self.hello.clear()
            self.crowd.ends[code] += 1
            if time() - since > STEADY:
                failures = 0
            limit = min(LONGEST_PAUSE, 2.0**failures)
            failures += 1
            wait = BUSY_FIRST + random.random() * max(BUSY_FIRST, limit) if code in BUSY else random.random() * limit
            await asyncio.sleep(wait)

    async def _once(self) -> str:
        """One connection to its end; what ended it."""
        path = "/ws/events" + (f"?after={self.cursor}" if self.cursor >= 0 else "")
        buffer = SMALL if self.slow else 0
        try:
            self.line = await connect(self.crowd.address, path, self.token, self._hear, buffer=buffer)
        except OSError as error:
            return type(error).__name__
        return str(await self.line.ended)

    def _hear(self, message: bytes) -> None:
        now = time()
        if message.startswith(HELLO):
            cursor = int(message[len(HELLO) : message.index(b'"', len(HELLO))])
            if self.start < 0:
                self.start = self.cursor = cursor
            elif cursor != self.cursor:
                self.crowd.strange.append(f"hello said {cursor}, asked for was {self.cursor}")
            self.hello.set()
            return
        if (event := EVENT.match(message)) is None:
            self.crowd.strange.append(f"no event: {message[:200]!r}")
            return
        position = int(event[2])
        if self.crowd.ids.setdefault(position, event[1]) != event[1]:
            self.crowd.strange.append(f"position {position} is {event[1]!r} to some and another to others")
        self.cursor = position
        self.positions.append(position)
        self.moments.append(now)

    async def leave(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])
        if self.line is not None:
            self.line.cut()


class Crowd:
    def __init__(self, address: tuple[str, int], people: Path) -> None:
        self.address = address
        self.people: list[tuple[str, str | None]] = json.loads(people.read_text())
        self.listeners: list[Listener] = []
        self.ids: dict[int, bytes] = {}
        self.ends: Counter[str] = Counter()
        self.strange: list[str] = []

    async def open(self, first: int, count: int, slow: int) -> dict[str, Any]:
        """One socket each for `count` of the people; the first `slow` of them take little in at once."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with gate:
                token, owner = self.people[first + number]
                listener = Listener(self, token, owner, slow=number < slow)
                self.listeners.append(listener)
                await listener.hello.wait()

        await asyncio.gather(*(one(number) for number in range(count)))
        return {}

    async def cut(self, count: int) -> dict[str, Any]:
        """Cuts some at random, of those that are connected and not slow."""
        able = [one for one in self.listeners if one.line is not None and not one.slow]
        chosen = random.sample(able, min(count, len(able)))
        for listener in chosen:
            if listener.line is not None:
                listener.line.cut()
        return {"cut": len(chosen)}

    async def stall(self, seconds: float) -> dict[str, Any]:
        """The slow ones stop reading, and read on after that time."""
        for listener in self.listeners:
            if listener.slow and listener.line is not None:
                listener.line.read(False)
                asyncio.get_running_loop().call_later(seconds, listener.line.read, True)
        return {}

    async def count(self) -> dict[str, Any]:
        return {
            "connected": sum(1 for one in self.listeners if one.hello.is_set()),
            "ends": self.ends,
            "heard": sum(len(one.positions) for one in self.listeners),
        }

    async def settle(self, log: str, phases: Sequence[tuple[str, float]], within: float) -> dict[str, Any]:
        """Waits until all have heard of the last event that is theirs, compares, and lets all of them go."""
        told = Log(Told(*row) for row in json.loads(Path(log).read_text()))
        last = {one: (told.due(one.owner, one.start) or [one.start])[-1] for one in self.listeners}
        end = time() + within
        while any(one.cursor < position for one, position in last.items()) and time() < end:
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)  # for what comes twice
        await asyncio.gather(*(one.leave() for one in self.listeners))
        heard = (Heard(one.owner, one.start, one.positions, one.moments, one.slow) for one in self.listeners)
        verdict = compare(told, heard, phases)
        ids = {one.position: one.id for one in told.told}
        seen = {position: id.decode() for position, id in self.ids.items()}
        wrong = [f"position {position}: {id}" for position, id in seen.items() if ids.get(position) != id]
        self.listeners.clear()
        ends = dict(self.ends)
        self.ends.clear()
        return {"verdict": asdict(verdict), "strange": [*self.strange, *wrong], "ends": ends}


async def main(port: int, people: Path) -> None:
    crowd = Crowd(("127.0.0.1", port), people)
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print(json.dumps({"ready": len(crowd.people)}), flush=True)
    while line := await commands.readline():
        command = json.loads(line)
        answer = await getattr(crowd, command.pop("do"))(**command)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), Path(sys.argv[2])))
