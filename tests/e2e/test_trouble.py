# SPDX-License-Identifier: Apache-2.0
"""Processes that stop, restart or are killed: nothing is lost, nothing comes twice."""

from harness import command
from test_swap import ask, finish


def marks(world):
    return {(row["journal"], row["boot"], row["lane"]): row["seq"]
            for row in world.rows("SELECT * FROM stream WHERE device = '1231'")}


def assert_exactly_once(world):
    """Per journal and boot, the event lane's rows are all there, in order, once."""
    rows = world.rows("SELECT journal, boot, seq FROM event_log WHERE lane = 'event' ORDER BY id")
    streams = {}
    for row in rows:
        streams.setdefault((row["journal"], row["boot"]), []).append(row["seq"])
    assert streams
    for (journal, boot), numbers in streams.items():
        # COMMAND_RESULTs of the lane are in `command`, so the log may skip numbers, never repeat.
        assert numbers == sorted(set(numbers))
        mark = marks(world)[(journal, boot, "event")]
        assert numbers[-1] <= mark
    assert world.one("SELECT coalesce(sum(gap_rows), 0) FROM stream") == 0


def acknowledged(listener):
    """The newest marks that the bridge told the station, per journal and boot."""
    newest = {}
    for message in listener.of_type(32, "1231"):
        data = message["data"]
        place = newest.setdefault((data["journal"], data["boot"]), {"event": 0, "telemetry": 0})
        for lane in place:
            assert data[lane] >= place[lane], "an acknowledgement never goes back"
            place[lane] = data[lane]
    return newest


def test_bridge_restart_resumes_where_it_was(fast_station):
    world = fast_station
    acks = world.listen("control/#")
    finish(world, ask(world, "VEH-1", "before"))
    world.wait_until(lambda: acknowledged(acks), "acknowledgements")
    world.stop("bridge")
    before = marks(world)
    world.publish(command(2, id="while-away"))  # waits in the broker for the bridge's session
    world.start_bridge()
    world.wait_until(lambda: any(marks(world)[key] > before[key] for key in before),
                     "the marks move on")
    finish(world, ask(world, "VEH-2", "after"))
    world.wait_until(lambda: world.command_row(message_id="while-away", outcome="done"),
                     "what was said while it was away is on record")
    assert_exactly_once(world)
    place = acknowledged(acks)
    for (journal, boot), seqs in place.items():
        for lane, seq in seqs.items():
            assert seq <= marks(world).get((journal, boot, lane), 0), "acked what is not committed"
    assert world.one("SELECT count(*) FROM swap WHERE outcome = 'done'") == 2


def test_killed_monitor_continues(fast_station):
    world = fast_station
    finish(world, ask(world, "VEH-1", "one"))
    boots = world.one("SELECT max(boot) FROM stream")
    world.kill("monitor-1231")
    world.wait_until(lambda: world.one("SELECT max(boot) FROM stream") == boots + 1, "a new boot")
    world.wait_until(lambda: world.station_is_up(), "the station is up", 90)
    again(world, "VEH-2", "two")
    assert_exactly_once(world)
    assert ("monitor-1231", "killed by SIGKILL") in world.restarts


def test_killed_engine_moves_nothing_and_then_serves_again(fast_station):
    world = fast_station
    digest = ask(world, "VEH-1", "cut-short")
    world.wait_until(lambda: (row := world.command_row(digest=digest)) and
                     row["outcome"] == "accepted", "it is accepted")
    world.kill("engine-1231")
    row = world.wait_until(lambda: (row := world.command_row(digest=digest)) and
                           row["outcome"] in ("failed", "done") and row, "it is closed")
    assert row["outcome"] == "done" or row["reason"].startswith("interrupted"), row
    world.wait_until(lambda: world.station_is_up(), "the station is up", 90)
    assert_exactly_once(world)
    # No bay holds two batteries, no battery lies in two bays.
    held = [bay["bid"] for bay in world.rows("SELECT bid FROM bay WHERE bid IS NOT NULL")]
    assert len(held) == len(set(held))
    world.publish(command(2, id="alive"))
    world.wait_until(lambda: world.command_row(message_id="alive", outcome="done"), "it answers")


def test_killed_bridge_loses_nothing(fast_station):
    world = fast_station
    digest = ask(world, "VEH-1", "one")
    world.wait_until(lambda: (row := world.command_row(digest=digest)) and
                     row["outcome"] == "accepted", "it is accepted")
    world.kill("bridge")
    finish(world, digest)
    assert_exactly_once(world)
    assert world.one("SELECT count(*) FROM swap WHERE outcome = 'done'") == 1
    assert world.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def again(world, vehicle, request):
    """As a driver would: asks until the station is not busy or in safe mode any more."""
    while True:
        digest = ask(world, vehicle, request)
        row = world.wait_until(lambda: (row := world.command_row(digest=digest)) and
                               row["outcome"] not in ("sent", "accepted") and row, "an outcome")
        if row["outcome"] != "refused":
            break
        assert row["reason"].split(":")[0] in ("Busy", "SafetyLock"), row
    assert row["outcome"] == "done", row
