# SPDX-License-Identifier: Apache-2.0
"""More than one station, and stations that nobody knows."""

import json

from harness import command, today


def info(device, **more):
    return json.dumps({"device": device, "type": 0, "time": today(),
                       "data": {"battery": {"bluetooth": True, "charge": True, "maxVol": 4.1}},
                       **more})


def test_two_stations_side_by_side(make_world):
    world = make_world(speed=60.0)
    world.start_bridge()
    world.start_station("north")
    world.start_station("south")
    for device in ("north", "south"):
        world.publish(command(1, device, id=f"swap-{device}",
                              data={"user": "u", "vehicle": f"V-{device}",
                                    "requestId": f"swap-{device}"}))
    for device in ("north", "south"):
        world.wait_until(
            lambda: world.command_row(message_id=f"swap-{device}", device=device,
                                      outcome="done"), f"{device} swapped")
    assert world.rows("SELECT station_id, vid, outcome FROM swap ORDER BY station_id") == [
        {"station_id": "north", "vid": "V-north", "outcome": "done"},
        {"station_id": "south", "vid": "V-south", "outcome": "done"}]
    journals = world.rows("SELECT DISTINCT device, journal FROM stream ORDER BY device")
    assert [row["device"] for row in journals] == ["north", "south"]
    assert journals[0]["journal"] != journals[1]["journal"]
    for device in ("north", "south"):
        assert world.one("SELECT count(*) FROM bay WHERE station_id = ?", device) == 8
    # Everybody answers a question to everybody.
    listener = world.listen()
    world.publish(command(2, "*", id="who"))
    world.wait_until(lambda: {message["device"] for message in listener.of_type(0)
                              if message.get("live")} == {"north", "south"}, "both answer")
    assert world.one("SELECT count(*) FROM quarantine") == 0


def test_a_station_on_its_own_topic_is_not_believed_on_the_common_one(bridged):
    bridged.publish(info("own"), "info/own")
    bridged.wait_until(lambda: bridged.one("SELECT own_topic FROM station WHERE"
                                           " station_id = 'own'") == 1, "seen on its own topic")
    bridged.publish(info("own"), "info")
    bridged.publish(info("other"), "info/own")
    bridged.wait_until(lambda: bridged.one("SELECT count(*) FROM quarantine") == 2,
                       "both are quarantined")
    assert not bridged.rows("SELECT 1 FROM station WHERE station_id = 'other'")


def test_unknown_stations_are_accepted_as_pending_and_can_be_approved(bridged):
    bridged.publish(info("new"), "info")
    bridged.wait_until(lambda: bridged.one("SELECT approval FROM station") == "pending", "pending")
    assert bridged.one("SELECT status FROM station") == "ACTIVE"
    bridged.ctl("station", "approve", "new", "--actor", "ana")
    assert bridged.one("SELECT approval FROM station") == "approved"


def test_unknown_stations_are_refused(make_world):
    world = make_world()
    world.start_bridge(SWAPSTACK_STATIONS_UNKNOWN="refuse")
    world.publish(info("stranger"), "info")
    world.wait_until(lambda: world.one("SELECT count(*) FROM quarantine") == 1, "quarantined")
    assert not world.rows("SELECT 1 FROM station WHERE station_id = 'stranger'"
                          " AND approval = 'approved'")
    assert world.one("SELECT count(*) FROM bay") == 0
    world.ctl("station", "approve", "stranger")
    world.publish(info("stranger"), "info")
    world.wait_until(lambda: world.one("SELECT count(*) FROM bay") == 1, "believed once approved")


def test_unknown_stations_are_held_until_approved(make_world):
    world = make_world()
    world.start_bridge(SWAPSTACK_STATIONS_UNKNOWN="hold")
    listener = world.listen("control/#")
    world.start_station("1231", wait=False)
    answer = world.wait_until(lambda: listener.of_type(33, "1231"), "REGISTER_RESULT")[0]
    assert answer["data"]["status"] == "pending"
    assert not listener.of_type(32)  # nothing acknowledged: the journal keeps it
    assert world.one("SELECT count(*) FROM bay") == 0
    world.ctl("station", "approve", "1231")
    world.wait_until(lambda: world.station_is_up("1231"), "its data is stored after approval")
    world.wait_until(lambda: listener.of_type(32, "1231"), "it is acknowledged now")
    assert world.one("SELECT coalesce(sum(gap_rows), 0) FROM stream") == 0
