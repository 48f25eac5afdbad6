# SPDX-License-Identifier: Apache-2.0
"""swap-export on a running station: what is in the bundle, what must not be, and the way over a
serial line with lrzsz."""

import fcntl
import hashlib
import io
import json
import os
import select
import shutil
import sqlite3
import subprocess
import tarfile
import threading
import tty

import pytest

import supervise
from harness import BOARD, DEVICE, SANITIZER, TIMEOUT, command
from test_logs import start_logging, swap_log

SECRETS = ("hunter2-in-the-ini", "hunter2-in-the-env", "hunter2-in-a-url", "hunter2-in-a-key",
           "hunter2-as-a-token", "hunter2-in-a-file")


def configure(folder):
    """A configuration as on a station, with secrets in every place where people put them."""
    os.makedirs(folder, exist_ok=True)
    files = {
        "monitor.ini": "[mqtt]\nuser = station\npassword_file = /etc/x/hunter2-in-the-ini\n"
                       "broker = mqtts://me:hunter2-in-a-url@broker.example:8883\n"
                       "; password = hunter2-in-the-ini\n[report]\ninterval_s = 10\n",
        "station.env": "SWAPSTACK_DEVICE=1231\nexport SWAPSTACK_MQTT_PASSWORD=hunter2-in-the-env\n"
                       "-----BEGIN EC PRIVATE KEY-----\nhunter2-in-a-key\n"
                       "-----END EC PRIVATE KEY-----\n",
        "password": "hunter2-in-a-file\n",
        "password.txt": "hunter2-in-a-file\n",
        "client.key": "hunter2-in-a-key\n",
    }
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


@pytest.fixture
def station(make_world):
    world = start_logging(make_world, "log")
    configure(os.path.join(world.directory, "config"))
    # A command that the monitor refuses and remembers, and an id that looks like a secret's value.
    world.publish(command(40, data={"version": 1, "page": 0, "pages": 1,
                                    "tokens": ["hunter2-as-a-token"]}))
    world.wait_until(lambda: world.rows("SELECT 1 FROM event_log LIMIT 1") is not None, "it runs")
    return world


def words(world, *more):
    return [world.binary("swap-export"), "--config-dir", "config", "--board", BOARD, "--logs", "log",
            "--monitor-state", f"{DEVICE}/monitor", "--engine-state", f"{DEVICE}/engine", *more]


def environment(world, **more):
    return dict(world.environment, PATH=f"{world.bin}:{os.environ['PATH']}", **more)


def export(world, *more, status=0, **variables):
    done = subprocess.run(words(world, *more), cwd=world.directory,
                          env=environment(world, **variables), capture_output=True, text=True,
                          timeout=TIMEOUT, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    assert not SANITIZER.search(done.stderr.encode()), done.stderr
    return done


def unpack(data):
    """The files of a bundle; the manifest must be true of them."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        files = {each.name: archive.extractfile(each).read() for each in archive.getmembers()}
    manifest = json.loads(files.pop("manifest.json"))
    assert {each["name"] for each in manifest["files"]} == set(files)
    for each in manifest["files"]:
        assert each["bytes"] == len(files[each["name"]])
        assert each["sha256"] == hashlib.sha256(files[each["name"]]).hexdigest()
    assert manifest["bytes"] == sum(map(len, files.values())) <= manifest["max_bytes"]
    return files, manifest


def read(world, name="b.tar.gz"):
    with open(os.path.join(world.directory, name), "rb") as file:
        return file.read()


def test_bundle_of_a_running_station(station):
    world = station
    done = export(world, "--to", "b.tar.gz")
    assert "manifest.json says why" in done.stderr
    assert os.stat(os.path.join(world.directory, "b.tar.gz")).st_mode & 0o777 == 0o600
    files, manifest = unpack(read(world))
    missing = {each["name"]: each["why"] for each in manifest["missing"]}
    for name, data in files.items():
        for secret in SECRETS:
            assert secret.encode() not in data, (name, secret)
    assert manifest["secrets_removed"] >= 5
    assert files["config/monitor.ini"].decode() == (
        "[mqtt]\nuser = station\npassword_file = (removed)\n"
        "broker = mqtts://(removed)@broker.example:8883\n"
        "; password = (removed)\n[report]\ninterval_s = 10\n")
    assert {"config/password", "config/password.txt", "config/client.key"} < set(missing)
    assert b"count = 8" in files["board/board.ini"]
    assert files["engine/engine.state"].startswith(b"swap-engine 1 ")
    for program in ("swap-export", "swap-engine", "swap-monitor", "swap-log"):
        assert f"{program} 0.1.0".encode() in files["versions.txt"]
    assert b"MemTotal" in files["system/meminfo"]
    assert b"lo up" in files["system/addresses.txt"]
    assert b"of" in files["system/space.txt"]
    assert b"swap-engine" in files["system/processes.txt"]
    assert "system/kernel.log" in files or "system/kernel.log" in missing
    assert "system/journal.log" in files or "system/journal.log" in missing
    # The monitor runs and holds its journal locked: the copy is a sound database all the same.
    statistics = json.loads(files["journal/statistics.json"])
    path = os.path.join(world.directory, "copy.db")
    with open(path, "wb") as file:
        file.write(files["journal/journal.db"])
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute("SELECT count(*) FROM event").fetchone()[0] == \
        statistics["event"][0]["rows"]
    assert {row[0] for row in database.execute("SELECT name FROM value")} >= {"id", "boot"}
    database.close()
    # Logs read as on the station.
    os.makedirs(os.path.join(world.directory, "unpacked"))
    for name, data in files.items():
        if name.startswith("logs/"):
            with open(os.path.join(world.directory, "unpacked", name[5:]), "wb") as file:
                file.write(data)
    here = swap_log(world, "unpacked")
    assert here.stderr == "" and "swap-monitor/monitor: ready" in here.stdout
    # And nobody on the station noticed.
    world.look()
    assert not world.restarts and world.station_is_up()


def test_a_small_bundle_keeps_what_is_new(station):
    world = station
    export(world, "--to", "b.tar.gz", "--max-bytes", "65536")
    files, manifest = unpack(read(world))
    assert manifest["bytes"] <= 65536 and manifest["missing"]
    assert "versions.txt" in files and "board/board.ini" in files


def test_nothing_there_is_said_thing_by_thing(make_world, tmp_path):
    world = make_world()
    done = subprocess.run([world.binary("swap-export"), "--to", "b.tar.gz", "--config-dir", "/none",
                           "--board", "/none", "--logs", "/none", "--monitor-state", "/none",
                           "--engine-state", "/none"], cwd=world.directory, env=world.environment,
                          capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, done.stderr
    files, manifest = unpack(read(world))
    missing = {each["name"]: each["why"] for each in manifest["missing"]}
    for name in ("config", "board", "logs", "journal", "engine/engine.state"):
        assert "No such file or directory" in missing[name], missing
    assert "system/meminfo" in files


@pytest.mark.parametrize("more, sentence, status", [
    ((), "one of --to FILE, --zmodem and --xmodem is needed", 64),
    (("--to", "a", "--zmodem"), "one of --to FILE, --zmodem and --xmodem is needed", 64),
    (("--to", "/nonexistent/b"), "/nonexistent/b.partial cannot be made: No such file", 73),
    (("--to", "b", "--max-bytes", "12"), "--max-bytes 12: a number from 65536 to", 64),
])
def test_refusals(make_world, more, sentence, status):
    world = make_world()
    done = export(world, *more, status=status)
    assert sentence in done.stderr
    assert not os.path.exists(os.path.join(world.directory, "b"))


def test_without_lrzsz_it_is_said(station, tmp_path):
    for option, program in (("--zmodem", "sz"), ("--xmodem", "sx")):
        done = subprocess.run(words(station, option), cwd=station.directory,
                              env=dict(station.environment, PATH=str(tmp_path)),
                              capture_output=True, text=True, timeout=TIMEOUT, check=False,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 69
        assert f"{program} is not there: the Debian package lrzsz has it" in done.stderr


def join(left, right, stop, receiver_ended, heard=None):
    """A serial cable between the masters of two ptys; `left` is the station's, `heard` (a bytearray)
    gets what it says.

    lrzsz ends with tcflush(TCIOFLUSH) behind a tcdrain, which on a pty, unlike on a UART, waits for
    nothing: its last word is mostly lost. So an end of transmission (EOT) that XMODEM's receiver has
    heard and answered is answered (ACK) here as well."""
    while not stop.is_set():
        ready, _, _ = select.select([left, right], [], [], 0.1)
        for fd in ready:
            try:
                data = os.read(fd, 512)
                to = right if fd == left else left
                if fd == left and heard is not None:
                    heard.extend(data)
                if fd == left and receiver_ended.is_set() and data.endswith(b"\x04"):
                    to, data = left, b"\x06"
                while data:
                    data = data[os.write(to, data):]
            except OSError:  # the end that is gone
                return


@pytest.mark.parametrize("option, receiver", [("--zmodem", ["rz", "--binary", "--quiet"]),
                                              ("--xmodem", ["rx", "--binary", "--quiet", "got"])])
def test_over_a_serial_line(station, tmp_path, option, receiver):
    if not shutil.which(receiver[0]):
        pytest.skip("lrzsz is not installed")
    world = station
    left, station_end = os.openpty()
    right, technician_end = os.openpty()
    for fd in (station_end, technician_end):
        tty.setraw(fd)
    before = subprocess.run(["stty", "-g"], stdin=station_end, capture_output=True, text=True,
                            check=True).stdout
    stop, receiver_ended = threading.Event(), threading.Event()
    cable = threading.Thread(target=join, args=(left, right, stop, receiver_ended))
    cable.start()
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    try:
        with open(tmp_path / "notes", "w", encoding="utf-8") as notes:
            sender = supervise.start(words(world, option), cwd=world.directory,
                                     env=environment(world), stdin=station_end,
                                     stdout=station_end, stderr=notes)

        def told():
            return "receive it now" in (tmp_path / "notes").read_text()

        world.wait_until(told, "the bundle is ready to be sent")
        taker = supervise.start(receiver, cwd=inbox, stdin=technician_end, stdout=technician_end,
                                stderr=subprocess.DEVNULL)
        if option == "--xmodem":
            assert taker.wait(TIMEOUT) == 0
            receiver_ended.set()
            os.write(left, b"\x06")  # for the EOT that is on its way already
        assert sender.wait(TIMEOUT) == 0, (tmp_path / "notes").read_text()
        if option == "--zmodem":
            os.write(right, b"OO")  # "over and out", see join()
        assert taker.wait(TIMEOUT) == 0
        after = subprocess.run(["stty", "-g"], stdin=station_end, capture_output=True, text=True,
                               check=True).stdout
        assert after == before  # the console's line is as it was
    finally:
        stop.set()
        cable.join()
        for fd in (left, right, station_end, technician_end):
            os.close(fd)
    notes = (tmp_path / "notes").read_text()
    assert notes.endswith("sent\n")
    size = int(notes.split(" files, ")[1].split(" bytes")[0])
    received = list(inbox.iterdir())
    assert len(received) == 1
    if option == "--zmodem":
        assert received[0].name.startswith("swapstack-") and received[0].name in notes
    data = received[0].read_bytes()
    assert data[size:].strip(b"\x1a") == b"" and len(data) - size < (1024 if option == "--xmodem"
                                                                     else 1)
    files, _ = unpack(data[:size])
    assert "versions.txt" in files


def test_nobody_receives(station):
    """The line hangs up: an end in time, and a sentence."""
    master, slave = os.openpty()
    tty.setraw(slave)
    fcntl.fcntl(master, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    sender = supervise.start(words(station, "--zmodem"), cwd=station.directory,
                             env=environment(station), stdin=slave, stdout=slave,
                             stderr=subprocess.PIPE, text=True)
    os.close(slave)
    for line in sender.stderr:
        if "receive it now" in line:
            break
    os.close(master)
    said = sender.stderr.read()
    assert sender.wait(TIMEOUT) == 74, said
    assert "swap-export: sz ended with status" in said
