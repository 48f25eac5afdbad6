# SPDX-License-Identifier: Apache-2.0
"""The daemons under a service manager: readiness, watchdog, stopping, and the units that are
shipped."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNITS = {"firmware": ("swap-engine", "swap-monitor", "swap-console@"), "cloud": ("swap-bridge",)}


class Manager:
    """The receiving end of sd_notify(3)."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.heard = []

    def listen(self):
        try:
            while True:
                self.heard.append(self.socket.recv(256).decode())
        except BlockingIOError:
            return self.heard

    def environment(self, interval_s):
        return {"NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": str(int(interval_s * 1e6))}


def test_pings_come_from_living_loops_only(bridged):
    world = bridged
    manager = Manager(world.directory)

    def pings_go_on():
        before = manager.listen().count("WATCHDOG=1")
        world.wait_until(lambda: manager.listen().count("WATCHDOG=1") >= before + 3, "pings")

    world.start_station(wait=False, **manager.environment(0.4))
    world.wait_until(lambda: manager.listen().count("READY=1") == 2, "both are ready")
    engine, monitor = (world.programs[name].process for name in ("engine-1231", "monitor-1231"))
    pings_go_on()
    engine.send_signal(signal.SIGSTOP)
    pings_go_on()  # the monitor's
    monitor.send_signal(signal.SIGSTOP)
    world.wait_until(lambda: silent_for(manager, 1.0), "silence of loops that hang")
    engine.send_signal(signal.SIGCONT)
    pings_go_on()  # the engine's
    monitor.send_signal(signal.SIGCONT)
    world.stop("monitor-1231")
    world.stop("engine-1231")
    assert manager.listen().count("STOPPING=1") == 2


def silent_for(manager, seconds):
    """Has nothing come for so long?"""
    count, began = len(manager.listen()), time.monotonic()
    while time.monotonic() - began < seconds:
        time.sleep(0.05)
        if len(manager.listen()) != count:
            return False
    return True


def test_units_are_sound(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze here")
    for folder, names in UNITS.items():
        for name in names:
            unit = os.path.join(ROOT, folder, "systemd", name + ".service")
            said = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager",
                                   unit], capture_output=True, text=True, timeout=60, check=False)
            found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said.stdout)
            assert found, said.stdout + said.stderr
            assert float(found.group(1)) < 2.0, found.group(0)
            # The programs stand elsewhere here; everything else must be understood.
            with open(unit, encoding="utf-8") as file:
                text = file.read()
            local = tmp_path / f"{name}.service"
            local.write_text(re.sub(r"^(Exec\w+)=/usr/bin/swap-\w+", r"\1=/bin/true", text,
                                    flags=re.M).replace("Documentation=", "#"))
            said = subprocess.run(["systemd-analyze", "verify", "--recursive-errors=no",
                                   str(local)], capture_output=True, text=True, timeout=60,
                                  check=False)
            complaints = [line for line in said.stderr.splitlines() if name in line]
            assert not complaints, said.stderr


def test_units_let_in_the_serial_lines_that_udev_gives():
    """A line of the group that the unit's device policy keeps out could be seen, but not opened."""
    folder = os.path.join(ROOT, "firmware", "systemd")
    with open(os.path.join(folder, "60-swapstack.rules"), encoding="utf-8") as file:
        lines = set(re.findall(r"(tty[A-Z]+[a-z]*)\[0-9\]", file.read()))
    assert {"ttyS", "ttyUSB", "ttyACM"} <= lines  # also readers and adapters that are modems
    for unit in ("swap-engine", "swap-console@"):
        with open(os.path.join(folder, unit + ".service"), encoding="utf-8") as file:
            allowed = set(re.findall(r"^DeviceAllow=char-(tty\w+) rw$", file.read(), re.M))
        assert allowed == lines, unit
