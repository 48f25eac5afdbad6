# SPDX-License-Identifier: Apache-2.0
"""The requirement's messages, literally: what a client that knows only
requirements/swap-station-platform.md sends, and what an operator types."""

import hashlib
import json

from harness import DEVICE, command, today

LITERAL = ('{"device": "1231", "type": 0, "data": {"battery": {"bluetooth": true, "charge": true,'
           ' "maxVol": 4.12}}, "time": "2016-2-1"}')


def test_literal_station_info_is_stored(bridged):
    bridged.publish(LITERAL, "info")
    row = bridged.wait_until(
        lambda: bridged.rows("SELECT * FROM station WHERE station_id = '1231'"), "it is stored")[0]
    assert (row["status"], row["approval"]) == ("ACTIVE", "pending")
    bays = bridged.rows("SELECT slot, bid, charging FROM bay WHERE station_id = '1231'")
    assert bays == [{"slot": 1, "bid": None, "charging": 1}]  # slot 1, and no battery without bid
    assert bridged.one("SELECT count(*) FROM battery") == 0
    assert bridged.one("SELECT count(*) FROM quarantine") == 0


def test_bare_station_info_with_max_vol_null_and_without_battery_list(bridged):
    bridged.publish(LITERAL.replace("4.12", "null").replace("1231", "77"), "info")
    bridged.wait_until(lambda: bridged.one("SELECT 1 FROM station WHERE station_id = '77'"), "77")
    several = {"device": "78", "type": 0, "time": today(), "data": {"battery": [
        {"slot": 2, "bid": "B-1", "charge": False, "soc": 41.5}, {"slot": 3, "bid": "B-2"}]}}
    bridged.publish(json.dumps(several), "info")
    bridged.wait_until(lambda: bridged.one("SELECT count(*) FROM bay WHERE station_id = '78'") == 2,
                       "two bays of 78")
    assert bridged.rows("SELECT bid, where_kind, where_id, slot FROM battery ORDER BY bid") == [
        {"bid": "B-1", "where_kind": "bay", "where_id": "78", "slot": 2},
        {"bid": "B-2", "where_kind": "bay", "where_id": "78", "slot": 3}]
    assert bridged.one("SELECT count(*) FROM quarantine") == 0


def test_commands_are_on_record_although_nobody_answers(bridged):
    payloads = [command(1, "404", data={"user": "1234", "vehicle": "1234"}), command(2, "404"),
                command(3, "404"), command(4, "404")]
    for payload in payloads:
        bridged.publish(payload)
    bridged.wait_until(lambda: bridged.one("SELECT count(*) FROM command") == 4, "four commands")
    rows = bridged.rows("SELECT * FROM command ORDER BY id")
    assert [row["type"] for row in rows] == [1, 2, 3, 4]
    assert [row["payload"] for row in rows] == payloads
    assert [row["digest"] for row in rows] == [
        hashlib.sha256(payload.encode()).hexdigest()[:16] for payload in payloads]
    assert {row["outcome"] for row in rows} == {"sent"}


def test_a_date_long_past_is_stale_and_todays_works(station):
    results = station.listen()
    old = '{"device":"1231","type":2,"time":"2016-2-1"}'
    station.publish(old)
    digest = hashlib.sha256(old.encode()).hexdigest()[:16]
    result = station.wait_until(lambda: results.results(digest=digest), "the refusal")[0]
    assert (result["outcome"], result["reason"]) == ("refused", "Stale")
    assert "command" not in result or result["command"] == ""
    fresh = '{"device":"1231","type":2,"time":"%s"}' % today()
    station.publish(fresh)
    digest = hashlib.sha256(fresh.encode()).hexdigest()[:16]
    station.wait_until(lambda: results.results(digest=digest, outcome="done"), "done")
    live = [info for info in results.of_type(0) if info.get("live")]
    assert live and live[-1]["device"] == DEVICE and len(live[-1]["data"]["station"]["bays"]) == 8
    row = station.wait_until(lambda: station.command_row(digest=digest, outcome="done"), "record")
    assert row["closed_at"] is not None
    assert station.command_row(payload=old)["outcome"] == "refused"


def test_commands_for_others_and_retained_ones_do_nothing(station):
    results = station.listen()
    station.publish(command(2, "9999"))
    station.publish("{ this is no JSON")
    retained = command(1, data={"user": "1", "vehicle": "1"})
    station.publish(retained, "control", "-r")
    digest = hashlib.sha256(retained.encode()).hexdigest()[:16]
    result = station.wait_until(lambda: results.results(digest=digest), "the refusal")[0]
    assert (result["outcome"], result["reason"]) == ("refused", "Retained")
    # A result for the last command is there, so the earlier two were seen and left alone.
    assert len(results.of_type(19)) == 1
    assert station.one("SELECT count(*) FROM swap") == 0


def test_an_id_is_echoed_and_a_repeat_does_nothing_new(station):
    results = station.listen()
    payload = command(2, id="operator-17")
    station.publish(payload)
    first = station.wait_until(lambda: results.results(command="operator-17", outcome="done"),
                               "done")[0]
    assert first["digest"] == hashlib.sha256(payload.encode()).hexdigest()[:16]
    seen = len([info for info in results.of_type(0) if info.get("live")])
    station.publish(command(2, id="operator-17"))  # another time, the same id: the same command
    station.wait_until(lambda: len(results.results(command="operator-17")) > 1 and
                       results.results(command="operator-17")[-1], "the recorded outcome again")
    assert results.results(command="operator-17")[-1]["outcome"] == "done"
    station.publish(command(2, id="operator-18"))
    station.wait_until(lambda: results.results(command="operator-18", outcome="done"), "18 done")
    assert len([info for info in results.of_type(0) if info.get("live")]) == seen + 1


def test_restart_restarts_the_service_and_closes_done(station):
    results = station.listen()
    before = station.programs["monitor-1231"].process.pid
    station.publish(command(3, id="restart-1"))
    station.wait_until(lambda: results.results(command="restart-1", outcome="done"), "done")
    assert station.programs["monitor-1231"].process.pid != before
    assert ("monitor-1231", "exit status 0") in station.restarts
    # A row that was not acknowledged before the restart comes again after it: same place, same word.
    outcomes = [result["outcome"] for result in results.results(command="restart-1")]
    assert outcomes[0] == "accepted" and outcomes[-1] == "done"
    assert outcomes == sorted(outcomes), "outcomes only go forward"  # "accepted" < "done"
    station.wait_until(lambda: station.command_row(message_id="restart-1", outcome="done"), "row")
    # It serves again.
    station.publish(command(2, id="after-restart"))
    station.wait_until(lambda: results.results(command="after-restart", outcome="done"), "served")


def test_disconnect_goes_offline_cleanly_and_comes_back(station):
    results = station.listen()
    station.publish(command(4, id="away-1", data={"seconds": 3}))
    station.wait_until(
        lambda: station.one("SELECT status FROM station WHERE station_id = '1231'")
        == "DISCONNECTED", "it is offline")
    assert results.results(command="away-1") and \
        results.results(command="away-1")[0]["outcome"] == "accepted"
    station.wait_until(lambda: results.results(command="away-1", outcome="done"), "back and done")
    station.wait_until(
        lambda: station.one("SELECT status FROM station WHERE station_id = '1231'")
        != "DISCONNECTED", "it is online")
    statuses = [message["data"]["online"] for message in results.of_type(21)]
    assert statuses.index(False) < len(statuses) - 1 and statuses[-1] is True
