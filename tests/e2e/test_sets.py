# SPDX-License-Identifier: Apache-2.0
"""Vehicles of two packs, and stations that hand out first, with real processes."""

import json

import pytest

from evidence import Evidence
from harness import command

PACKS = "nmc:97.5 lfp:98.4 nmc:96.2 nmc:97 lfp:84 nmc:79 empty empty"


@pytest.fixture
def station_of_sets(make_world):
    """As fast_station, with vehicles of two packs, four ready batteries and two free bays."""
    world = make_world(speed=60.0)
    world.start_bridge()
    world.start_station(SWAPSTACK_SIM_PACKS=PACKS, SWAPSTACK_SIM_TWO_PACK_SHARE_PERCENT="100")
    return world


def hand_out_first(world):
    """By configuration; the station echoes what it took."""
    world.publish(command(34, data={"swap_order": {"version": 5, "value": "out-in"}}))
    world.wait_until(lambda: "out-in" in (world.one("SELECT config FROM station") or ""),
                     "the station echoes swap_order")


def events_of(world, request):
    return world.rows("SELECT json_extract(payload, '$.data.event') AS event,"
                      " json_extract(payload, '$.data.order') AS 'order',"
                      " json_extract(payload, '$.data.count') AS count,"
                      " json_extract(payload, '$.data.battery.bid') AS bid FROM event_log"
                      " WHERE kind = 'SWAP_EVENT' AND json_extract(payload, '$.data.requestId') = ?"
                      " ORDER BY id", request)


def swap(world, request, *more, status=0):
    world.ctl("command", "ask-charge", "--device", "1231", "--vehicle", "VEH-1", "--user", "anna",
              "--request-id", request, *more, status=status)
    return json.loads(world.ctl("--json", "swap", "list").stdout)[0]


def swap_when_it_may(world, name):
    """A station that has just come back refuses for a moment: a driver would ask again."""
    for attempt in range(100):
        request = f"{name}-{attempt}"
        world.publish(command(1, data={"user": "anna", "vehicle": "VEH-1", "requestId": request,
                                       "count": 2}))
        row = world.wait_until(lambda: (row := world.command_row(type=1)) and
                               request in row["payload"] and
                               row["outcome"] not in ("sent", "accepted") and row,
                               f"{request} ends", 120)
        if row["outcome"] != "refused":
            assert row["outcome"] == "done", row
            return request
        assert row["reason"] in ("Busy", "SafetyLock"), row
    raise AssertionError("the station refuses for ever")


def check_vehicle(world, bids):
    held = world.rows("SELECT bid FROM battery WHERE where_kind = 'vehicle' AND where_id = 'VEH-1'")
    assert sorted(row["bid"] for row in held) == sorted(bids)
    assert world.one("SELECT count(*) FROM alert WHERE kind IN ('custody', 'missing_on_load')") == 0


def test_a_set_comes_in_and_a_set_goes_out(station_of_sets):
    world = station_of_sets
    shown = swap(world, "both", "--count", "2")
    assert shown["outcome"] == "done" and shown["batteries"] == 2, shown
    events = events_of(world, "both")
    assert [event["event"] for event in events] == ["Off-Load", "Off-Load", "On-Load", "On-Load"]
    assert {event["order"] for event in events} == {"In-Out"}
    assert {event["count"] for event in events} == {2}
    bids = [event["bid"] for event in events]
    assert len(set(bids)) == 4
    assert [shown["bid_in"], shown["bid_in_2"]] == sorted(bids[:2])
    assert [shown["bid_out"], shown["bid_out_2"]] == sorted(bids[2:])
    assert shown["soc_out_2"] > shown["soc_in_2"]
    check_vehicle(world, bids[2:])
    # Each battery of the set has its own stay, from its commissioning to its Off-Load.
    for bid in bids[:2]:
        stay = world.rows("SELECT * FROM battery_exchange_task WHERE bid = ? ORDER BY event_time", bid)
        assert [task["event"] for task in stay] == ["On-Load", "Off-Load"]
        assert stay[0]["end_time"] == stay[1]["event_time"]
    world.ctl("audit")
    Evidence(world).check_effects()


def test_a_set_that_cannot_be_is_refused(station_of_sets):
    world = station_of_sets
    swap(world, "first", "--count", "2")
    # One of four ready batteries was enough for the next; the returned ones charge for a while yet.
    world.publish(command(34, data={"locked.1": {"version": 1, "value": sorted(
        row["bid"] for row in world.rows("SELECT bid FROM bay WHERE state = 'READY'"))[:1]}}))
    world.wait_until(lambda: "locked.1" in (world.one("SELECT config FROM station") or ""), "a lock")
    done = world.ctl("command", "ask-charge", "--device", "1231", "--vehicle", "VEH-2", "--user",
                     "anna", "--count", "3", status=64)
    assert "--count" in done.stderr and "2" in done.stderr
    world.ctl("command", "ask-charge", "--device", "1231", "--vehicle", "VEH-2", "--user", "anna",
              "--request-id", "second", "--count", "2", status=69)
    row = world.command_row(outcome="refused")
    assert row["reason"] == "NoBatteryAvailable"
    assert events_of(world, "second") == []


def test_a_station_that_hands_out_first(fast_station):
    world = fast_station
    hand_out_first(world)
    shown = swap(world, "out-in")
    assert shown["outcome"] == "done" and shown["batteries"] is None, shown
    events = events_of(world, "out-in")
    assert [event["event"] for event in events] == ["On-Load", "Off-Load"]
    assert {event["order"] for event in events} == {"Out-In"}
    assert (shown["bid_out"], shown["bid_in"]) == (events[0]["bid"], events[1]["bid"])
    check_vehicle(world, [events[0]["bid"]])
    Evidence(world).check_effects()


def test_two_go_out_then_two_come_in_over_a_restart(make_world):
    """The engine is killed while the vehicle holds what it got and what it came with: the next
    command takes what is owed and gives nothing more."""
    world = make_world(speed=12.0)  # so that the driver is not done before the engine is killed
    world.start_bridge()
    world.start_station(SWAPSTACK_SIM_PACKS=PACKS, SWAPSTACK_SIM_TWO_PACK_SHARE_PERCENT="100")
    hand_out_first(world)
    world.publish(command(1, data={"user": "anna", "vehicle": "VEH-1", "requestId": "cut",
                                   "count": 2}))
    world.wait_until(lambda: [event["event"] for event in events_of(world, "cut")][:2] ==
                     ["On-Load", "On-Load"], "both went out", 120)
    world.kill("engine-1231")
    row = world.wait_until(lambda: (row := world.command_row(type=1)) and
                           row["outcome"] == "failed" and row, "the swap ends as interrupted")
    assert row["reason"].startswith("interrupted: the engine was restarted (of 2: ")
    assert row["reason"].endswith(" came in, 2 went out)")
    rest = swap_when_it_may(world, "rest")
    events = events_of(world, "cut") + events_of(world, rest)
    assert [event["event"] for event in events] == ["On-Load"] * 2 + ["Off-Load"] * 2
    assert len({event["bid"] for event in events}) == 4
    check_vehicle(world, [event["bid"] for event in events[:2]])
