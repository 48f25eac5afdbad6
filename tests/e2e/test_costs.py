# SPDX-License-Identifier: Apache-2.0
"""Costs beside a running bridge: a tariff by the hour, and one that comes later."""

import json


def test_a_process_is_billed_by_the_hour_and_again_after_a_change(make_world):
    world = make_world(speed=120.0)  # from 11:00 UTC on
    world.start_bridge()
    world.start_station()
    world.ctl("station", "zone", "1231", "Asia/Tokyo", "--actor", "ana")
    # 11:00 UTC is 20:00 in Tokyo: every process meets 0.40 only.
    world.ctl("tariff", "add", "--station", "1231", "--per-kwh", "0.25", "--fee", "0.5", "--from",
              "2020-01-01", "--windows", "19:00-24:00=0.40", "--actor", "ana")
    world.ctl("command", "ask-charge", "--device", "1231", "--vehicle", "VEH-1", "--no-wait")
    row = world.wait_until(lambda: world.rows(
        "SELECT * FROM charging_process WHERE cost NOTNULL AND charge_energy_used > 0.5"),
        "a process has its cost", 90)[0]
    energy = max(row["charge_energy_used"], row["charge_energy_added"])
    assert row["cost_source"] == "tariff"
    assert abs(row["cost"] / 10000 - (0.40 * energy + 0.5)) < 0.013, row  # used is unrounded there

    world.ctl("tariff", "add", "--station", "1231", "--per-kwh", "0.20", "--from", "2020-01-02")
    dry = json.loads(world.ctl("--json", "tariff", "apply", "--dry-run").stdout)
    assert row["id"] in [change["id"] for change in dry]
    assert world.one("SELECT cost FROM charging_process WHERE id = ?", row["id"]) == row["cost"]
    changes = json.loads(world.ctl("--json", "tariff", "apply", "--actor", "ben").stdout)
    change = next(change for change in changes if change["id"] == row["id"])
    assert change["before"] == f"{row['cost'] / 10000:.2f}"
    now = world.one("SELECT cost FROM charging_process WHERE id = ?", row["id"])
    assert abs(now / 10000 - 0.20 * energy) < 0.0051 and change["after"] == f"{now / 10000:.2f}"
    assert world.one("SELECT count(*) FROM event_log WHERE kind = 'tariff.apply' AND actor_id = 'ben'")

    world.ctl("charging", "cost", str(row["id"]), "--total", "9.99")
    changes = json.loads(world.ctl("--json", "tariff", "apply").stdout)
    assert row["id"] not in [change["id"] for change in changes]
    assert world.one("SELECT cost FROM charging_process WHERE id = ?", row["id"]) == 99900
    hours = json.loads(world.ctl("--json", "charging", "report", "--by", "hour").stdout)
    assert hours and all(hour["hour"] >= "19:00" or hour["hour"] < "05:00" for hour in hours)
