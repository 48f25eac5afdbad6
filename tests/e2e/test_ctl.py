# SPDX-License-Identifier: Apache-2.0
"""swapctl against a running bridge: tables, JSON, exit codes, commands, backup and restore."""

import json
import os
import re
import sqlite3

from harness import DEVICE, command

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def rows(world, *words):
    return json.loads(world.ctl("--json", *words).stdout)


def test_lists_show_what_is_stored(fast_station):
    world = fast_station
    done = world.ctl("command", "ask-charge", "--device", DEVICE, "--vehicle", "VEH-9", "--user",
                     "u9", "--request-id", "by-ctl")
    assert re.search(r"accepted", done.stdout) and done.stdout.strip().endswith("done")
    world.wait_until(lambda: world.one("SELECT outcome FROM swap") == "done", "the swap is stored")

    station = rows(world, "station", "list")
    assert [row["station_id"] for row in station] == [DEVICE]
    assert ISO.fullmatch(station[0]["last_connection_time"])
    swap = rows(world, "swap", "list")[0]
    assert (swap["vid"], swap["outcome"], swap["request_id"]) == ("VEH-9", "done", "by-ctl")
    assert set(swap) >= {"bid_in", "bid_out", "soc_in", "soc_out", "started_at", "ended_at"}
    assert rows(world, "swap", "list", "--vehicle", "nobody") == []
    assert rows(world, "swap", "list", "--to", "2001-1-1") == []

    assert len(rows(world, "battery", "list")) >= 8
    battery = rows(world, "battery", "show", swap["bid_out"])[0]
    assert battery["where_kind"] == "vehicle" and isinstance(battery["versions"], list)
    stays = rows(world, "battery", "history", swap["bid_in"])
    assert [(row["vid"], row["station_off"]) for row in stays] == [("VEH-9", DEVICE)]
    assert stays[0]["start_time"] < stays[0]["end_time"]
    events = rows(world, "exchange", "list", "--battery", swap["bid_in"])
    assert [row["event"] for row in events] == ["Off-Load", "On-Load"]  # newest first
    assert {row["bid"] for row in rows(world, "vehicle", "history", "VEH-9")} == {
        swap["bid_in"], swap["bid_out"]}
    sent = rows(world, "command", "list")[0]
    assert (sent["type"], sent["outcome"]) == (1, "done")
    assert rows(world, "quarantine", "list") == []
    assert isinstance(rows(world, "alert", "list"), list)
    process = world.wait_until(lambda: rows(world, "charging", "list"), "charging processes")[0]
    shown = rows(world, "charging", "show", str(process["id"]))[0]
    assert shown["samples"] and ISO.fullmatch(shown["samples"][0]["date"])
    dates = [sample["date"] for sample in shown["samples"]]
    assert dates == sorted(dates)

    health = {row["bid"]: row for row in rows(world, "battery", "health", "--all")}
    assert health[swap["bid_in"]]["state"] == "not_enough_data"
    assert health[swap["bid_in"]]["reason"] == "no closed charging process" or \
        "are needed" in health[swap["bid_in"]]["reason"]
    for what, figure in (("temperature", "temp"), ("imbalance", "cell_spread")):
        day = world.wait_until(lambda w=what: rows(world, "battery", "history", swap["bid_in"],
                                                   "--what", w), "the battery's day")[0]
        assert day[figure + "_mean"] <= day[figure + "_max"]

    table = world.ctl("battery", "list").stdout.splitlines()
    assert table[0].split()[0] == "BATTERY" and len(table) >= 9
    assert all(len(line) <= 120 for line in table)
    where = table[0].index("VERSION")
    assert all(line[where - 1] == " " and line[where] != " " for line in table)
    assert "bay" in world.ctl("station", "show", DEVICE).stdout.lower()


def test_commands_tell_by_their_exit_status(station):
    world = station
    assert world.ctl("command", "ask-info", "--device", DEVICE).stdout.strip().endswith("done")
    # No such station: nobody answers.
    silent = world.ctl("command", "ask-info", "--device", "nobody", "--wait", "1", status=75)
    assert "no result" in silent.stderr
    # A reboot is not configured: refused.
    refused = world.ctl("command", "restart", "--device", DEVICE, "--mode", "reboot", status=69)
    assert "Unsupported" in refused.stderr
    answer = json.loads(world.ctl("--json", "command", "ask-info", "--device", DEVICE).stdout)
    assert answer[-1]["outcome"] == "done" and answer[-1]["device"] == DEVICE
    assert world.ctl("command", "ask-info", "--device", DEVICE, "--no-wait").stdout
    world.publish(command(2, id="last"))
    world.wait_until(lambda: world.command_row(message_id="last", outcome="done"), "served")


def test_wrong_words_are_a_sentence_and_64(bridged):
    world = bridged
    assert "battery list" in world.ctl("batery", "list", status=64).stderr
    assert "list, show, history" in world.ctl("battery", status=64).stderr
    assert "BID" in world.ctl("battery", "history", status=64).stderr
    assert "--device" in world.ctl("command", "ask-info", status=64).stderr
    assert "--from" in world.ctl("swap", "list", "--from", "whenever", status=64).stderr
    assert "--limit" in world.ctl("swap", "list", "--limit", "0", status=64).stderr
    assert "extra" in world.ctl("swap", "list", "extra", status=64).stderr
    assert world.ctl("battery", "show", "none", status=66).stderr
    assert world.ctl("--db", "nowhere.db", "swap", "list", status=66).stderr
    assert not os.path.exists(os.path.join(world.directory, "nowhere.db"))
    assert "ask-charge" in world.ctl("--help").stdout
    assert re.search(r"\d+\.\d+\.\d+", world.ctl("--version").stdout)


def test_no_broker_is_a_sentence(bridged):
    world = bridged
    world.stop("bridge")
    world.stop("mosquitto")
    assert "broker" in world.ctl("command", "ask-info", "--device", "1", status=69).stderr


def test_backup_while_the_bridge_runs_and_restore_without_it(fast_station):
    world = fast_station
    backup = os.path.join(world.directory, "backup.db")
    world.ctl("backup", backup)
    stations = sqlite3.connect(backup).execute("SELECT station_id FROM station").fetchall()
    assert stations == [(DEVICE,)]
    assert "backup.db" in world.ctl("backup", backup, status=65).stderr  # never over a file
    refused = world.ctl("restore", backup, status=75)
    assert "swap-bridge" in refused.stderr
    world.stop(f"monitor-{DEVICE}")
    world.stop(f"engine-{DEVICE}")
    world.stop("bridge")
    world.ctl("station", "approve", "later")  # no bridge: swapctl writes itself
    assert world.one("SELECT count(*) FROM station") == 2
    world.ctl("restore", backup)
    assert world.one("SELECT count(*) FROM station") == 1
    # What is no database is refused, and the one that is there stays.
    rubbish = os.path.join(world.directory, "rubbish.db")
    with open(rubbish, "wb") as file:
        file.write(b"this is no database" * 100)
    done = world.ctl("restore", rubbish, status=73)
    assert "rubbish.db" in done.stderr
    assert world.one("SELECT count(*) FROM station") == 1


def test_live_prints_lines(fast_station):
    import subprocess
    world = fast_station
    path = os.path.join(world.directory, "live.log")
    with open(path, "wb") as out:
        live = subprocess.Popen([world.binary("swapctl"), "--db", world.database, "live",
                                 "--plain"], stdout=out, stderr=out, env=world.environment)
    try:
        def text():
            with open(path, encoding="utf-8") as file:
                return file.read()
        world.wait_until(lambda: f"{DEVICE} " in text() and "messages" in text(), "a summary")
        world.publish(command(2, id="seen-live"))
        world.wait_until(lambda: "seen-live" in text(), "the command among the events")
    finally:
        live.terminate()
        assert live.wait(20) == 0
