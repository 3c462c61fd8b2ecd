"""The benchmark's own sums, worked by hand; its measurements are its business, not a test's."""

from __future__ import annotations

from probes.calibration import benchmark


def session(**favours: str | None) -> dict[str, object]:
    probes = [{"probe": probe, "favours": verdict} for probe, verdict in favours.items()]
    return {"probes": probes, "wall_seconds": 50.0, "measured": sum(v is not None for v in favours.values())}


def test_repeats_are_counted_by_each_probes_usual_verdict_and_only_where_a_verdict_was_given() -> None:
    repeats = [
        session(one="pytorch", two="equivalent", three=None),
        session(one="pytorch", two="inconclusive", three="tensorflow"),
        session(one="tensorflow", two="equivalent", three="tensorflow"),
    ]
    held = benchmark.stability(repeats)

    # one: two of three alike; two: two of two (not being able to tell is no verdict); three: two of two
    assert (held["same"], held["verdicts"]) == (6, 7)
    assert held["measured"] == [2, 3, 3]
    assert held["by_probe"]["one"] == {"pytorch": 2, "tensorflow": 1}


def test_simulated_cells_name_what_they_simulate_and_the_table_says_each() -> None:
    cells = benchmark.simulated(runs=4)

    assert {(cell["truth"], cell["process_sd"]) for cell in cells} == {
        (truth, spread) for truth in (1.0, 1.1, 1.3) for spread in (0.0, 0.03)
    }
    lines = benchmark.table({"simulated": cells}).splitlines()
    assert len(lines) == 1 + len(cells)
