"""Stands between the shop and AWS (here, the emulator), and does to the calls what a bad day at AWS does to them."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field

from bench.chaos.wire import calls, http
from bench.chaos.wire.calls import Call
from bench.chaos.wire.copies import Copies
from bench.chaos.wire.http import Message
from local.ports import free_port
from local.report import Trouble

SLOW_BY = 5.0
PARTIAL, SILENT, THROTTLED, SLOW, LOST = "partial", "silent", "throttled", "slow", "lost"
SHARES = {PARTIAL: 0.3, SILENT: 0.3, THROTTLED: 0.5, SLOW: 0.4, LOST: 0.3}
"""What may befall a call, and how often:

- partial: of a batch, each entry is refused with that chance, the rest is passed on, and the answer is 200;
- silent: the call is not passed on, and nobody answers until the caller hangs up or the fault is over;
- throttled: refused, as the service does it;
- slow: carried out five seconds later;
- lost: carried out, and then the connection is reset instead of an answer.
"""


@dataclass(frozen=True)
class Fault:
    kind: str
    services: tuple[str, ...]


@dataclass
class Proxy:
    """A thread of its own with a loop of its own. `faults` is replaced as a whole, from any thread, at any time."""

    upstream: int
    seed: int
    port: int = field(default_factory=free_port)
    faults: tuple[Fault, ...] = ()
    struck: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self.copies = Copies(self._chance)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="aws-proxy")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()
        opening = asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=2**20)
        try:
            self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result(10)
        except OSError as error:
            raise Trouble(f"The proxy before AWS cannot listen on port {self.port}: {error}") from error

    def stop(self) -> None:
        async def end() -> None:
            self._server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await http.read(reader, writer=writer)) is not None:
                answer = await self._answer(calls.read(request))
                if answer is None:
                    _reset(writer)
                    return
                writer.write(answer.written())
                await writer.drain()
        except (OSError, http.Malformed):
            _reset(writer)
        except asyncio.CancelledError:
            return  # `stop` asked for it, and the streams' own callback takes no cancelled task
        finally:
            writer.close()

    async def _answer(self, call: Call) -> Message | None:
        """None where the connection is to be reset."""
        if call.service == "sqs" and (copy := self.copies.instead(call)) is not None:
            return copy
        kind = self._kind(call)
        if kind == PARTIAL:
            return await self._partly(call)
        if kind is not None:
            self.struck[f"{kind}: {call.name}"] += 1
        match kind:
            case "silent":
                while self._under(SILENT, call):
                    await asyncio.sleep(0.1)
                return None
            case "throttled":
                return calls.throttled(call)
            case "slow":
                await asyncio.sleep(SLOW_BY)
            case "lost":
                await self._pass_on(call.request)
                return None
        if call.service != "sqs":
            return await self._pass_on(call.request)
        asked = self.copies.without_waiting(call)
        theirs = await self._pass_on(asked.request)
        return theirs and self.copies.beside(call, theirs)

    async def _partly(self, call: Call) -> Message | None:
        divided = calls.divide(call, SHARES[PARTIAL], self._chance)
        if divided is None:
            return await self._pass_on(call.request)
        self.struck[f"partial: {call.name}"] += 1
        theirs = await self._pass_on(divided.passed) if divided.passed else None
        if divided.passed and theirs is None:
            return None
        return divided.answer(theirs)

    def _kind(self, call: Call) -> str | None:
        for fault in self.faults:
            if call.service in fault.services:
                if fault.kind == PARTIAL and call.operation in calls.BATCHES:
                    return PARTIAL
                if fault.kind != PARTIAL and self._chance.random() < SHARES[fault.kind]:
                    return fault.kind
        return None

    def _under(self, kind: str, call: Call) -> bool:
        return any(fault.kind == kind and call.service in fault.services for fault in self.faults)

    async def _pass_on(self, request: Message) -> Message | None:
        """The emulator's answer, or None where it is away."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream, limit=2**20)
        except OSError:
            return None
        try:
            writer.write(request.written(last=True))
            await writer.drain()
            return await http.read(reader, answer_to=request.method)
        except (OSError, http.Malformed):
            return None
        finally:
            writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Ends the connection as a crash does: with a reset, not in good order."""
    if writer.transport.is_closing():
        return
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
