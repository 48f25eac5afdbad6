# SPDX-License-Identifier: Apache-2.0
"""Exchanges that no station told: added, exported and imported through a bridge and without one."""

import csv
import datetime
import json
import os

STAY = ("--battery", "B1", "--vehicle", "V1", "--actor", "ana")
HEADER = ("task_id,bid,station_id,vid,event,event_time,start_time,end_time,battery_version,soc,soh,"
          "comments")


def add(world, event, time, *words, **options):
    return world.ctl("exchange", "add", *STAY, "--station", "s1", "--event", event, "--time", time,
                     *words, **options)


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_exchanges_go_out_and_come_in(bridged):
    world = bridged
    out, mixed = (os.path.join(world.directory, name) for name in ("out.csv", "mixed.csv"))
    add(world, "On-Load", "2026-11-21T08:00:00Z", "--battery-version", "1.9", "--soc", "90")
    add(world, "Off-Load", "2026-11-21T10:30:00Z", "--soc", "12.5", "--comments", 'cable, "worn"')
    assert "on record" in add(world, "On-Load", "2026-11-21T08:00:00Z", status=65).stderr
    assert "--event" in world.ctl("exchange", "add", "--help").stdout
    assert "event" in add(world, "Swap", "2026-11-21T08:00:00Z", status=64).stderr

    stay = json.loads(world.ctl("battery", "history", "B1", "--json").stdout)
    assert [(row["vid"], row["start_time"][:19], row["end_time"][:19]) for row in stay] == [
        ("V1", "2026-11-21T08:00:00", "2026-11-21T10:30:00")]
    assert world.ctl("export", "exchanges", out).stdout == f"{out} has 2 exchanges\n"
    with open(out, encoding="utf-8") as file:
        assert file.readline().strip() == HEADER
    rows = read(out)
    assert [(row["event"], row["soc"], row["comments"]) for row in rows] == [
        ("On-Load", "90", ""), ("Off-Load", "12.5", 'cable, "worn"')]
    assert {row["start_time"] for row in rows} == {"2026-11-21T08:00:00.000000Z"}
    assert world.ctl("export", "exchanges", "-", "--battery", "B2").stdout == HEADER + "\n"

    with open(out, encoding="utf-8", newline="") as file:
        text = file.read()
    with open(mixed, "w", encoding="utf-8", newline="") as file:
        file.write(text + ",B2,s1,V2,On-Load,2026-11-21T09:00:00Z,,,,,,\r\n"
                          ",B2,s1,V2,Load,2026-11-21T09:00:00Z,,,,,,\r\n")
    tried = world.ctl("import", "exchanges", mixed, "--dry-run", status=65)
    assert f"{mixed}:5: event" in tried.stderr and "3 lines are good, 1 bad" in tried.stdout
    assert world.one("SELECT count(*) FROM battery_exchange_task") == 2
    done = world.ctl("import", "exchanges", mixed, "--actor", "bo", status=65)
    assert done.stdout == "1 exchanges added, 2 known already, 1 lines bad\n"
    world.stop("bridge")
    again = world.ctl("import", "exchanges", mixed, status=65)  # no bridge: it writes itself
    assert again.stdout == "0 exchanges added, 3 known already, 1 lines bad\n"
    assert world.rows("SELECT actor, actor_id FROM event_log WHERE kind = 'exchange.add'") == [
        {"actor": "operator", "actor_id": "ana"}, {"actor": "operator", "actor_id": "ana"},
        {"actor": "import", "actor_id": "bo"}]
    assert "wrong 0" in world.ctl("audit").stdout


def test_each_day_is_exported_by_configuration(make_world):
    world = make_world()
    folder = os.path.join(world.directory, "days")
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    daily = {"SWAPSTACK_EXPORT_DIRECTORY": folder, "SWAPSTACK_EXPORT_TIME": "00:00"}
    world.start_bridge(**daily)
    world.wait_until(lambda: world.one("SELECT count(*) FROM alert WHERE kind = 'export_failed'"
                                       " AND cleared_at IS NULL") == 1, "the missing folder is told")
    add(world, "On-Load", yesterday.strftime("%Y-%m-%dT23:59:59Z"))
    world.stop("bridge")
    os.mkdir(folder)
    world.start_bridge(**daily)
    path = os.path.join(folder, yesterday.strftime("exchanges-%Y-%m-%d.csv"))
    world.wait_until(lambda: os.path.exists(path), "the day before is exported")
    assert [row["bid"] for row in read(path)] == ["B1"]
    world.wait_until(lambda: world.one("SELECT count(*) FROM alert WHERE cleared_at IS NULL") == 0,
                     "the alert is cleared")
