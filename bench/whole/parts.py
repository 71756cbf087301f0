"""What `bin/bench` runs: each part is a bench that also runs alone, with what it is asked for in a whole run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """`bench/<name>.py` with `options`, or with `quick` for a look; ended after `at_most` seconds.

    `of_a_file`: it reads real orders, which the project does not hold, from the file of `--retail`.
    `of_a_shop`: it measures a shop that `bin/up` has started, and does not start what it needs by itself.
    """

    options: str = ""
    quick: str = ""
    at_most: float = 180
    of_a_shop: bool = False
    of_a_file: bool = False
    tools: tuple[str, ...] = ()


WRK = ("wrk",)
PARTS: dict[str, Part] = {
    "catalog": Part("--sizes 1000 100000 --seconds 3", "--sizes 1000 --seconds 1", 400, tools=WRK),
    "orders": Part("--orders 0 --seconds 5", "--orders 0 --buyers 8 --seconds 2", 300, tools=WRK),
    "live": Part(
        "--sockets 500 --staff 50 --seconds 10 --outage 15 --all 500",
        "--sockets 60 --staff 10 --seconds 2 --outage 6 --all 60",
        300,
    ),
    "pdf": Part("", "--only plain", 240),
    "mixed": Part("--seconds 6", "--seconds 2 --products 1000 --most 400", 300),
    "first": Part(at_most=600),
    "pipeline": Part("--orders 200", "--orders 10 --documents 3 --messages 50", 300),
    "memory": Part("", "--rest 5", of_a_shop=True),
    "race": Part("", "--buyers 50 --units 10 --repeats 10", of_a_shop=True),
    "replay": Part("--limit 150", "--limit 10", of_a_shop=True, of_a_file=True),
}
"""In the order of a whole run. Of those that look at one shop, the first finds it at rest."""

GROWTH: dict[str, Part] = {
    "catalog": Part("--sizes 1000 100000 1000000 --seconds 3", "--sizes 1000 2000 --seconds 1", 3600, tools=WRK),
    "orders": Part(
        "--orders 0 1000000 --buyers 8 64 --seconds 4", "--orders 0 20000 --buyers 8 --seconds 2", 1800, tools=WRK
    ),
    **{
        f"mixed-{workers}": Part(
            f"--workers {workers}", f"--workers {workers} --seconds 1 --products 1000 --most 200", 400
        )
        for workers in (1, 2, 3, 4)
    },
}
"""For `bin/bench growth`: how the cost grows with what is there, and what more processes of the web take in."""
