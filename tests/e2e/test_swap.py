# SPDX-License-Identifier: Apache-2.0
"""A whole swap, from mosquitto_pub to the tables, at a plant minute per second."""

import hashlib
import json

from harness import command


def ask(world, vehicle, request=None):
    data = {"user": "1234", "vehicle": vehicle}
    if request:
        data["requestId"] = request
    payload = command(1, data=data)
    world.publish(payload)
    return hashlib.sha256(payload.encode()).hexdigest()[:16]


def finish(world, digest):
    row = world.wait_until(
        lambda: (found := world.command_row(digest=digest)) and
        found["outcome"] in ("done", "failed", "refused", "expired") and found,
        "the command has its outcome")
    assert row["outcome"] == "done", row
    return row


def test_swap_is_paired_and_the_returned_battery_is_charged(fast_station):
    world = fast_station
    listener = world.listen()
    digest = ask(world, "VEH-1", "request-1")
    finish(world, digest)
    swap = world.wait_until(lambda: world.rows(
        "SELECT * FROM swap WHERE request_id = 'request-1' AND outcome = 'done'"), "the swap")[0]
    assert swap["vid"] == "VEH-1" and swap["user_id"] == "1234" and swap["station_id"] == "1231"
    assert swap["bid_in"] and swap["bid_out"] and swap["bid_in"] != swap["bid_out"]
    assert swap["soc_out"] > swap["soc_in"]
    assert swap["started_at"] < swap["ended_at"]

    # The vehicle's own pack was loaded somewhere else before: that On-Load and our Off-Load pair.
    history = world.rows("SELECT * FROM battery_exchange_task WHERE bid = ? ORDER BY event_time",
                         swap["bid_in"])
    assert [task["event"] for task in history] == ["On-Load", "Off-Load"]
    on_load, off_load = history
    assert on_load["vid"] == off_load["vid"] == "VEH-1"
    assert on_load["start_time"] == off_load["start_time"] == on_load["event_time"]
    assert on_load["end_time"] == off_load["end_time"] == off_load["event_time"]
    assert off_load["request_id"] == "request-1"
    given = world.rows("SELECT * FROM battery_exchange_task WHERE bid = ?", swap["bid_out"])
    assert len(given) == 1 and given[0]["event"] == "On-Load" and given[0]["end_time"] is None
    assert given[0]["event_time"] >= off_load["event_time"]

    # Where both batteries are now.
    places = {row["bid"]: row for row in world.rows("SELECT * FROM battery")}
    assert places[swap["bid_in"]]["where_kind"] == "bay"
    assert places[swap["bid_in"]]["where_id"] == "1231"
    assert places[swap["bid_out"]]["where_kind"] == "vehicle"
    assert places[swap["bid_out"]]["where_id"] == "VEH-1"

    # Two events were said, once each, on the event lane.
    events = [message for message in listener.of_type(17)
              if message["data"]["requestId"] == "request-1"]
    assert [event["data"]["event"] for event in events] == ["Off-Load", "On-Load"]
    assert all(event["lane"] == "event" and event["prev"] < event["seq"] for event in events)

    # The returned pack charges under a session until it is ready.
    process = world.wait_until(lambda: world.rows(
        "SELECT * FROM charging_process WHERE bid = ? AND session_id IS NOT NULL",
        swap["bid_in"]), "the returned battery charges")[0]
    assert process["vid"] == "VEH-1"
    closed = world.wait_until(lambda: world.rows(
        "SELECT * FROM charging_process WHERE end_date IS NOT NULL AND charge_energy_used > 1"),
        "a charging process is closed", 90)
    for row in closed:
        ratio = row["charge_energy_added"] / row["charge_energy_used"]
        assert 0.85 <= ratio <= 1.0, row
        assert row["end_soc"] > row["start_soc"] and row["duration_min"] >= 1
        assert row["start_date"] < row["end_date"]
        # Rule 2 stands beside rule 1: by the charger's meter, and nothing is implausible.
        shown = json.loads(world.ctl("--json", "charging", "show", str(row["id"])).stdout)[0]
        first, second = shown["evaluations"]
        assert (first["rule_version"], second["rule_version"]) == (1, 2)
        assert first["charge_energy_used"] == row["charge_energy_used"]
        assert second["charge_energy_metered"] > 1 and 0.8 <= second["efficiency"] <= 1
        assert {flag["flag"] for flag in shown["flags"]} <= {"gap", "clock_step"}, shown["flags"]
    assert world.one("SELECT count(*) FROM quarantine") == 0


def test_a_vehicle_that_returns_closes_its_interval(fast_station):
    world = fast_station
    finish(world, ask(world, "VEH-2", "first"))
    first = world.wait_until(lambda: world.rows(
        "SELECT * FROM swap WHERE request_id = 'first' AND outcome = 'done'"), "first swap")[0]
    digest = ask(world, "VEH-2", "second")
    # A gate that still closes refuses: a driver would ask again.
    while (world.wait_until(lambda: (row := world.command_row(digest=digest)) and
                            row["outcome"] not in ("sent", "accepted") and row,
                            "an outcome"))["outcome"] == "refused":
        assert world.command_row(digest=digest)["reason"].startswith("Busy")
        digest = ask(world, "VEH-2", "second")
    finish(world, digest)
    second = world.wait_until(lambda: world.rows(
        "SELECT * FROM swap WHERE request_id = 'second' AND outcome = 'done'"), "second swap")[0]
    assert second["bid_in"] == first["bid_out"]
    tasks = world.rows("SELECT * FROM battery_exchange_task WHERE bid = ? ORDER BY event_time",
                       first["bid_out"])
    assert [task["event"] for task in tasks] == ["On-Load", "Off-Load"]
    assert tasks[0]["end_time"] == tasks[1]["event_time"] == tasks[1]["end_time"]
    assert tasks[1]["start_time"] == tasks[0]["event_time"]


def test_no_second_swap_while_one_is_under_way(fast_station):
    world = fast_station
    first = ask(world, "VEH-3", "one")
    world.wait_until(lambda: (row := world.command_row(digest=first)) and
                     row["outcome"] == "accepted", "the first is accepted")
    second = ask(world, "VEH-4", "two")
    row = world.wait_until(lambda: (row := world.command_row(digest=second)) and
                           row["outcome"] == "refused" and row, "the second is refused")
    assert row["reason"].startswith("Busy")
    finish(world, first)
    assert world.one("SELECT count(*) FROM swap WHERE request_id = 'two'"
                     " AND outcome = 'done'") == 0


def test_every_event_is_in_the_log_in_order_and_once(fast_station):
    world = fast_station
    finish(world, ask(world, "VEH-5", "logged"))
    rows = world.rows("SELECT journal, boot, seq, kind, payload FROM event_log"
                      " WHERE lane = 'event' ORDER BY id")
    for stream in {(row["journal"], row["boot"]) for row in rows}:
        numbers = [row["seq"] for row in rows if (row["journal"], row["boot"]) == stream]
        assert numbers == sorted(set(numbers))
    swaps = [json.loads(row["payload"]) for row in rows if row["kind"] == "SWAP_EVENT"]
    assert swaps
    assert world.one("SELECT coalesce(sum(gap_rows), 0) FROM stream") == 0
