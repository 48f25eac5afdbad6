# SPDX-License-Identifier: Apache-2.0
"""A locked battery is not given out, on a real station, until it is unlocked."""

import json

from harness import DEVICE


def test_a_locked_battery_stays_until_it_is_unlocked(fast_station):
    world = fast_station

    def echo():
        config = world.one("SELECT config FROM station WHERE station_id = ?", DEVICE)
        return json.loads(config or "{}").get("locked.1", {}).get("value")

    def ask(*more, **options):
        return world.ctl("command", "ask-charge", "--device", DEVICE, "--vehicle", "V1",
                         "--battery", battery, *more, **options)

    ready = world.wait_until(lambda: world.one("SELECT bid FROM bay WHERE state = 'READY'"
                                               " AND bid NOT NULL"), "a battery is ready")
    battery = ready
    world.ctl("battery", "lock", battery, status=64)  # why?
    world.ctl("battery", "lock", battery, "--reason", "recall 7", "--actor", "ana")
    assert "recall 7" in world.ctl("battery", "lock", battery, "--reason", "x", status=65).stderr
    world.wait_until(lambda: echo() == [battery], "the station has the list")
    assert "Unauthorized" in ask(status=69).stderr
    listed = json.loads(world.ctl("battery", "locks", "--json").stdout)
    assert [(row["bid"], row["locked_by"], row["where_id"]) for row in listed] == [
        (battery, "ana", DEVICE)]
    # Both processes keep it over a restart.
    world.kill(f"engine-{DEVICE}")
    world.kill(f"monitor-{DEVICE}")
    world.wait_until(lambda: len(world.restarts) >= 2, "they are back")
    world.wait_until(lambda: "Unauthorized" in ask("--no-wait").stdout or world.command_row(
        type=1, reason="Unauthorized"), "refused again")
    world.ctl("battery", "unlock", battery, "--actor", "bo")
    world.wait_until(lambda: echo() == [], "the station has the empty list")
    world.wait_until(lambda: world.station_is_up(), "the bays are verified")
    assert ask("--request-id", "r1").stdout.strip().endswith("done")
    world.wait_until(lambda: world.one("SELECT bid_out FROM swap WHERE request_id = 'r1'")
                     == battery, "it is given out")
    assert "wrong 0" in world.ctl("audit").stdout
