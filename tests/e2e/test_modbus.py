# SPDX-License-Identifier: Apache-2.0
"""Devices over Modbus in a whole station: the rest of it is simulated."""

import os
import shutil
import subprocess

import pytest

from harness import BOARD, SANITIZER, binaries
from modbus_server import ModbusServer

MAPS = os.path.join(os.path.dirname(BOARD), "maps")
AMBIENT = """[device]
title = Outside sensor
[read]
temp_c = function=4 address=0 type=s16 scale=0.1 invalid=0x8000
"""


def board_with(folder, **addresses):
    """A copy of boards/sim in which the modbus driver serves some roles, and the shipped maps."""
    shutil.copytree(BOARD, folder)
    shutil.copytree(MAPS, os.path.join(os.path.dirname(folder), "maps"), dirs_exist_ok=True)
    with open(os.path.join(folder, "outside.ini"), "w") as file:
        file.write(AMBIENT)
    path = os.path.join(folder, "board.ini")
    with open(path) as file:
        text = file.read()
    for role, address in addresses.items():
        before = f"[{role}]\ndriver = sim\n"
        assert before in text
        text = text.replace(before, f"[{role}]\ndriver = modbus\naddress = {address}\n")
    with open(path, "w") as file:
        file.write(text)
    return folder


class Chargers(ModbusServer):
    """One charger of boards/maps/charger-example.ini per unit: what it is told to give it gives."""

    def __init__(self, units):
        super().__init__()
        for unit in units:
            self.registers[(unit, 4, 110)] = 2  # in order
            self.registers[(unit, 2, 8)] = 1    # no fault, active low
            self.registers[(unit, 1, 0)] = 1    # on, as a dead engine left it
        self.fed = 0

    def written(self, unit, table, address, value):
        if (table, address) == (3, 202):
            self.fed += 1
        on = self.read(unit, 1, 0)
        for setting, measured in ((200, 100), (201, 101)):
            self.registers[(unit, 4, measured)] = self.read(unit, 3, setting) if on else 0

    def on(self):
        return [unit for unit in range(1, 9) if self.read(unit, 1, 0)]


@pytest.fixture
def chargers():
    one = Chargers(range(1, 9))
    yield one
    one.close()


@pytest.fixture
def server():
    one = ModbusServer()
    yield one
    one.close()


def check(folder):
    return subprocess.run([os.path.join(binaries(), "swap-engine"), "--check", "--board", folder],
                          capture_output=True, text=True, timeout=60)


def test_meter_and_sensor_reach_the_broker(bridged, server, tmp_path):
    world = bridged
    server.registers.update({(1, 4, 0x34): 123456 & 0xFFFF, (1, 4, 0x35): 123456 >> 16,
                             (2, 4, 0): 215})
    board = board_with(os.path.join(tmp_path, "board"),
                       mains_meter=f"bus=tcp:127.0.0.1:{server.port} unit=1 map=em340",
                       ambient=f"bus=tcp:127.0.0.1:{server.port} unit=2 map=outside")
    done = check(board)
    assert done.returncode == 0, done.stderr
    listener = world.listen()
    world.start_station(board=board)

    def last():
        """Mode and meter of the newest STATION_INFO."""
        told = [message["data"]["station"] for message in listener.of_type(0)
                if "station" in message.get("data", {})]
        return (told[-1].get("mode"), told[-1].get("meter", {}).get("importWh")) if told else None

    world.wait_until(lambda: last() == ("normal", 12345600), "the meter's register is told")

    # The device hangs: the engine goes on, and a station without its inputs stops (rule 7).
    server.silent = True
    world.wait_until(lambda: last()[0] == "emergency", "stale inputs are an emergency")
    server.silent = False
    server.registers[(1, 4, 0x34)] = 123457 & 0xFFFF
    world.wait_until(lambda: last() == ("normal", 12345700), "back, with what the meter says now")
    world.stop("monitor-1231")
    world.stop("engine-1231")


def test_charging_over_modbus(bridged, chargers, tmp_path):
    world = bridged
    board = board_with(os.path.join(tmp_path, "board"))
    path = os.path.join(board, "board.ini")
    with open(path) as file:
        text = file.read()
    with open(path, "w") as file:
        file.write(text.replace(
            "count = 8\ndriver = sim\n",
            "count = 8\ndriver = sim\ncharger_driver = modbus\ncharger_address = "
            f"bus=tcp:127.0.0.1:{chargers.port} unit={{slot}} map=charger-example\n"))
    assert check(board).returncode == 0, check(board).stderr
    world.start_station(board=board)

    def state(bay):
        return world.one("SELECT state FROM bay WHERE station_id = '1231' AND slot = ?", bay)

    # The pack in bay 7 is at 34 %: it charges by itself, with what its charger is told.
    world.wait_until(lambda: chargers.on() and 7 in chargers.on() and chargers.read(7, 4, 101) > 50,
                     "bay 7 charges", 120)
    assert 8 not in chargers.on()  # empty
    assert 1500 <= chargers.read(7, 3, 200) <= 5000
    assert chargers.fed > 0
    world.wait_until(lambda: state(7) == "CHARGING", "the bridge knows", 120)
    faults = "SELECT slot FROM fault WHERE code = 'ChargerFault' AND cleared_at IS NULL"
    assert not world.rows(faults)

    # The charger's own fault ends it: off, told, and no charge there while it lasts.
    chargers.registers[(7, 4, 111)] = 4
    world.wait_until(lambda: 7 not in chargers.on(), "charger 7 is switched off")
    world.wait_until(lambda: world.one(faults) == 7, "the fault is stored")
    assert 7 not in chargers.on()

    # An engine that is killed leaves chargers on; the next one begins with off.
    others = world.wait_until(chargers.on, "another bay charges", 120)
    world.kill("engine-1231")
    fed = chargers.fed
    world.wait_until(lambda: not chargers.on(), "everything is off after the start")
    world.wait_until(lambda: chargers.fed > fed, "the watchdogs are fed again")
    assert others

    # The orderly end leaves nothing on.
    world.wait_until(chargers.on, "charging again", 120)
    world.stop("monitor-1231")
    world.stop("engine-1231")
    assert not chargers.on()


def test_check_names_file_line_and_role(server, tmp_path):
    board = board_with(os.path.join(tmp_path, "board"),
                       mains_meter="bus=/dev/ttyS1@9600-8X1 unit=1 map=em340",
                       ambient="bus=tcp:10.0.0.7 unit=2 map=outsite")
    done = check(board)
    path = os.path.join(board, "board.ini")
    with open(path) as file:
        lines = file.read().split("\n")
    meter = lines.index("address = bus=/dev/ttyS1@9600-8X1 unit=1 map=em340") + 1
    assert done.returncode == 78
    assert f"{path}:{meter}: mains_meter: bus=/dev/ttyS1@9600-8X1: " in done.stderr
    # The files that addresses name are looked at when the board itself is right.
    board = board_with(os.path.join(tmp_path, "other"), ambient="bus=tcp:10.0.0.7 unit=2 map=outsite")
    done = check(board)
    assert done.returncode == 78
    assert f"ambient: map=outsite: there is no outsite.ini in {board} nor in" in done.stderr
    with open(os.path.join(board, "outsite.ini"), "w") as file:
        file.write(AMBIENT.replace("s16", "i16"))
    done = check(board)
    assert done.returncode == 78
    assert "outsite.ini:4: [read] temp_c: type=i16: one of bit, u16" in done.stderr
    assert not SANITIZER.search(done.stderr.encode())


def modbus(*words):
    done = subprocess.run([os.path.join(binaries(), "swap-modbus"), *words], capture_output=True,
                          text=True, timeout=60)
    assert not SANITIZER.search(done.stderr.encode()), done.stderr
    return done


def test_technicians_tool(server):
    server.registers.update({(1, 4, 0x34): 123456 & 0xFFFF, (1, 4, 0x35): 123456 >> 16,
                             (3, 4, 103): 0xFFFF, (3, 4, 102): 0xFFFF, (3, 4, 111): 1})
    bus = f"bus=tcp:127.0.0.1:{server.port}"
    done = modbus("read", bus, "unit=1", "map=em340", "--maps", MAPS)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "import_wh  12345600 Wh   function 4, 0x0034: E240 0001\n"
    done = modbus("read", bus, "unit=3", "map=charger-example", "--maps", MAPS)
    assert "ac_kw      not there   function 4, 0x0066: FFFF FFFF\n" in done.stdout
    assert "phases     3\n" in done.stdout and "fault      yes   " in done.stdout
    done = modbus("registers", bus, "unit=3", "--function", "4", "--from", "0x66", "--count", "2")
    assert done.stdout == "0x0066   102  FFFF 65535     -1\n0x0067   103  FFFF 65535     -1\n"
    # SunSpec: the mark, a common model, a meter with 1 234 567 × 10^2 Wh, the end.
    words = [0x5375, 0x6E53, 1, 66, *[0x4142] * 66, 203, 105, *[0] * 105, 0xFFFF, 0]
    words[70 + 46], words[70 + 47], words[70 + 54] = 0x12, 0xD687, 2
    server.registers.update({(5, 3, 40000 + i): word for i, word in enumerate(words)})
    done = modbus("read", bus, "unit=5", "map=sunspec")
    assert done.stdout.startswith("SunSpec meter model 203 at register 40070: " + "AB" * 16)
    assert "import_wh  123456700 Wh   function 3, 0x9CB4: 0012 D687, power of ten 2\n" in done.stdout


def test_technicians_tool_says_what_is_wrong(server):
    bus = f"bus=tcp:127.0.0.1:{server.port}"
    for words, status, sentence in (
            ((), 64, "the first word is the verb: read or registers"),
            (("write", bus), 64, "the first word is the verb"),
            (("read", bus, "unit=1"), 64, "map= is missing in the address"),
            (("read", bus, "unit=1", "map=nix", "--maps", MAPS), 66, "there is no nix.ini"),
            (("read", bus, "unit=7", "map=sunspec"), 76, "the mark SunS stands at none of"),
            (("registers", bus, "unit=1", "--count", "126"), 64, "--count 126: a whole number from"),
            (("registers", bus, "unit=1", "--from", "65535"), 64, "there are 65536 registers"),
            (("registers", "bus=/dev/none@9600-8E1", "unit=1"), 69, "/dev/none cannot be opened")):
        done = modbus(*words)
        assert done.returncode == status, (words, done.returncode, done.stderr)
        assert sentence in done.stderr, (words, done.stderr)
    server.silent = True
    done = modbus("registers", bus, "unit=1")
    assert done.returncode == 75 and "no answer" in done.stderr
