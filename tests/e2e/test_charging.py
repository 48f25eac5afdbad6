# SPDX-License-Identifier: Apache-2.0
"""Work on charging processes beside a running bridge, which does the writing."""

import datetime
import json
import sqlite3

PROCESSES = "SELECT end_reason, charge_energy_used AS used, cost FROM charging_process ORDER BY id"


def charge(world, second, **fields):
    """One sample of battery B-1 at 360 kW, `second` s after 8 o'clock of yesterday."""
    start = datetime.datetime.now(datetime.timezone.utc).replace(
        hour=8, minute=0, second=0, microsecond=0) - datetime.timedelta(days=1)
    battery = {"slot": 1, "bid": "B-1", "charge": True, "soc": 40, "chargerPower": 360} | fields
    world.publish(json.dumps({
        "device": "77", "type": 0, "data": {"battery": battery},
        "time": (start + datetime.timedelta(seconds=second)).isoformat()}), "info")


def wait_for_samples(world, count):
    world.wait_until(lambda: world.one(
        "SELECT (SELECT count(*) FROM charge_open) + (SELECT ifnull(sum(samples), 0) FROM "
        "charge_chunk)") == count, f"{count} samples")


def test_repair_and_recalculation_beside_a_bridge(bridged):
    world = bridged
    for second in (0, 10, 20):
        charge(world, second)
    wait_for_samples(world, 3)
    assert "0 open" in world.ctl("charging", "repair", "--dry-run").stdout
    assert "1 charging processes closed" in world.ctl("charging", "repair", "--idle-min",
                                                      "0").stdout
    assert world.rows(PROCESSES) == [{"end_reason": "repaired", "used": 2.0, "cost": None}]
    # The battery had not ended: what comes later goes on where it was.
    charge(world, 30)
    charge(world, 40, charge=False)
    wait_for_samples(world, 5)
    assert world.rows(PROCESSES) == [{"end_reason": "stopped", "used": 4.0, "cost": None}]

    with sqlite3.connect(world.database) as spoiled:
        spoiled.execute("UPDATE charging_process SET charge_energy_used = 77, cost = 12300, "
                        "cost_source = 'manual'")
    spoiled.close()
    told = json.loads(world.ctl("charging", "recalculate", "--bid", "B-1", "--json").stdout)
    assert (told["looked_at"], told["changed"], told["complete"]) == (1, 1, True)
    assert [(change["field"], change["before"], change["after"]) for change in told["changes"]] == [
        ("charge_energy_used", 77, 4)]
    assert world.rows(PROCESSES) == [{"end_reason": "stopped", "used": 4.0, "cost": 12300}]
    again = world.ctl("charging", "recalculate", "--all")
    assert again.stdout == "1 processes looked at, 0 changed\n"
