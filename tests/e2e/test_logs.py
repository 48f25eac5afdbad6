# SPDX-License-Identifier: Apache-2.0
"""The log files of real daemons, and swap-log: what a technician finds after trouble."""

import glob
import json
import os
import re
import signal
import subprocess
import time

import pytest

import supervise
from harness import DEVICE, SANITIZER, TIMEOUT
from test_full_disk import disk_for, disks  # noqa: F401  (a fixture)
from test_swap import ask, finish

LINE = re.compile(r"^(\S+Z) (DEBUG|INFO|WARNING|ERROR) ([\w-]+)(?:/([\w-]+))?: (.*)$")
LINE_OF_OURS = re.compile(r"^\d{4}-\d\d-\d\dT\S+Z (DEBUG|INFO|WARNING|ERROR) ")


def swap_log(world, *words, status=0, **environment):
    done = subprocess.run([world.binary("swap-log"), *words], cwd=world.directory,
                          env=dict(world.environment, **environment), capture_output=True,
                          text=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    assert not SANITIZER.search(done.stderr.encode()), done.stderr
    return done


def entries(done):
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["time"] for each in found] == sorted(each["time"] for each in found)
    return found


def start_logging(make_world, folder, **environment):
    """Bridge and station, all of whose logs go into `folder`."""
    world = make_world(speed=60.0)
    world.environment.update(SWAPSTACK_LOG_FOLDER=folder, SWAPSTACK_LOG_SYNC_S="0.1",
                             **environment)
    world.start_bridge()
    world.start_station()
    return world


def test_one_order_of_time_across_kills(make_world):
    world = start_logging(make_world, "log")
    command = ask(world, "VEH-1")
    finish(world, command)
    world.kill(f"monitor-{DEVICE}")
    world.wait_until(lambda: world.restarts and world.station_is_up(), "the monitor is back")
    found = world.wait_until(
        lambda: [each for each in entries(swap_log(world, "--json", "-n", "1000", "log"))
                 if each["message"].startswith("ready")][3:] and
        entries(swap_log(world, "--json", "-n", "1000", "log")), "four starts are in the log")
    assert {each["program"] for each in found} == {"swap-bridge", "swap-engine", "swap-monitor"}
    # What the stderr of each has, its files have in the same order: a killed process loses no line.
    for program, name in (("swap-engine", f"engine-{DEVICE}"), ("swap-monitor", f"monitor-{DEVICE}"),
                          ("swap-bridge", "bridge")):
        with open(os.path.join(world.directory, name + ".log"), encoding="utf-8") as file:
            said = [line.rstrip("\n") for line in file if LINE_OF_OURS.match(line)]
        done = swap_log(world, "-n", "1000", "--module", program, "log")
        kept = iter([line.replace(f" {program}/", " ", 1) for line in done.stdout.splitlines()])
        assert said and all(line in kept for line in said), (program, said, done.stdout)
    accepted = [each for each in found if each["message"].startswith("swap accepted")]
    assert len(accepted) == 1 and accepted[0]["fields"]["vehicle"]
    # The same as text, filtered.
    text = swap_log(world, "--module", "swap-engine", "--level", "info", "log").stdout
    assert all(LINE.match(line).group(3) == "swap-engine" for line in text.splitlines())
    # Nobody else may read them.
    for path in glob.glob(os.path.join(world.directory, "log", "*.log")):
        assert os.stat(path).st_mode & 0o777 == 0o640


def test_torn_tail_is_skipped_and_said(make_world):
    world = start_logging(make_world, "log")
    world.stop(f"monitor-{DEVICE}")
    path = os.path.join(world.directory, "log", "swap-monitor.00000001.log")
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) - 7)
    done = swap_log(world, "--module", "swap-monitor", "log")
    assert "1 damaged or incomplete lines were skipped" in done.stderr
    assert "stopping" not in done.stdout
    # The next start goes on behind it.
    world.stop(f"engine-{DEVICE}")
    world.start_station(wait=False)
    world.wait_until(lambda: swap_log(world, "log").stdout.count("journal id=") == 2,
                     "the monitor logs again")
    assert swap_log(world, "log").stderr.count("1 damaged or incomplete") == 1


def test_follow_through_rotation_until_told(make_world):
    world = start_logging(make_world, "log", SWAPSTACK_LOG_MAX_BYTES="65536")
    output = os.path.join(world.directory, "follow.txt")
    with open(output, "wb") as out:
        follower = supervise.start([world.binary("swap-log"), "-f", "-n", "0", "log"], stdout=out,
                                   stderr=out, cwd=world.directory, env=world.environment,
                                   stdin=subprocess.DEVNULL)

    def seen():
        with open(output, encoding="utf-8") as file:
            return file.read()

    monitor = world.programs[f"monitor-{DEVICE}"].process

    def nudge():
        monitor.send_signal(signal.SIGHUP)  # one line each
        return "log level read again" in seen()

    world.wait_until(nudge, "the follower prints what comes")
    first = os.path.join(world.directory, "log", "swap-monitor.00000001.log")

    def rotated():
        for _ in range(20):
            monitor.send_signal(signal.SIGHUP)
            time.sleep(0.005)
        return os.path.exists(first.replace("00000001", "00000003"))

    world.wait_until(rotated, "the log has rotated twice")
    kept = entries(swap_log(world, "--json", "-n", "100000", "--module", "swap-monitor", "log"))
    wanted = [each["time"] for each in kept if each["message"].startswith("log level read again")]
    world.wait_until(lambda: len(re.findall("log level read again", seen())) >= len(wanted) - 1,
                     "the follower has seen them all")
    follower.send_signal(signal.SIGTERM)
    assert follower.wait(TIMEOUT) == 0
    sizes = sum(os.path.getsize(path) for path in glob.glob(
        os.path.join(world.directory, "log", "swap-monitor.*.log")))
    assert sizes <= 65536


FAKE_JOURNALCTL = """#!/bin/sh
echo "$@" >>"$FAKE_LOG"
case "$*" in
*--follow*)
    echo '{"__CURSOR":"c3","__REALTIME_TIMESTAMP":"4102444800000000","PRIORITY":"3","MESSAGE":"late","_TRANSPORT":"kernel"}'
    sleep 600
    ;;
*)
    echo '-- Boot 1 --'
    echo '{"__CURSOR":"c1","__REALTIME_TIMESTAMP":"946684800000000","PRIORITY":"4","MESSAGE":"usb reset","_TRANSPORT":"kernel"}'
    echo 'this is no JSON'
    echo '{"nor":"an entry"}'
    echo '{"__CURSOR":"c2","__REALTIME_TIMESTAMP":"946684801000000","PRIORITY":"6","MESSAGE":"Started swap-engine.","SYSLOG_IDENTIFIER":"systemd"}'
    ;;
esac
"""


@pytest.fixture
def journal(tmp_path):
    """A journalctl that says the same on every machine; the words of its calls."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "journalctl"
    program.write_text(FAKE_JOURNALCTL)
    program.chmod(0o755)
    calls = tmp_path / "calls"
    calls.write_text("")
    return {"PATH": f"{folder}:{os.environ['PATH']}", "FAKE_LOG": str(calls)}, calls


def test_kernel_and_systemd_beside_ours(make_world, journal):
    environment, calls = journal
    world = start_logging(make_world, "log")
    done = swap_log(world, "--journal", "--json", "log", **environment)
    found = entries(done)
    assert [(each["program"], each["level"], each["message"]) for each in found[:2]] == [
        ("kernel", "WARNING", "usb reset"), ("systemd", "INFO", "Started swap-engine.")]
    assert {"swap-engine", "swap-monitor"} < {each["program"] for each in found}
    assert "journal: 1 entries could not be read" in done.stderr
    assert "_TRANSPORT=kernel + _PID=1" in calls.read_text()
    assert swap_log(world, "--journal", "--module", "kernel", "log", **environment).stdout == \
        "2000-01-01T00:00:00.000Z WARNING kernel: usb reset\n"
    follower = supervise.start([world.binary("swap-log"), "-f", "--journal", "log"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               cwd=world.directory, env=dict(world.environment, **environment),
                               stdin=subprocess.DEVNULL)
    for line in follower.stdout:
        if "kernel: late" in line:
            break
    assert "--after-cursor=c2" in calls.read_text()
    follower.send_signal(signal.SIGTERM)
    assert follower.wait(TIMEOUT) == 0


def test_without_a_journal_it_is_said(make_world, tmp_path):
    world = start_logging(make_world, "log")
    done = swap_log(world, "--journal", "log", PATH=str(tmp_path))
    assert "the kernel's and systemd's messages are left out: there is no journalctl\n" in done.stderr
    assert "swap-engine/engine: ready" in done.stdout


def test_full_disk_costs_lines_and_nothing_else(disks, make_world, tmp_path):  # noqa: F811
    disk = disk_for(disks, tmp_path / "small", "256k")
    world = start_logging(make_world, disk.path)
    disk.fill()
    finish(world, ask(world, "VEH-1"))
    monitor = world.programs[f"monitor-{DEVICE}"]

    def nudge():
        for _ in range(5):  # a line each; what is left of the file's last block takes some
            monitor.process.send_signal(signal.SIGHUP)
            time.sleep(0.01)
        return monitor.said("lines are not kept in files")

    world.wait_until(nudge, "stderr says it")
    disk.free()

    def told():
        nudge()
        done = swap_log(world, "--module", "log", "--json", disk.path)
        return [each for each in map(json.loads, done.stdout.splitlines())
                if each["message"].startswith("lines lost") and
                int(each["fields"]["count"]) > 0 and "space" in each["fields"]["reason"]]

    world.wait_until(told, "the files say how many lines they lack")


def test_why_it_did_not_start_is_in_the_files(make_world):
    world = start_logging(make_world, "log")
    words = [world.binary("swap-engine"), "--board", "/nonexistent", "--socket", "other.sock",
             "--state", "other"]
    done = subprocess.run(words, cwd=world.directory, capture_output=True, text=True, check=False,
                          env=dict(world.environment, SWAPSTACK_LOG_FOLDER="second"),
                          timeout=TIMEOUT, stdin=subprocess.DEVNULL)
    assert done.returncode != 0
    assert "/nonexistent" in swap_log(world, "--level", "error", "second").stdout
