# SPDX-License-Identifier: Apache-2.0
"""swap-engine and simulated packs (swap-can pack) on real SocketCAN interfaces (vcan): packs are identified, charged,
lost and found again; an interface goes down and comes back."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAMS = os.environ.get("SWAPSTACK_BIN") or os.path.join(ROOT, "build", "bin")
TIMEOUT = 90.0


def ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, text=True)


@pytest.fixture
def interfaces():
    names = ["vcan1", "vcan2"]
    for name in names:
        made = ip("link", "add", name, "type", "vcan")
        if made.returncode != 0:
            pytest.skip(f"no vcan interface can be made here: {made.stderr.strip()}")
        assert ip("link", "set", name, "up").returncode == 0
    yield names
    for name in names:
        ip("link", "del", name)


class Station:
    """An engine whose packs are on CAN and all else is simulated, and a monitor that keeps it out of safe mode."""

    def __init__(self, directory, address):
        self.directory = directory
        board = directory / "board"
        shutil.copytree(os.path.join(ROOT, "boards", "sim"), board)
        ini = board / "board.ini"
        text = re.sub(r"(?m)^count = 8$", f"count = 2\npack_driver = can\npack_address = {address}", ini.read_text())
        ini.write_text(re.sub(r"(?m)^packs *=.*$", "packs = nmc:50 nmc:50", text))
        self.log = directory / "engine.log"
        self.processes = []
        path = str(directory / "sock")
        self.engine = self.start("engine", "swap-engine", "--board", str(board), "--socket", path, "--state",
                                 str(directory / "state"))
        self.socket = None
        self.events, self.bays, self.batteries, self.beat = [], {}, {}, 0.0
        self.until(lambda: os.path.exists(path), "the engine listens")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(path)
        self.socket.setblocking(False)
        self.tell(type="register_request", id="1", mark={"boot": 0, "seq": 0})
        self.tell(type="config_request", values={"target_soc": {"version": 1, "value": 51}})

    def start(self, name, program, *words):
        with open(self.directory / f"{name}.log", "ab") as out:
            process = subprocess.Popen([os.path.join(PROGRAMS, program), *words], stdout=out, stderr=out)
        self.processes.append(process)
        return process

    def pack(self, name, *words):
        return self.start(name, "swap-can", "pack", *words)

    def tell(self, **fields):
        self.socket.send(json.dumps({"message_id": "m", **fields}).encode())

    def listen(self):
        if self.socket is None:
            return
        if time.monotonic() - self.beat > 5:
            self.beat = time.monotonic()
            self.tell(type="health_check_request", id="1", timestamp=1)
        while True:
            try:
                packet = json.loads(self.socket.recv(256 * 1024))
            except BlockingIOError:
                return
            if packet["type"] == "event":
                self.events.append(packet)
                self.tell(type="event_ack", boot=packet["boot"], seq=packet["seq"])
            elif packet["type"] == "status":
                self.bays = {bay["slot"]: bay for bay in packet["data"]["station"]["bays"]}
                self.batteries = {battery["slot"]: battery for battery in packet["data"].get("battery", [])}

    def until(self, condition, what):
        end = time.monotonic() + TIMEOUT
        while not condition():
            assert self.engine.poll() is None and time.monotonic() < end, \
                f"{what}: not in time\n{self.bays}\n{self.batteries}\n{self.log.read_text()[-4000:]}"
            self.listen()
            time.sleep(0.05)

    def state(self, slot):
        return self.bays.get(slot, {}).get("state")

    def sessions(self, slot):
        return [event["data"]["status"] for event in self.events
                if event["kind"] == 20 and event["data"]["bay"] == slot]

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=30) == 0
        if self.socket:
            self.socket.close()


@pytest.fixture
def make_station(tmp_path):
    made = []

    def make(address):
        made.append(Station(tmp_path, address))
        return made[-1]

    yield make
    for station in made:
        station.stop()


def end(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def test_gbt27930_on_a_bus_per_bay(interfaces, make_station):
    station = make_station("profile=gbt27930 bus=vcan{slot}")
    pack = station.pack("pack1", "--profile", "gbt27930", "--number", "7", "vcan1")
    station.pack("pack2", "--profile", "gbt27930", "--number", "8", "--soc", "80", "vcan2")
    station.until(lambda: station.batteries.get(1, {}).get("cur", 0) > 30, "current flows into bay 1")
    assert station.batteries[1]["bid"] == "BNCH-7" and station.batteries[2]["bid"] == "BNCH-8"
    station.until(lambda: station.state(1) == "READY" and station.state(2) == "READY", "bay 1 is charged")
    assert station.sessions(1) == ["requested", "authorized", "in_progress", "completed"]
    assert "CHARGING" in (station.directory / "pack1.log").read_text()
    end(pack)  # the pack falls silent
    station.until(lambda: station.state(1) == "FAULT", "the silence is a fault")
    station.pack("pack1", "--profile", "gbt27930", "--number", "7", "--soc", "60", "vcan1")
    station.until(lambda: station.state(1) == "READY", "the pack is heard again")
    assert station.state(2) == "READY"
    ip("link", "set", "vcan2", "down")
    station.until(lambda: station.state(2) == "FAULT", "an interface that is down is a fault")
    ip("link", "set", "vcan2", "up")
    station.until(lambda: station.state(2) == "READY", "the interface is back")
    text = station.log.read_text()
    assert text.count("tried again every second") == 1 and "vcan2: the bus works" in text


def test_cia418_with_two_nodes_on_one_bus(interfaces, make_station):
    station = make_station("profile=cia418 bus=vcan1 node=0x1{slot} chemistry=nmc")
    pack = station.pack("pack1", "--profile", "cia418", "--node", "17", "--number", "1", "vcan1")
    station.pack("pack2", "--profile", "cia418", "--node", "18", "--number", "2", "--soc", "90", "vcan1")
    station.until(lambda: station.batteries.get(1, {}).get("cur", 0) > 30, "current flows into bay 1")
    assert station.batteries[1]["bid"] == "BNCH-1" and station.batteries[2]["bid"] == "BNCH-2"
    station.until(lambda: station.state(1) == "READY", "bay 1 is charged")
    assert station.sessions(1) == ["requested", "authorized", "in_progress", "completed"]
    assert station.sessions(2) == [] and station.state(2) == "READY"
    end(pack)
    station.until(lambda: station.state(1) == "FAULT", "the silence is a fault")
    assert station.state(2) == "READY"
    station.pack("pack1", "--profile", "cia418", "--node", "17", "--number", "1", "--soc", "60", "vcan1")
    station.until(lambda: station.state(1) == "READY", "the node answers again")


def test_what_is_said_can_be_recorded_and_decoded(interfaces, make_station):
    record = "/dev/shm/vcan1.log"
    station = make_station("profile=gbt27930 bus=vcan{slot} record=/dev/shm/vcan{slot}.log")
    station.pack("pack1", "--profile", "gbt27930", "--number", "7", "--soc", "60", "vcan1")
    station.until(lambda: station.state(1) == "READY", "the pack is known")
    station.stop()
    done = subprocess.run([os.path.join(PROGRAMS, "swap-can"), "decode", "--json", record], capture_output=True,
                          text=True)
    messages = {json.loads(line).get("message") for line in done.stdout.splitlines()}
    assert done.returncode == 0 and {"CHM", "BHM", "CRM", "BRM", "BCP"} <= messages
    station.processes.clear()
