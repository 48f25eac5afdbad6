# SPDX-License-Identifier: Apache-2.0
"""What scripts/run draws: arrivals from measured gaps, and a plant clock that goes on."""

import random

import pytest

from harness import ROOT  # noqa: F401  (puts scripts/lib on the path)
import plantclock
import run
import traffic


class Clock:
    """A plant clock that stands where the test puts it."""

    def __init__(self, now, is_new=True):
        self.now, self.is_new, self.origin_plant = now, is_new, now

    def plant(self):
        return self.now


ELEVEN = 1795258800.0  # 2026-11-21T11:00:00Z


def test_quantiles_are_drawn_back():
    gaps = traffic.Quantiles.read(run.QUANTILES, "arrival_gap_minutes")
    assert gaps.at(0.0) == gaps.values[0] and gaps.at(1.0) == gaps.values[-1]
    assert gaps.at(0.5) == gaps.values[10]
    assert gaps.at(0.525) == pytest.approx((gaps.values[10] + gaps.values[11]) / 2)
    generator = random.Random(7)
    drawn = sorted(gaps.draw(generator) for _ in range(20000))
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        assert drawn[int(share * len(drawn))] == pytest.approx(gaps.at(share), rel=0.05)
    with pytest.raises(ValueError):
        traffic.Quantiles([2.0, 1.0])


def arrivals(monkeypatch, seed, hours, is_new=True):
    """(vehicle, time) of the visits of some hours, none of which is ever served."""
    monkeypatch.setattr(traffic.Traffic, "_send", lambda self, visit: None)
    clock = Clock(ELEVEN - 120, is_new)
    gaps = traffic.Quantiles.read(run.QUANTILES, "arrival_gap_minutes")
    flow = traffic.Traffic(clock, 1, "1231", "none.db", gaps, 8, seed, lambda text: None)
    seen = []
    while clock.now < ELEVEN + hours * 3600:
        flow.look()
        seen += [(visit.vehicle, visit.due) for visit in flow.visits]
        flow.visits.clear()
        clock.now += 30
    return seen


def test_vehicles_come_from_eleven_on_repeatably_and_rest_between_visits(monkeypatch):
    first = arrivals(monkeypatch, 1, 24)
    assert first == arrivals(monkeypatch, 1, 24) and first != arrivals(monkeypatch, 2, 24)
    assert ELEVEN + 5 <= first[0][1] <= ELEVEN + 60
    assert 80 <= len(first) <= 200  # eight posts of about a hundred minutes between arrivals
    last = {}
    for vehicle, at in first:
        assert at - last.get(vehicle, 0) >= traffic.REST
        last[vehicle] = at
    assert len(last) < len(first), "some come back"


def test_a_continued_run_does_not_repeat_the_first_ones_arrivals(monkeypatch):
    assert arrivals(monkeypatch, 1, 2)[0] != arrivals(monkeypatch, 1, 2, is_new=False)[0]


def test_the_plant_clock_goes_on_where_it_stood(tmp_path):
    path = str(tmp_path / "clock.json")
    first = plantclock.PlantClock(path, 60.0)
    assert first.is_new and plantclock.plant_text(first.origin_plant) == "10:58:00"
    first.save()
    second = plantclock.PlantClock(path, 1.0)
    assert not second.is_new and 0 <= second.origin_plant - first.origin_plant < 600
    assert second.environment()["SWAPSTACK_CLOCK_SPEED"] == "1.0"
    (tmp_path / "clock.json").write_text("{")
    with pytest.raises(SystemExit, match="damaged"):
        plantclock.PlantClock(path, 1.0)
