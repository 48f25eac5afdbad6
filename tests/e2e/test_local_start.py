# SPDX-License-Identifier: Apache-2.0
"""Swaps that a driver's token starts while there is no broker: from the reader's serial line to the
tables, once the cloud is back."""

import json
import os
import select
import shutil
import sqlite3
import time
import tty

import pytest

from harness import BOARD, DEVICE
from test_export import export, read, unpack

CARDS = ["CARD-1", "CARD-2", "04A3F2B1C4"]


class Reader:
    """The other end of the station's serial reader."""

    def __init__(self):
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.heard = b""

    def present(self, token):
        os.write(self.master, token.encode() + b"\r\n")

    def lines(self):
        while select.select([self.master], [], [], 0)[0]:
            self.heard += os.read(self.master, 4096)
        return self.heard.decode().split()

    def close(self):
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def reader():
    made = Reader()
    yield made
    made.close()


@pytest.fixture
def local(make_world, reader):
    """A fast station with a serial reader; V-1 waits before its gate."""
    world = make_world(speed=60.0)
    board = os.path.join(world.directory, "board")
    shutil.copytree(BOARD, board)
    path = os.path.join(board, "board.ini")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    head, rest = text.split("[reader]", 1)
    rest = rest.split("driver = sim", 1)[1]
    text = head + f"[reader]\ndriver = reader\naddress = {reader.path} answers=on" + rest
    text = text.replace(";faults = faults.txt", "faults = faults.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    with open(os.path.join(board, "faults.txt"), "w", encoding="utf-8") as file:
        file.write("at 1: vehicle_waits id=V-1\n")
    world.start_bridge()
    world.start_station(board=board)
    return world


def push(world, cards, *more):
    path = os.path.join(world.directory, "cards.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("# drivers\n" + "\n".join(cards) + "\n")
    return world.ctl("auth", "push", path, "--device", DEVICE, *more).stdout


def local_commands(world):
    return world.rows("SELECT * FROM command WHERE message_id LIKE 'local-%' ORDER BY id")


def check_bundle(world):
    """What opens the gate does not leave the station in a bundle: not the token of the swap under
    way, and not the list's hashes, which lie beside what they were made with."""
    export(world, "--to", "b.tar.gz")
    files, _ = unpack(read(world))
    state = json.loads(files["engine/engine.state"].split(b"\n", 1)[1])
    assert state["swap"]["request_id"].startswith("local-") and state["swap"]["user"] == "(removed)"
    for name, data in files.items():
        assert not [card for card in CARDS if card.encode() in data], name
    path = os.path.join(world.directory, "copy.db")
    with open(path, "wb") as file:
        file.write(files["journal/journal.db"])
    database = sqlite3.connect(path)
    values = dict(database.execute("SELECT name, value FROM value WHERE name LIKE 'auth%'"))
    database.close()
    assert values.pop("auth").startswith("7 1 ")  # which list it is, stays
    assert values and set(values.values()) <= {"", "(removed)"}


def test_a_driver_swaps_with_the_broker_stopped(local, reader):
    world = local
    assert push(world, CARDS, "--list-version", "7") == f"{DEVICE}: list 7 with 3 tokens is in force\n"
    status = world.wait_until(lambda: [row for row in json.loads(
        world.ctl("auth", "status", "--json").stdout) if row["version"] == 7], "the echo")
    assert status[0]["tokens"] == 3
    before = world.one("SELECT count(*) FROM battery_exchange_task")

    world.stop("mosquitto")
    reader.present("CARD-9")  # not listed
    world.wait_until(lambda: "Unauthorized" in reader.lines(), "CARD-9 is refused at the reader")
    # The list outlives both processes, also without the cloud.
    world.kill(f"engine-{DEVICE}")
    world.kill(f"monitor-{DEVICE}")
    world.wait_until(lambda: len([name for name, _ in world.restarts]) >= 2, "they are back")

    presented = [0.0]

    def swapped():
        """Bays are verified first: until then the reader says Busy, and a driver tries again."""
        if "accepted" in reader.lines():
            return True
        if time.monotonic() - presented[0] > 1:
            presented[0] = time.monotonic()
            reader.present("CARD-2")
        return False

    world.wait_until(swapped, "CARD-2 is accepted")
    engine = world.programs[f"engine-{DEVICE}"]
    world.wait_until(lambda: engine.said("swap accepted command="), "the swap has begun")
    assert world.one("SELECT count(*) FROM battery_exchange_task") == before
    check_bundle(world)

    world.start_broker()
    done = world.wait_until(lambda: [row for row in local_commands(world)
                                     if row["outcome"] == "done"], "the swap is reported", 120)
    assert len(done) == 1 and done[0]["type"] == 1
    request = done[0]["message_id"]
    swap = world.wait_until(lambda: world.rows(
        "SELECT * FROM swap WHERE request_id = ? AND outcome = 'done'", request), "the swap")[0]
    assert swap["user_id"] == "CARD-2" and swap["vid"] == "V-1"
    # Each event once.
    tasks = world.rows("SELECT event, bid FROM battery_exchange_task WHERE request_id = ?"
                       " ORDER BY event_time", request)
    assert [task["event"] for task in tasks] == ["Off-Load", "On-Load"]
    assert len({task["bid"] for task in tasks}) == 2
    refused = [row for row in local_commands(world) if row["reason"] == "Unauthorized"]
    assert len(refused) == 1 and refused[0]["outcome"] == "refused"
    assert "wrong 0" in world.ctl("audit").stdout
    assert world.one("SELECT count(*) FROM quarantine") == 0


def test_who_is_struck_off_the_list_is_refused(local, reader):
    world = local
    push(world, CARDS, "--list-version", "7")
    push(world, ["CARD-1"], "--list-version", "8")
    push(world, CARDS, "--list-version", "7")  # comes late: not newer
    reader.present("CARD-2")
    world.wait_until(lambda: "Unauthorized" in reader.lines(), "refused at the reader")
    world.wait_until(lambda: [row for row in local_commands(world)
                              if row["reason"] == "Unauthorized"], "the cloud hears of it")
    assert world.one("SELECT count(*) FROM swap") == 0
