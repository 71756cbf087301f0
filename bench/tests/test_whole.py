"""`bin/bench` holds each aim against the figures of the part that measures it, and says what it cannot do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.proving import envelope
from bench.proving.report import Check
from bench.whole import aims
from bench.whole.parts import GROWTH, PARTS

ROOT = Path(__file__).resolve().parents[2]


def catalog(list_: float, view: float) -> aims.Figures:
    rows = [
        {"products": 1000, "case": "bare Django view", "per_second": view},
        {"products": 1000, "case": "list of 20", "per_second": list_},
        {"products": 100_000, "case": "list of 20", "per_second": 1.0},
    ]
    return {"rows": rows, "differences": 0, "load_before": 0.1}


def said(figures: dict[str, aims.Figures]) -> list[list[str]]:
    return [row[:5] for row in aims.rows(figures)[1:]]


def test_an_aim_is_reached_by_its_figure_and_by_its_share_of_the_floor() -> None:
    of_view = "1,400/s and 40 % of a bare view"
    fast = ["list of 20, each made anew", "1,500/s", "50% of a bare Django view", of_view, "yes"]
    assert said({"catalog": catalog(1500, 3000)}) == [fast]
    assert said({"catalog": catalog(1500, 5000)}) == [[*fast[:2], "30% of a bare Django view", of_view, "no"]]
    assert said({"catalog": catalog(1300, 2600)}) == [[fast[0], "1,300/s", *fast[2:4], "no"]]


def test_an_aim_that_was_not_measured_is_not_in_the_table() -> None:
    assert said({}) == []


def test_a_race_with_a_difference_is_not_reached() -> None:
    figures = {"rows": [], "checks": [{"found": "51 × 201"}], "differences": 1, "load_before": 0.1}
    assert said({"race": figures}) == [["200 buyers for 50 units", "51 × 201", "", "50 sold, 150 told so", "no"]]


def test_every_part_writes_one_envelope(tmp_path: Path) -> None:
    check = Check("orders", "2", "1", ["one is missing"])
    envelope.write(tmp_path / "a" / "race.json", "race", rows=[{"race": "one key"}], checks=[check], seed=7, run="R1")

    told = json.loads((tmp_path / "a" / "race.json").read_text())
    assert (told["part"], told["seed"], told["differences"], told["facts"]) == ("race", 7, 1, {"run": "R1"})
    assert told["rows"] == [{"race": "one key"}]
    assert told["machine"]["processors"] == os.cpu_count()


def test_every_part_is_a_bench_that_has_its_options() -> None:
    for name, part in [*PARTS.items(), *GROWTH.items()]:
        source = (ROOT / "bench" / f"{name.partition('-')[0]}.py").read_text()
        words = f"{part.options} {part.quick} --json".split()
        missing = [
            word
            for word in words
            if word.startswith("--") and f'add_argument("{word}"' not in " ".join(source.split()).replace("( ", "(")
        ]
        assert not missing, name


def test_a_missing_tool_is_named_with_the_line_that_installs_it(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bench.whole", "catalog", "--json", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stderr == "The bench cannot be run: The load is made by wrk: apt-get install -y wrk\n"


def test_a_part_that_there_is_not_is_refused() -> None:
    run = subprocess.run([sys.executable, "-m", "bench.whole", "speed"], cwd=ROOT, capture_output=True, check=False)
    assert run.returncode == 2
    assert b"there is no part speed, only catalog" in run.stderr
