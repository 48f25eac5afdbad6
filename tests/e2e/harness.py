# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests stand on: real mosquitto, real processes, plain operator's tools.

Nothing here sleeps for a fixed time to let something happen: World.wait_until polls a condition,
restarts programs that exited (as systemd would), and gives up with the logs."""

import datetime
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))

import broker  # noqa: E402
import supervise  # noqa: E402

BOARD = os.path.join(ROOT, "boards", "sim")
DEVICE = "1231"
SANITIZER = re.compile(rb"ERROR: (Address|Leak|Undefined|Thread)Sanitizer|runtime error:")
# Two busy cores, sanitized programs: generous, because a time-out is a failure, not a wait.
TIMEOUT = 60.0


def binaries():
    """SWAPSTACK_BIN, else the sanitized build, else the plain one."""
    places = [os.environ.get("SWAPSTACK_BIN"), os.path.join(ROOT, "build-asan", "bin"),
              os.path.join(ROOT, "build", "bin")]
    for place in places:
        if place and os.access(os.path.join(place, "swapctl"), os.X_OK):
            return os.path.abspath(place)
    raise RuntimeError("no programs found: scripts/build --sanitize, or set SWAPSTACK_BIN")


def wall_now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def today():
    """The requirement's way to write a date: no leading zeros."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return f"{now.year}-{now.month}-{now.day}"


def command(kind, device=DEVICE, when=None, **fields):
    """A command as an operator types it; `fields` are data and further members."""
    message = {"device": device, "type": kind, **fields, "time": when or wall_now()}
    return json.dumps(message)


class Listener:
    """mosquitto_sub into a file; messages as (topic, object)."""

    def __init__(self, world, topics, name):
        self.path = os.path.join(world.directory, f"listen-{name}.log")
        arguments = [word for topic in topics for word in ("-t", topic)]
        with open(self.path, "wb") as out:
            self.process = supervise.start(
                ["stdbuf", "-oL", "mosquitto_sub", "-p", str(world.port), "-q", "1", "-F", "%r\t%t\t%p", "-d",
                 *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        world.wait_until(lambda: b"Subscribed (mid" in self._bytes(), "mosquitto_sub is subscribed")

    def _bytes(self):
        with open(self.path, "rb") as file:
            return file.read()

    def messages(self):
        found = []
        for line in self._bytes().decode(errors="replace").split("\n")[:-1]:
            fields = line.split("\t", 2)
            if len(fields) == 3:
                found.append((fields[1], json.loads(fields[2])))
        return found

    def of_type(self, kind, device=None):
        return [message for _, message in self.messages()
                if message.get("type") == kind and device in (None, message.get("device"))]

    def results(self, **match):
        """COMMAND_RESULT data that have all of these members."""
        return [message["data"] for message in self.of_type(19)
                if all(message["data"].get(key) == value for key, value in match.items())]

    def stop(self):
        """SIGTERM, then SIGKILL: mosquitto_sub was seen to outlive a SIGTERM on a busy machine."""
        supervise.signal_group(self.process, signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            supervise.signal_group(self.process, signal.SIGKILL)
            self.process.wait()


class World:
    """A broker, a bridge and any number of stations in one directory."""

    def __init__(self, directory, speed=1.0, plant_start=None):
        self.directory = str(directory)
        self.bin = binaries()
        self.port = broker.free_port()
        self.database = os.path.join(self.directory, "swapstack.db")
        self.programs = {}
        self.listeners = []
        self.restarts = []
        self.environment = dict(os.environ, SWAPSTACK_STATION_CLOCK="synced",
                                SWAPSTACK_MQTT_BACKOFF_MIN_MS="50",
                                SWAPSTACK_MQTT_BACKOFF_MAX_MS="500",
                                UBSAN_OPTIONS="print_stacktrace=1",
                                ASAN_OPTIONS="detect_leaks=1")
        self.speed = speed
        if speed != 1.0 or plant_start:
            self.origin_wall = time.time()
            self.origin_plant = (plant_start or datetime.datetime.now(datetime.timezone.utc).replace(
                hour=11, minute=0, second=0, microsecond=0)).timestamp()
            self.environment.update(
                SWAPSTACK_CLOCK_ORIGIN_WALL=str(round(self.origin_wall * 1e6)),
                SWAPSTACK_CLOCK_ORIGIN_PLANT=str(round(self.origin_plant * 1e6)),
                SWAPSTACK_CLOCK_SPEED=repr(speed))

    # Programs -----------------------------------------------------------------------------------

    def binary(self, name):
        return os.path.join(self.bin, name)

    def add(self, name, words, **environment):
        program = supervise.Program(name, words, os.path.join(self.directory, name + ".log"),
                                    dict(self.environment, **environment), self.directory)
        self.programs[name] = program
        program.start()
        return program

    def look(self):
        for program in self.programs.values():
            program.look(lambda each, status, _wait: self.restarts.append((each.name, status)))

    def start_broker(self):
        folder = os.path.join(self.directory, "broker")
        for _ in range(5):
            path = broker.write_configuration(folder, self.port)
            mosquitto = self.add("mosquitto", [broker.program(), "-c", path])
            while mosquitto.process.poll() is None:
                if broker.is_listening(self.port):
                    return
                time.sleep(0.02)
            self.port = broker.free_port()  # somebody took it in between
        raise AssertionError("mosquitto does not start: " + "\n".join(mosquitto.last_lines()))

    def start_bridge(self, **environment):
        bridge = self.add("bridge", [self.binary("swap-bridge"), "--broker",
                                     f"127.0.0.1:{self.port}", "--db", "swapstack.db"],
                          **environment)
        self.wait_until(lambda: bridge.said(" ready"), "the bridge is ready")
        return bridge

    def start_station(self, device=DEVICE, wait=True, board=BOARD, **environment):
        """Engine and monitor of one station, in a folder of its own."""
        os.makedirs(os.path.join(self.directory, device, "engine"), exist_ok=True)
        os.makedirs(os.path.join(self.directory, device, "monitor"), exist_ok=True)
        engine = self.add(f"engine-{device}", [
            self.binary("swap-engine"), "--board", board, "--socket", f"{device}/sock", "--state",
            f"{device}/engine"], **environment)
        self.wait_until(lambda: engine.said(" ready"), "the engine is ready")
        self.add(f"monitor-{device}", [
            self.binary("swap-monitor"), "--device", device, "--broker", f"127.0.0.1:{self.port}",
            "--engine", f"{device}/sock", "--state", f"{device}/monitor"], **environment)
        if wait:
            self.wait_until(lambda: self.station_is_up(device), f"station {device} is stored")

    def station_is_up(self, device=DEVICE):
        return self.one("SELECT count(*) FROM bay JOIN station USING (station_id)"
                        " WHERE station_id = ? AND mode = 'normal' AND bay.state IS NOT NULL"
                        " AND bay.state <> 'UNKNOWN'", device) == 8

    def stop(self, name, timeout=20):
        """Clean stop; the program must end by itself."""
        program = self.programs.pop(name)
        process = program.process
        assert program.stop(timeout), f"{name} did not end on SIGTERM"
        assert process is None or process.returncode == 0, f"{name}: {process.returncode}"
        return program

    def kill(self, name):
        """kill -9; look() starts it again."""
        supervise.signal_group(self.programs[name].process, signal.SIGKILL)

    # Operator's tools ---------------------------------------------------------------------------

    def publish(self, payload, topic="control", *more):
        subprocess.run(["mosquitto_pub", "-p", str(self.port), "-q", "1", "-t", topic, "-m", payload,
                        *more], check=True, timeout=30, stdin=subprocess.DEVNULL)

    def listen(self, *topics):
        listener = Listener(self, topics or ("info/#",), len(self.listeners))
        self.listeners.append(listener)
        return listener

    def ctl(self, *words, status=0, **options):
        """swapctl; returns the completed process, whose exit status must be `status`."""
        done = subprocess.run([self.binary("swapctl"), "--db", self.database, "--broker",
                               f"127.0.0.1:{self.port}", *words], env=self.environment,
                              cwd=self.directory, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL, **options)
        assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        assert not SANITIZER.search(done.stderr.encode()), done.stderr
        return done

    def rows(self, sql, *values):
        return self.snapshot((sql, *values))[0]

    def snapshot(self, *questions):
        """The rows of each (sql, *values), all of the same moment."""
        if not os.path.exists(self.database):
            return [[] for _ in questions]
        database = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)
        try:
            database.row_factory = sqlite3.Row
            database.execute("BEGIN")
            return [[dict(row) for row in database.execute(sql, values)]
                    for sql, *values in questions]
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):  # a migration is under way
                return [[] for _ in questions]
            raise
        finally:
            database.close()

    def one(self, sql, *values):
        rows = self.rows(sql, *values)
        return next(iter(rows[0].values())) if rows else None

    def command_row(self, **match):
        where = " AND ".join(f"{column} = ?" for column in match)
        rows = self.rows(f"SELECT * FROM command WHERE {where} ORDER BY id DESC", *match.values())
        return rows[0] if rows else None

    def wait_until(self, condition, what, timeout=TIMEOUT):
        """Returns the first true value of the condition."""
        deadline = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            self.look()
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {timeout:.0f} s in vain until {what}")
            time.sleep(0.05)

    # End ----------------------------------------------------------------------------------------

    def close(self):
        """Stops everything; returns what a sanitizer or an unclean end left to complain about."""
        complaints = []
        for listener in self.listeners:
            listener.stop()
        order = sorted(self.programs.values(), key=lambda program: (
            ("monitor", "engine", "bridge", "mosquitto").index(program.name.split("-")[0])))
        for program in order:
            process = program.process
            if not program.stop(20):
                complaints.append(f"{program.name} did not end on SIGTERM")
            elif process is not None and process.returncode not in (0, -signal.SIGTERM):
                complaints.append(f"{program.name}: {supervise.status_text(process.returncode)}")
        for name in sorted(os.listdir(self.directory)):
            if name.endswith(".log"):
                with open(os.path.join(self.directory, name), "rb") as file:
                    if SANITIZER.search(file.read()):
                        complaints.append(f"{name} has a sanitizer's report")
        return complaints

    def logs(self, count=40):
        text = []
        for name in sorted(os.listdir(self.directory)):
            if name.endswith(".log") and not name.startswith("listen-"):
                with open(os.path.join(self.directory, name), "rb") as file:
                    lines = file.read().decode(errors="replace").splitlines()
                text.append(f"--- {name}\n" + "\n".join(lines[-count:]))
        return "\n".join(text)
