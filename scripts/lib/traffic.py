# SPDX-License-Identifier: Apache-2.0
"""Vehicles that come to swap: type-1 commands, sent with mosquitto_pub as an operator would.

When they come is drawn from the gaps between the arrivals of real fast-charging sessions
(boards/sim/fast-charge-quantiles.ini) by inverse transform. Those are of one charging post; a
station with N bays serves as many customers as N posts. How empty a battery arrives is the
simulated vehicle's business (sim driver, same file).
"""

import configparser
import datetime
import hashlib
import json
import random
import sqlite3
import subprocess
import time

import supervise

OPENING = datetime.time(11, 0)
FIRST_AFTER = (5.0, 60.0)  # s of plant time after opening (or after a restart later that day)
FLEET = 40
REST = 45 * 60.0  # a vehicle does not come back sooner (plant s)
# A refused vehicle tries again after a while (plant s, from–to) and gives up after so many tries.
RETRIES = {"Busy": (120.0, 300.0, 20), "SafetyLock": (120.0, 300.0, 20),
           "NoBatteryAvailable": (600.0, 1200.0, 6)}


class Quantiles:
    """A distribution given by equally spaced quantiles, drawn from with linear interpolation."""

    def __init__(self, values):
        if len(values) < 2 or any(b < a for a, b in zip(values, values[1:])):
            raise ValueError("quantiles must be two or more numbers that do not fall")
        self.values = values

    @classmethod
    def read(cls, path, section):
        parser = configparser.ConfigParser(inline_comment_prefixes=(";", "#"))
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
        return cls([float(word) for word in parser[section]["quantiles"].split()])

    def at(self, share):
        place = share * (len(self.values) - 1)
        low = min(int(place), len(self.values) - 2)
        return self.values[low] + (self.values[low + 1] - self.values[low]) * (place - low)

    def draw(self, generator):
        return self.at(generator.random())


class Visit:
    """One vehicle's wish for a swap: waiting for its time, sent, or over."""

    def __init__(self, vehicle, user, request, due):
        self.vehicle, self.user, self.request, self.due = vehicle, user, request, due
        self.tries = 0
        self.digest = None  # of the command that was sent last, as the station computes it
        self.sent_wall = 0.0


class Traffic:
    def __init__(self, clock, port, device, database, quantiles, bays, seed, log, packs=1):
        self.clock, self.port, self.device, self.database = clock, port, device, database
        self.gaps, self.bays, self.log = quantiles, max(1, bays), log
        self.packs = packs  # of each vehicle
        self.generator = random.Random(seed if clock.is_new else f"{seed}/{clock.origin_plant}")
        self.visits = []
        self.senders = []  # mosquitto_pub processes not yet ended
        self.last_visit = {}
        self.arrived = self.done = self.lost = 0
        self.next_arrival = self._first_arrival()

    def _first_arrival(self):
        now = self.clock.plant()
        day = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).date()
        opening = datetime.datetime.combine(day, OPENING, datetime.timezone.utc).timestamp()
        return max(now, opening) + self.generator.uniform(*FIRST_AFTER)

    def look(self):
        """Call now and then."""
        now = self.clock.plant()
        while now >= self.next_arrival:
            self._arrive(self.next_arrival)
            self.next_arrival += 60.0 * self.gaps.draw(self.generator) / self.bays
        for visit in self.visits:
            if visit.digest is None and now >= visit.due:
                self._send(visit)
        self._read_outcomes(now)
        self._reap()

    def waiting_for_end(self):
        """Commands that were sent and have no outcome yet."""
        return sum(visit.digest is not None for visit in self.visits)

    def _arrive(self, at):
        busy = {visit.vehicle for visit in self.visits}
        names = [f"VEH-{number:03d}" for number in range(1, FLEET + 1)]
        names = [name for name in names if name not in busy
                 and at - self.last_visit.get(name, float("-inf")) >= REST]
        if not names:
            return  # the whole fleet is here or was here a moment ago
        vehicle = self.generator.choice(names)
        self.last_visit[vehicle] = at
        stamp = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
        request = f"{vehicle}-{stamp:%Y%m%d%H%M%S}"
        self.visits.append(Visit(vehicle, vehicle.replace("VEH", "USER"), request, at))
        self.arrived += 1

    def _send(self, visit):
        # The command's time is the wall's: its freshness follows the wall, not the plant.
        now = datetime.datetime.now(datetime.timezone.utc)
        data = {"user": visit.user, "vehicle": visit.vehicle, "requestId": visit.request}
        if self.packs > 1:
            data["count"] = self.packs
        payload = json.dumps({
            "device": self.device, "type": 1, "data": data,
            "time": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"})
        visit.digest = hashlib.sha256(payload.encode()).hexdigest()[:16]
        visit.sent_wall = time.monotonic()
        visit.tries += 1
        self.log(f"{visit.vehicle} asks for a swap, request {visit.request}, try {visit.tries}")
        command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-q", "1",
                   "-t", "control", "-m", payload]
        self.senders.append(supervise.start(command, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))

    def _reap(self):
        ended = [sender for sender in self.senders if sender.poll() is not None]
        self.senders = [sender for sender in self.senders if sender not in ended]
        for sender in ended:
            words = sender.stderr.read().decode(errors="replace").strip()
            sender.stderr.close()
            if sender.returncode != 0:
                self.log(f"mosquitto_pub ended with {sender.returncode}: {words}")

    def _read_outcomes(self, now):
        sent = [visit for visit in self.visits if visit.digest is not None]
        if not sent:
            return
        try:
            database = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=1)
            try:
                for visit in sent:
                    row = database.execute(
                        "SELECT outcome, reason FROM command WHERE device = ? AND digest = ?"
                        " ORDER BY id DESC LIMIT 1", (self.device, visit.digest)).fetchone()
                    self._judge(visit, row, now)
            finally:
                database.close()
        except sqlite3.OperationalError as error:
            self.log(f"the database cannot be read now: {error}")

    def _judge(self, visit, row, now):
        outcome, reason = row if row else ("unseen", None)
        if outcome == "unseen" and time.monotonic() - visit.sent_wall > 60:
            outcome = "failed"
            reason = "the command is not on record"
        if outcome in ("unseen", "sent", "accepted"):
            return
        visit.digest = None
        word = (reason or "").split(":")[0].split(" ")[0]
        least, most, tries = RETRIES.get(word, (0, 0, 0))
        if outcome == "refused" and visit.tries < tries:
            visit.due = now + self.generator.uniform(least, most)
            self.log(f"{visit.vehicle} refused ({reason}), tries again later")
            return
        self.visits.remove(visit)
        self.log(f"{visit.vehicle} {outcome}{': ' + reason if reason else ''}")
        if outcome == "done":
            self.done += 1
        else:
            self.lost += 1

    def stop(self):
        for sender in self.senders:
            try:
                sender.wait(2)
            except subprocess.TimeoutExpired:
                supervise.signal_group(sender, 9)
                sender.wait()
            sender.stderr.close()
        self.senders = []
