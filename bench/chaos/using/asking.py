"""How a careful client brings about one thing: under one key, until it knows what became of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from bench.driving.client import Answer, Client
from bench.proving.intentions import Intention

PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
REFUSALS = {"out_of_stock", "order_transition_not_allowed"}
"""What a shop may say to an intention that is in order: it has an answer then, and no effect."""


class Strange(Exception):
    """An answer that no promise of the shop allows."""


def ask(client: Client, intention: Intention, *, go_on: Callable[[], bool]) -> bool:
    """Sends it until it is answered or refused, or there is no going on; whether its end is known.

    A token that is not taken is fetched anew, and again: a process whose clock is wrong takes none for a while.
    Raises Strange.
    """
    tries = 0
    while tries == 0 or go_on():
        fault, answer = client.once("POST", intention.path, intention.body or None, key=intention.key)
        if answer is not None and not fault and (done := _heard(client, intention, answer)):
            return done
        time.sleep(PAUSES[min(tries, len(PAUSES) - 1)] * random.uniform(0.5, 1.0))
        tries += 1
    return False


def _heard(client: Client, intention: Intention, answer: Answer) -> bool:
    if answer.status in (200, 201):
        body: dict[str, Any] = answer.body
        intention.answers.append(body)
        return True
    if answer.code in REFUSALS:
        intention.refusal = answer.code
        return True
    if answer.status == 401 and client.sign_in:
        client.faults.note("401 of a token that was good", f"{intention.path}: {answer.body}")
        client.forget_token()
        return False
    raise Strange(f"{intention.path} {intention.key}: {answer.status} {answer.body}")
