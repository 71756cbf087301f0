"""The plan of faults: the same again for the same seed, and everything often enough."""

from __future__ import annotations

from collections import Counter

from bench.chaos.plan import CLOCKS, DECK, LOG_TOO, SERVICES, plan


def test_a_round_alone_has_the_faults_that_it_has_among_others() -> None:
    twenty = [plan(7, number, seconds=12) for number in range(1, 21)]

    assert plan(7, 13, seconds=12) == twenty[12]
    assert plan(8, 13, seconds=12) != twenty[12]
    assert len({one.faults for one in twenty}) == 20


def test_in_twenty_rounds_each_kind_comes_several_times_whatever_the_seed() -> None:
    for seed in range(20):
        kinds = Counter(kind for number in range(1, 21) for kind in plan(seed, number, seconds=12).counts)
        assert set(kinds) == set(DECK)
        assert min(kinds.values()) >= 4


def test_each_fault_is_within_the_load_and_each_service_fails() -> None:
    faults = [fault for number in range(1, 41) for fault in plan(1, number, seconds=12).faults]

    assert all(fault.at >= 0 and fault.at + fault.seconds <= 12 for fault in faults)
    assert {service for fault in faults for service in fault.services} == set(SERVICES)


def test_each_clock_moves_both_workers_and_relays_die_and_the_disk_is_full_in_both_ways() -> None:
    for seed in range(5):
        faults = [fault for number in range(1, 21) for fault in plan(seed, number, seconds=12).faults]
        targets = {fault.target for fault in faults if fault.target}
        assert targets == {*CLOCKS, "worker-2", "relay-2", "tables", LOG_TOO}


def test_chosen_kinds_are_dealt_alone() -> None:
    chosen = plan(3, 2, seconds=4, kinds=("kill relay", "disk full"), count=2)

    assert set(chosen.counts) == {"kill relay", "disk full"}
