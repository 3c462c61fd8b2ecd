"""What NVML says of a card is read as its manual writes it, and nothing is said where it tells nothing."""

from __future__ import annotations

import pytest

from probes.system import machine
from tests.probes import nvml
from tests.probes.nvml import GIB


def test_memory_is_total_used_and_free(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml.put(monkeypatch, used=lambda: 3 * GIB)

    assert machine.gpu_memory() == [{"total": 80 * GIB, "used": 3 * GIB, "free": 77 * GIB}]


def test_a_processs_memory_is_its_own_and_nothing_where_the_driver_does_not_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nvml.put(monkeypatch, processes=((41, GIB), (42, 2 * GIB), (43, None)))

    assert [machine.gpu_memory_of(pid) for pid in (42, 43, 44)] == [2 * GIB, None, None]


def test_the_generation_of_every_card_is_its_compute_capability(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml.put(monkeypatch, cards=2)

    assert machine.compute_capability() == machine.fingerprint()["compute_capability"] == ["9.0", "9.0"]


# bits of nvmlClocksThrottleReasons in nvml.h: 0x1 is an idle card, 0x2 clocks that a user set
@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (0x0, []),
        (0x1 | 0x2, []),
        (0x4, ["power cap"]),
        (0x8 | 0x40, ["hardware slowdown", "hardware thermal"]),
        (0x80, ["power brake"]),
        (0x20, ["software thermal"]),
    ],
)
def test_the_reasons_for_lower_clocks_are_named(mask: int, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    nvml.put(monkeypatch, throttled=mask)

    assert machine.gpu_throttled() == words


def test_a_card_that_tells_nothing_has_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml.put(monkeypatch, tells=False)

    assert machine.gpu_memory() == []
    assert machine.compute_capability() == []
    assert machine.gpu_memory_of(1) is None
    assert machine.gpu_throttled() == []
