# SPDX-License-Identifier: Apache-2.0
"""`log` and `export` as a technician types them on the serial line: the log read and followed, the
bundle received by the terminal program over the same line."""

import os
import re
import shutil
import subprocess
import threading
import tty

import pytest

import supervise
from harness import BOARD, TIMEOUT, command
from test_console import Desk, console_options
from test_export import configure, environment, join, unpack
from test_logs import start_logging


@pytest.fixture
def desk(make_world):
    world = start_logging(make_world, "log")
    configure(os.path.join(world.directory, "config"))
    world.environment.update(environment(world))
    desk = Desk(world, *console_options(), "--logs", "log", "--board", BOARD)
    yield desk
    if desk.process.poll() is None:
        desk.close()


def refused_swap(world):
    """A command that leaves a line of its own in the logs."""
    world.publish(command(1, data={"user": "anna", "vehicle": "VEH-1", "battery": "NO-SUCH-PACK"}))


def test_the_log_is_read_and_followed(desk):
    world = desk.world
    found = desk.run("log -n 3 --module swap-engine --level info").splitlines()
    assert len(found) == 3 and all(re.match(r"\S+Z INFO swap-engine", line) for line in found), found
    assert "ready" in desk.run("log -n 1000 --module swap-monitor")
    assert "--level" in desk.run("log --level loud")
    desk.send("log -f -n 0 --module swap-engine\r")

    def nudge():  # what came before it looked is not shown
        refused_swap(world)
        desk.read()
        return "BatteryUnknown" in desk.text

    world.wait_until(nudge, "the log is followed")
    desk.seen = len(desk.text)
    desk.send("q")  # any key ends it
    desk.expect(r"^swap[>#] \Z")
    assert "mode" in desk.run("status")


@pytest.mark.parametrize("option, receiver", [("--zmodem", ["rz", "--binary", "--quiet"]),
                                              ("--xmodem", ["rx", "--binary", "--quiet", "got"])])
def test_a_bundle_comes_over_the_line(desk, tmp_path, option, receiver):
    if not shutil.which(receiver[0]):
        pytest.skip("lrzsz is not installed")
    desk.send(f"export {option}\r")
    size = int(desk.expect(r" files, (\d+) bytes").group(1))
    desk.expect("receive it now")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    right, technician_end = os.openpty()
    tty.setraw(technician_end)
    stop, receiver_ended, heard = threading.Event(), threading.Event(), bytearray()
    cable = threading.Thread(target=join, args=(desk.line, right, stop, receiver_ended, heard))
    cable.start()
    try:
        taker = supervise.start(receiver, cwd=inbox, stdin=technician_end, stdout=technician_end,
                                stderr=subprocess.DEVNULL)
        if option == "--xmodem":
            assert taker.wait(TIMEOUT) == 0
            receiver_ended.set()
            os.write(desk.line, b"\x06")  # see join()
        desk.world.wait_until(lambda: re.search(rb"sent\r\n.*swap> ", heard, re.S),
                              "the line is the console's again")
        if option == "--zmodem":
            os.write(right, b"OO")  # see join()
        assert taker.wait(TIMEOUT) == 0
    finally:
        stop.set()
        cable.join()
    os.close(right)
    os.close(technician_end)
    files, _ = unpack(next(inbox.iterdir()).read_bytes()[:size])
    assert "versions.txt" in files and any(name.startswith("logs/") for name in files), list(files)
    assert "kernel" in desk.run("version")
