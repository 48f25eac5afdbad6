# SPDX-License-Identifier: Apache-2.0
"""scripts/run after setup and build: starts everything, watches it, stops everything."""

import datetime
import os
import signal
import sqlite3
import subprocess
import sys
import time

import broker
import options as command_line
import plantclock
import statefolder
import supervise
import traffic

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEVICE = "1231"
BOARD = os.path.join(ROOT, "boards", "sim")
QUANTILES = os.path.join(BOARD, "fast-charge-quantiles.ini")
# Four ready batteries and two free bays, so that sets of two can be swapped in either order.
PACKS_FOR_SETS = "nmc:97.5 lfp:98.4 nmc:96.2 nmc:97 lfp:84 nmc:79 empty empty"
EX_UNAVAILABLE, EX_SOFTWARE, EX_CANTCREAT, EX_TEMPFAIL = 69, 70, 73, 75

READY_TIMEOUT = 60.0  # s for each of: broker, bridge, first STATION_INFO
LAST_SWAP_TIMEOUT = 10.0  # s at the end of --for, for swaps under way to finish
LOCK_TIMEOUT = 15.0  # s for the processes of an earlier run to end


class Failure(Exception):
    def __init__(self, sentence, status):
        super().__init__(sentence)
        self.status = status


class Stopped(Exception):
    """Somebody pressed Ctrl-C, or a signal came."""


class Run:
    def __init__(self, options):
        self.options = options
        self.state = None
        self.programs = []
        self.view = None
        self.traffic = None
        self.clock = None
        self.log_file = None
        self.signals = 0
        self.clock_saved = 0.0
        self.database = os.path.join(options.state, "swapstack.db")

    # What people see ----------------------------------------------------------------------------

    def say(self, text):
        """A line for the log, and for the terminal while no view is drawn on it."""
        now = datetime.datetime.now(datetime.timezone.utc)
        if self.log_file:
            print(now.strftime("%Y-%m-%dT%H:%M:%SZ"), text, file=self.log_file, flush=True)
        if self.view is None or self.options.headless:
            print(text, flush=True)

    def print_hints(self):
        port = self.port
        stamp = "'$(date -u +%FT%TZ)'"
        publish = f"mosquitto_pub -p {port} -q 1 -t control -m"
        lines = [
            f"Ready. Database {self.database}, logs in {self.options.state}/log. To try:",
            f"  mosquitto_sub -p {port} -v -t 'info/#' -t 'control/#'",
            "  # 1: open the gate and run a swap",
            f"  {publish} '{{\"device\":\"{DEVICE}\",\"type\":1,\"data\":{{\"user\":\"1234\","
            f"\"vehicle\":\"1234\"}},\"time\":\"{stamp}\"}}'",
            "  # 2: information now   3: restart   4: go offline for 30 s",
        ]
        for number, data in ((2, ""), (3, ""), (4, "\"data\":{\"seconds\":30},")):
            lines.append(f"  {publish} '{{\"device\":\"{DEVICE}\",\"type\":{number},{data}"
                         f"\"time\":\"{stamp}\"}}'")
        lines.append("")
        print("\n".join(lines), flush=True)

    # Beginning ----------------------------------------------------------------------------------

    def prepare(self):
        """The state folder, ours alone."""
        try:
            self.state = statefolder.StateFolder(self.options.state)
        except OSError as error:
            raise Failure(f"{self.options.state} cannot be written: {error.strerror}",
                          EX_CANTCREAT) from None
        deadline = time.monotonic() + LOCK_TIMEOUT
        while not self.state.take():
            if time.monotonic() > deadline:
                raise Failure(f"another run uses {self.options.state}; give another --state DIR",
                              EX_TEMPFAIL)
            self.pause()
        if self.options.fresh:
            self.state.empty()
        self.state.make_folders()
        self.log_file = open(self.state.file("log", "run.log"), "a", encoding="utf-8")

    def add(self, name, command, environment=None):
        program = supervise.Program(
            name, command, self.state.file("log", name + ".log"), environment or dict(os.environ),
            self.state.path, (self.state.lock.fileno(),))
        self.programs.append(program)
        program.start()
        return program

    def binary(self, name):
        path = os.path.join(os.environ.get("SWAPSTACK_BIN", os.path.join(ROOT, "build", "bin")),
                            name)
        if not os.access(path, os.X_OK):
            raise Failure(f"{path} is not there; scripts/build makes it", EX_UNAVAILABLE)
        return os.path.abspath(path)

    def start_broker(self):
        fixed = self.options.port
        if fixed and not broker.port_is_free(fixed):
            raise Failure(f"port {fixed} is taken; give another --port or none", EX_UNAVAILABLE)
        folder = self.state.file("broker")
        for _ in range(1 if fixed else 5):
            self.port = fixed or broker.free_port()
            command = [broker.program(), "-c", broker.write_configuration(folder, self.port)]
            mosquitto = self.add("mosquitto", command)
            deadline = time.monotonic() + READY_TIMEOUT
            while mosquitto.process.poll() is None and time.monotonic() < deadline:
                if broker.is_listening(self.port):
                    return
                self.pause()
            self.programs.remove(mosquitto)  # somebody took the port in between
            mosquitto.stop()
        raise Failure("mosquitto does not start:\n  " + "\n  ".join(mosquitto.last_lines()),
                      EX_UNAVAILABLE)

    def start_all(self):
        """Broker, bridge, engine, monitor; returns when the first STATION_INFO is stored."""
        self.start_broker()
        self.clock = plantclock.PlantClock(self.state.file("clock.json"), self.options.speed)
        environment = dict(os.environ, **self.clock.environment())
        # A simulated station's clock is the run's, whatever this machine's NTP does.
        environment["SWAPSTACK_STATION_CLOCK"] = "synced"
        environment["SWAPSTACK_SWAP_ORDER"] = self.options.order
        if self.options.packs == 2:
            environment["SWAPSTACK_SIM_TWO_PACK_SHARE_PERCENT"] = "100"
            environment.setdefault("SWAPSTACK_SIM_PACKS", PACKS_FOR_SETS)
        environment["SWAPSTACK_LOG_FOLDER"] = "log"  # swap-log reads it, beside the *.log of stderr
        # Paths are relative to the state folder, because a Unix socket's path has 107 bytes.
        at = f"127.0.0.1:{self.port}"
        bridge = self.add("bridge", [self.binary("swap-bridge"), "--broker", at, "--db",
                                     "swapstack.db"], environment)
        self.wait_for(lambda: bridge.said(" ready"), "swap-bridge is ready")
        self.add("engine", [self.binary("swap-engine"), "--board", BOARD, "--socket",
                            "engine.sock", "--state", "engine"], environment)
        self.add("monitor", [self.binary("swap-monitor"), "--device", DEVICE, "--broker", at,
                             "--engine", "engine.sock", "--state", "monitor"], environment)
        self.wait_for(self.station_is_stored, "the first STATION_INFO is stored")

    def station_is_stored(self):
        """A station row of this run: with its bays, heard since the run began."""
        row = self.query("SELECT (SELECT count(*) FROM bay WHERE station_id = ?1), state_time"
                         " FROM station WHERE station_id = ?1", (DEVICE,))
        if not row or row[0] == 0 or row[1] is None or row[1] / 1e6 < self.clock.origin_plant - 1:
            return False
        self.bays = row[0]
        return True

    def query(self, sql, values):
        try:
            database = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=1)
            try:
                return database.execute(sql, values).fetchone()
            finally:
                database.close()
        except sqlite3.OperationalError:
            return None  # not there yet

    # Running ------------------------------------------------------------------------------------

    def pause(self, seconds=0.1):
        if self.signals:
            raise Stopped()
        time.sleep(seconds)

    def look(self):
        for program in self.programs:
            program.look(lambda program, status, wait: self.say(
                f"{program.name} ended ({status}), starts again in {wait} s"))
        if self.clock and time.monotonic() - self.clock_saved >= 1:
            self.clock.save()
            self.clock_saved = time.monotonic()

    def wait_for(self, condition, what):
        deadline = time.monotonic() + READY_TIMEOUT
        while not condition():
            self.look()
            self.pause()
            if time.monotonic() > deadline:
                logs = "".join(f"\n{program.name}:\n  " + "\n  ".join(program.last_lines(5))
                               for program in self.programs)
                raise Failure(f"waited {READY_TIMEOUT:.0f} s in vain until {what}{logs}",
                              EX_SOFTWARE)

    def start_view(self):
        command = [self.binary("swapctl"), "--db", self.database, "live"]
        if self.options.headless:
            command.append("--plain")
        self.view = supervise.start(command, stdin=subprocess.DEVNULL)

    def check_view(self):
        if self.view and self.view.poll() is not None:
            status = supervise.status_text(self.view.returncode)
            self.view = None
            self.say(f"the live view ended ({status}); everything else goes on")

    def run(self):
        self.prepare()
        self.start_all()
        if not self.options.no_traffic:
            self.traffic = traffic.Traffic(
                self.clock, self.port, DEVICE, self.database,
                traffic.Quantiles.read(QUANTILES, "arrival_gap_minutes"), self.bays,
                self.options.seed, self.log_traffic, self.options.packs)
        self.print_hints()
        self.start_view()
        ready = time.monotonic()
        while self.options.seconds is None or time.monotonic() - ready < self.options.seconds:
            self.look()
            self.check_view()
            if self.traffic:
                self.traffic.look()
            self.pause()
        self.finish_swaps()

    def log_traffic(self, text):
        now = plantclock.plant_text(self.clock.plant())
        with open(self.state.file("log", "traffic.log"), "a", encoding="utf-8") as file:
            print(now, text, file=file)

    def finish_swaps(self):
        """No vehicle comes any more; a swap under way may end."""
        if not self.traffic:
            return
        self.traffic.next_arrival = float("inf")
        for visit in self.traffic.visits:
            if visit.digest is None:
                visit.due = float("inf")
        deadline = time.monotonic() + LAST_SWAP_TIMEOUT
        while self.traffic.waiting_for_end() and time.monotonic() < deadline:
            self.look()
            self.traffic.look()
            self.pause()

    # End ----------------------------------------------------------------------------------------

    def stop(self):
        """In the order of the data's way, so that what was said still arrives. What does not is
        kept: in the engine's state, the monitor's journal, the broker's persistent session."""
        if self.view:
            supervise.signal_group(self.view, signal.SIGTERM)
            try:
                self.view.wait(3)
            except subprocess.TimeoutExpired:
                supervise.signal_group(self.view, signal.SIGKILL)
                self.view.wait()
            self.view = None
        if self.traffic:
            self.traffic.stop()
        order = ("monitor", "engine", "bridge", "mosquitto")
        for program in sorted(self.programs, key=lambda each: order.index(each.name)):
            # A second Ctrl-C means: now.
            if not program.stop(2.0 if self.signals > 1 else 15.0):
                self.say(f"{program.name} did not end by itself and was killed")
        if self.clock:
            self.clock.save()
        if self.traffic:
            self.say(f"vehicles: {self.traffic.arrived} came, {self.traffic.done} swapped, "
                     f"{self.traffic.lost} left without, {len(self.traffic.visits)} still waited")
        self.say("stopped")


def main(words):
    run = Run(command_line.parse(words))

    def note(_number, _frame):
        run.signals += 1

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, note)
    try:
        try:
            run.run()
        finally:
            run.stop()
    except Stopped:
        return 0
    except supervise.GaveUp as error:
        print(f"run: {error}. The end of {error.program.log_path}:", file=sys.stderr)
        print("  " + "\n  ".join(error.program.last_lines()), file=sys.stderr)
        return EX_SOFTWARE
    except Failure as error:
        print(f"run: {error}", file=sys.stderr)
        return error.status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
