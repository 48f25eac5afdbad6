# SPDX-License-Identifier: Apache-2.0
"""A disk that is full: a small tmpfs for the bridge's database, the monitor's journal or the
engine's state is filled to the last byte under traffic, and emptied again. Nothing is lost; a station
that cannot store accepts no swap. Needs the right to mount (root); else skipped with a sentence."""

import os
import subprocess
import time

import pytest

from evidence import Evidence
from harness import DEVICE
from test_swap import ask, finish


class Disk:
    def __init__(self, path, size):
        self.path = str(path)
        os.makedirs(self.path, exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.path],
                              capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
        self.filler = os.path.join(self.path, "filler")

    def fill(self):
        """Writes until nothing fits any more."""
        with open(self.filler, "ab", buffering=0) as file:
            for block in (65536, 4096, 1):
                try:
                    while True:
                        file.write(b"\0" * block)
                except OSError:
                    pass
        status = os.statvfs(self.path)
        assert status.f_bavail == 0

    def free(self):
        os.unlink(self.filler)

    def unmount(self):
        subprocess.run(["umount", self.path], check=True)


@pytest.fixture
def disks():
    """Asked for before make_world, so that they go after the programs that use them."""
    made = []
    yield made
    for disk in made:
        disk.unmount()


def disk_for(disks, path, size):
    disk = Disk(path, size)
    disks.append(disk)
    return disk


def said(program, text):
    with open(program.log_path, encoding="utf-8") as file:
        return file.read().count(text)


def refused(world, vehicle, reason="StorageFault"):
    """Asks for a swap; it must be refused for this reason."""
    digest = ask(world, vehicle)
    row = world.wait_until(lambda: (row := world.command_row(digest=digest)) and
                           row["outcome"] not in ("sent", "accepted") and row, "an outcome")
    assert (row["outcome"], row["reason"].split(":")[0]) == ("refused", reason), row


def served(world, vehicle):
    """Asks until a swap is done, as a driver would."""
    while True:
        digest = ask(world, vehicle)
        row = world.wait_until(lambda: (row := world.command_row(digest=digest)) and
                               row["outcome"] not in ("sent", "accepted") and row, "an outcome")
        if row["outcome"] != "refused":
            break
        assert row["reason"].split(":")[0] in ("Busy", "SafetyLock"), row
    assert row["outcome"] == "done", row


def marks(world):
    return {(row["journal"], row["boot"], row["lane"]): row["seq"]
            for row in world.rows("SELECT * FROM stream")}


def test_bridge_with_a_full_disk(disks, make_world):
    world = make_world(speed=60.0)
    disk = disk_for(disks, os.path.join(world.directory, "disk"), "6m")
    world.database = os.path.join(disk.path, "swapstack.db")
    bridge = world.add("bridge", [world.binary("swap-bridge"), "--broker",
                                  f"127.0.0.1:{world.port}", "--db", world.database])
    world.wait_until(lambda: bridge.said(" ready"), "the bridge is ready")
    world.start_station()
    listener, acks = world.listen(), world.listen("control/#")
    evidence = Evidence(world)
    disk.fill()
    world.wait_until(lambda: bridge.said("nothing can be stored"), "it says that it cannot store")
    stored = marks(world)
    heard = len(acks.of_type(32))
    swap = ask(world, "VEH-1", "while-full")  # the station works on; its journal keeps the facts
    world.wait_until(lambda: any(result["outcome"] == "done" for result in listener.results()),
                     "the swap is done")
    assert marks(world) == stored, "nothing is stored on a full disk"
    for message in acks.of_type(32)[heard:]:
        for lane in ("event", "telemetry"):
            place = (message["data"]["journal"], message["data"]["boot"], lane)
            assert message["data"][lane] <= stored.get(place, 0), "acked what is not committed"
    assert said(bridge, "nothing can be stored") == 1, "one cause is told once"
    disk.free()
    began = time.monotonic()
    world.wait_until(lambda: bridge.said("storing again"), "it stores again")
    finish(world, swap)
    seconds = time.monotonic() - began
    events, _ = evidence.conclude(listener)
    assert world.one("SELECT count(*) FROM swap WHERE outcome = 'done'") == 1
    print(f"\nbridge: disk full, told once, nothing acknowledged; all stored {seconds:.1f} s after"
          f" there was room; {events} events, each once and in order")


def test_monitor_with_a_full_disk(disks, make_world):
    world = make_world(speed=60.0)
    disk = disk_for(disks, os.path.join(world.directory, DEVICE, "monitor"), "6m")
    world.start_bridge()
    world.start_station()
    listener = world.listen()
    evidence = Evidence(world)
    served(world, "VEH-1")
    disk.fill()
    fault = ("SELECT count(*) FROM event_log WHERE kind = 'FAULT' AND"
             " json_extract(payload, '$.data.code') = 'StorageFault' AND"
             " json_extract(payload, '$.data.active') = ?")
    world.wait_until(lambda: world.one(fault, 1), "StorageFault is told, on the reserve")
    refused(world, "VEH-2")
    refused(world, "VEH-3")
    # What runs goes on: charging sessions end and are on record although the disk is full.
    events = world.one("SELECT count(*) FROM event_log WHERE lane = 'event'")
    world.wait_until(lambda: world.one("SELECT count(*) FROM event_log WHERE lane = 'event'")
                     >= events + 2, "events of what runs are stored", 120)
    disk.free()
    began = time.monotonic()
    world.wait_until(lambda: world.one(fault, 0), "StorageFault is over", 120)
    seconds = time.monotonic() - began
    served(world, "VEH-2")
    events, _ = evidence.conclude(listener)
    print(f"\nmonitor: disk full, StorageFault told on the reserve, swaps refused; over {seconds:.1f}"
          f" s after there was room; {events} events, each once and in order")


def test_engine_with_a_full_disk(disks, make_world):
    world = make_world(speed=60.0)
    disk = disk_for(disks, os.path.join(world.directory, DEVICE, "engine"), "1m")
    world.start_bridge()
    world.start_station()
    listener = world.listen()
    evidence = Evidence(world)
    served(world, "VEH-1")
    disk.fill()
    engine = world.programs[f"engine-{DEVICE}"]
    refused(world, "VEH-2")
    assert engine.said("the state cannot be stored, nothing new begins")
    refused(world, "VEH-3")
    disk.free()
    began = time.monotonic()
    world.wait_until(lambda: engine.said("the state is stored again"), "the state is stored again")
    seconds = time.monotonic() - began
    served(world, "VEH-2")
    events, _ = evidence.conclude(listener)
    print(f"\nengine: disk full, swaps refused; over {seconds:.1f} s after there was room;"
          f" {events} events, each once and in order")
