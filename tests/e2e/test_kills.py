# SPDX-License-Identifier: Apache-2.0
"""kill -9 of engine, monitor, bridge and broker at random moments under traffic; the broker's data
is deleted each time. Afterwards nothing is lost and nothing is there twice.

    SWAPSTACK_KILLS       how many (default 40); scripts/campaign kill asks for more
    SWAPSTACK_KILL_SEED   repeats the same order and waits
"""

import os
import random
import sqlite3
import statistics
import subprocess
import time

from evidence import Evidence
from harness import DEVICE, command

KILLS = int(os.environ.get("SWAPSTACK_KILLS", "40"))
SEED = int(os.environ.get("SWAPSTACK_KILL_SEED", "1"))
# s between two kills: mostly shorter than a recovery or a swap, now and then long enough for one.
PAUSES = ((0.1, 2.2), (0.1, 2.2), (0.1, 2.2), (0.1, 2.2), (2.5, 5.0))
KINDS = ("engine", "monitor", "bridge", "mosquitto")


class Drivers:
    """Vehicles that come one after the other. Each asks until it is served, as a driver would: one
    whose swap was interrupted has no battery, and its own lies in a bay."""

    TRIES = 60

    def __init__(self, world):
        self.world, self.vehicle, self.tries = world, 1, 0
        self.number, self.asked, self.asked_at = 0, None, 0.0
        self.senders = []

    def look(self):
        self.senders = [sender for sender in self.senders if sender.poll() is None]
        row = self.world.command_row(message_id=self.asked) if self.asked else None
        waited = time.monotonic() - self.asked_at
        # A command that nobody heard (no broker, no station) is on nobody's record.
        patience = 0.3 if not self.asked else 3
        if row and row["outcome"] != "sent":
            patience = 10 if row["outcome"] == "accepted" else 0.3
        if waited < patience:
            return
        if (row and row["outcome"] == "done") or self.tries >= self.TRIES:
            self.vehicle, self.tries = self.vehicle + 1, 0
        self.number, self.tries = self.number + 1, self.tries + 1
        self.asked, self.asked_at = f"kill-{self.number}", time.monotonic()
        data = {"user": "u", "vehicle": f"VEH-{self.vehicle:03d}", "requestId": self.asked}
        self.senders.append(subprocess.Popen(
            ["mosquitto_pub", "-p", str(self.world.port), "-q", "1", "-t", "control", "-m",
             command(1, id=self.asked, data=data)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def end(self):
        for sender in self.senders:
            try:
                sender.wait(5)
            except subprocess.TimeoutExpired:
                sender.kill()
                sender.wait()


class Killer:
    def __init__(self, world, evidence, generator):
        self.world, self.evidence, self.generator = world, evidence, generator
        self.pending = {}  # kind -> (when, marks at the restart or None)
        self.recoveries = {kind: [] for kind in KINDS}
        self.counts = dict.fromkeys(KINDS, 0)

    def name(self, kind):
        return kind if kind in ("bridge", "mosquitto") else f"{kind}-{DEVICE}"

    def kill(self):
        kind = self.generator.choice(KINDS)
        program = self.world.programs[self.name(kind)]
        if program.process is None:  # still down from the last time
            return False
        program.short_lives = 0
        self.world.kill(program.name)
        program.process.wait(10)
        self.counts[kind] += 1
        if kind == "mosquitto":
            data = os.path.join(self.world.directory, "broker", "mosquitto.db")
            if os.path.exists(data):
                os.unlink(data)
        elif kind == "monitor":
            self.evidence.take_journal()
        self.pending[kind] = (time.monotonic(), None)
        return True

    def committed(self):
        return self.world.one("SELECT coalesce(sum(seq), 0) FROM stream") or 0

    def look(self):
        """Recovered: a row of the station's journal was committed after the program was back."""
        for kind, (killed, before) in list(self.pending.items()):
            program = self.world.programs[self.name(kind)]
            if program.process is None:
                continue
            if before is None:
                self.pending[kind] = (killed, self.committed())
            elif self.committed() > before and (kind == "mosquitto" or program.said(" ready")):
                self.recoveries[kind].append(time.monotonic() - killed)
                del self.pending[kind]

    def report(self):
        lines = []
        for kind in KINDS:
            times = self.recoveries[kind]
            figures = (f"median {statistics.median(times):5.2f} s, maximum {max(times):5.2f} s"
                       if times else "none measured")
            lines.append(f"  {kind:9} {self.counts[kind]:4} kills, kill → next commit: {figures}")
        return "\n".join(lines)


def go_on(world, killer, drivers, until):
    while not until():
        try:
            killer.look()
            drivers.look()
        except sqlite3.OperationalError:
            pass  # a reader meets a WAL whose bridge was just killed; it looks again
        world.look()
        time.sleep(0.02)


def test_kills(make_world):
    world = make_world(speed=60.0)
    # A killed monitor is back in a moment; safe mode for 30 s each time would leave no traffic.
    world.environment.update(SWAPSTACK_ENGINE_MONITOR_SETTLE_S="0.2",
                             SWAPSTACK_JOURNAL_GROUP_MS="200",
                             SWAPSTACK_COMMANDS_EXPIRE_S="20",
                             SWAPSTACK_COMMANDS_ACCEPTED_EXPIRE_S="60")
    world.start_bridge()
    world.start_station()
    listener = world.listen()
    evidence = Evidence(world)
    generator = random.Random(SEED)
    killer, drivers = Killer(world, evidence, generator), Drivers(world)
    began = time.monotonic()
    while sum(killer.counts.values()) < KILLS:
        due = time.monotonic() + generator.uniform(*generator.choice(PAUSES))
        go_on(world, killer, drivers, lambda: time.monotonic() >= due)
        killer.kill()
    deadline = time.monotonic() + 60
    go_on(world, killer, drivers, lambda: not killer.pending)
    assert time.monotonic() < deadline, f"no recovery of {list(killer.pending)}"
    drivers.end()
    lasted = time.monotonic() - began
    events, seconds = evidence.conclude(listener)
    swaps = dict((row["way"], row["n"]) for row in world.rows(
        "SELECT rtrim(outcome || ' ' || iif(instr(reason, ':'), substr(reason, 1, instr(reason, ':')"
        " - 1), coalesce(reason, ''))) AS way, count(*) AS n FROM command WHERE type = 1 GROUP BY way"))
    telemetry = world.one("SELECT sum(seq) FROM stream WHERE lane = 'telemetry'")
    boots = world.one("SELECT max(boot) FROM stream")
    print(f"\n{KILLS} kills (seed {SEED}) in {lasted:.0f} s: {events} events and {telemetry} telemetry"
          f" rows of {boots} boots, each once and in order; drained in {seconds:.1f} s;"
          f" commands {swaps}\n{killer.report()}")
    if KILLS >= 40:  # fewer prove little, and may leave no time for a swap
        assert swaps.get("done", 0) >= 1 and all(killer.recoveries.values()), swaps
