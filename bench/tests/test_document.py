"""docs/performance.md says what was measured: its tables are those that the figures beside it make."""

from __future__ import annotations

from bench.whole import document

FIGURES = {
    "part": "memory",
    "commit": "abc",
    "at": "2026-11-28T05:00:00+00:00",
    "seconds": 20.4,
    "differences": 0,
    "machine": {"processors": 2, "processor": "CPU", "memory_gib": 8, "python": "3.11.7"},
    "load_before": 0.1,
    "rows": [{"process": "web", "processes": 3, "mib": 150.26}],
}


def test_the_tables_are_those_of_the_figures() -> None:
    text = document.DOCUMENT.read_text()
    assert document.written(text, document.read(document.FIGURES)) == text, "run bin/bench report"


def test_a_marked_place_is_filled_and_filled_again() -> None:
    once = document.written("a\n<!-- figures: memory -->\nold\n<!-- end -->\nb\n", {"memory": FIGURES})
    assert once == (
        "a\n<!-- figures: memory -->\n\n|  | processes | MiB (PSS) |\n|---|---|---|\n| web | 3 | 150.3 |\n\n"
        "Commit `abc`, 2026-11-28, 20 s, 0 differences; 2 × CPU, 8 GiB, Python 3.11.7; load before: 0.1.\n\n"
        "<!-- end -->\nb\n"
    )
    assert document.written(once, {"memory": FIGURES}) == once


def test_what_was_not_measured_says_with_which_command_it_is() -> None:
    assert "`bin/bench live`" in document.written("<!-- figures: live -->\n<!-- end -->\n", {})
    assert "`bin/bench growth`" in document.written("<!-- figures: growth-orders -->\n<!-- end -->\n", {})
