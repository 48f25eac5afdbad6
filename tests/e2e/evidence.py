# SPDX-License-Identifier: Apache-2.0
"""Nothing lost, nothing twice: what a station said, against what the bridge's database holds.

What it said is known from three places that do not depend on the bridge: a mosquitto_sub on `info`,
the rows left in the monitor's journal, looked at while no monitor runs, and the engine's own state.
"""

import json
import os
import shutil
import sqlite3
import tempfile
import time

from harness import DEVICE

SEQ_BITS = 40  # of a journal row's key: boot, then seq
CLOSED = ("refused", "done", "failed", "expired")


def bare(message):
    """A message without `prev`, which may differ from sending to sending."""
    return {key: value for key, value in message.items() if key != "prev"}


class Journal:
    """The monitor's journal file, copied while no monitor runs."""

    def __init__(self, world, device=DEVICE, folder=None):
        folder = folder or os.path.join(world.directory, device, "monitor")
        self.rows = {}  # (journal, boot, lane, seq) -> message
        self.boot = 0
        self.engine_mark = ""
        with tempfile.TemporaryDirectory(dir=world.directory) as copy:
            for name in ("journal.db", "journal.db-wal"):
                if os.path.exists(os.path.join(folder, name)):
                    shutil.copy(os.path.join(folder, name), copy)
            self._read(os.path.join(copy, "journal.db"))

    def _read(self, path):
        database = sqlite3.connect(path)
        try:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            values = dict(database.execute("SELECT name, value FROM value"))
            self.id, self.boot = values["id"], int(values["boot"])
            self.engine_mark = values.get("engine_mark", "")
            self.dead = database.execute("SELECT count(*) FROM dead").fetchone()[0]
            self.dropped = int(values.get("dropped", 0))
            for lane in ("event", "telemetry"):
                for key, payload in database.execute(f"SELECT key, payload FROM {lane}"):
                    place = (self.id, key >> SEQ_BITS, lane, key & (1 << SEQ_BITS) - 1)
                    self.rows[place] = json.loads(payload)
        finally:
            database.close()


def engine_state(world, device=DEVICE, folder=None):
    """The engine's intent file: a line with its digest, then JSON."""
    path = os.path.join(folder or os.path.join(world.directory, device, "engine"), "engine.state")
    with open(path, encoding="utf-8") as file:
        return json.loads(file.read().split("\n", 1)[1])


class Evidence:
    def __init__(self, world, device=DEVICE):
        self.world, self.device = world, device
        self.said = {}  # (journal, boot, lane, seq) -> message without prev

    def note(self, place, message):
        """A number is never used twice for different contents."""
        known = self.said.setdefault(place, bare(message))
        assert known == bare(message), f"{place} was {known}, is {bare(message)}"

    def take_listener(self, listener):
        for _, message in listener.messages():
            if message.get("device") == self.device and "seq" in message:
                self.note((message["journal"], message["boot"], message["lane"], message["seq"]),
                          message)

    def take_journal(self, folder=None):
        """Only while no monitor runs."""
        journal = Journal(self.world, self.device, folder)
        for place, message in journal.rows.items():
            self.note(place, message)
        return journal

    # The database -----------------------------------------------------------------------------------

    MARKS = "SELECT * FROM stream WHERE device = ?"

    @staticmethod
    def marks_of(rows):
        return {(row["journal"], row["boot"], row["lane"]): row["seq"] for row in rows}

    def marks(self):
        return self.marks_of(self.world.rows(self.MARKS, self.device))

    def covers(self, places):
        """Are all of these acknowledged?"""
        marks = self.marks()
        return all(marks.get(place[:3], 0) >= place[3] for place in places)

    def check_events(self):
        """Each stream's events are 1 … mark, once and in order, and say what the station said."""
        rows, streams = self.world.snapshot(  # of one moment: the station lives on meanwhile
            ("SELECT * FROM event_log WHERE station_id = ? AND lane = 'event' ORDER BY id",
             self.device), (self.MARKS, self.device))
        marks = self.marks_of(streams)
        stored, numbers = {}, {}
        for row in rows:
            stream = (row["journal"], row["boot"], "event")
            numbers.setdefault(stream, []).append(row["seq"])
            stored[stream + (row["seq"],)] = bare(json.loads(row["payload"]))
        for stream, mark in marks.items():
            if stream[2] == "event" and mark > 0:
                assert numbers.get(stream) == list(range(1, mark + 1)), (stream, mark)
        for place, message in self.said.items():
            if place[2] == "event":
                assert place in stored, f"lost: {place}"
                assert stored[place] == message, place
            else:
                assert marks.get(place[:3], 0) >= place[3], f"lost: {place}"
        return len(stored)

    def check_effects(self):
        """What the tables made of the events agrees with them."""
        world = self.world
        assert world.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        assert world.one("SELECT count(*) FROM quarantine") == 0
        assert world.one("SELECT coalesce(sum(gap_rows), 0) FROM stream") == 0
        said = world.one("SELECT count(*) FROM event_log WHERE kind = 'SWAP_EVENT'"
                         " AND json_extract(payload, '$.data.event') <> 'Timeout'")
        assert said == world.one("SELECT count(*) FROM battery_exchange_task")
        for swap in world.rows("SELECT * FROM swap WHERE outcome = 'done'"):
            events = world.rows(
                "SELECT json_extract(payload, '$.data.event') AS event FROM event_log WHERE"
                " kind = 'SWAP_EVENT' AND json_extract(payload, '$.data.requestId') = ? ORDER BY id",
                swap["request_id"])
            # One that gave its battery in a swap that was interrupted gets the other one later.
            # One that got its battery in Out-In, and gave none, gives it later.
            expected = [event for side, event in (("in", "Off-Load"), ("out", "On-Load"))
                        for column in (f"bid_{side}", f"bid_{side}_2") if swap[column]]
            assert sorted(row["event"] for row in events) == expected, swap
        held = [row["bid"] for row in world.rows("SELECT bid FROM bay WHERE bid IS NOT NULL")]
        assert len(held) == len(set(held)), "a battery lies in two bays"
        still_open = world.rows("SELECT * FROM command WHERE outcome NOT IN "
                                f"({','.join('?' * len(CLOSED))})", *CLOSED)
        assert not still_open, still_open

    def engine_is_drained(self):
        """The engine holds no event, and each charging session that it numbered is on record."""
        state = engine_state(self.world, self.device)
        named = self.world.one("SELECT count(DISTINCT json_extract(payload, '$.data.session'))"
                               " FROM event_log WHERE kind = 'CHARGE_SESSION' AND station_id = ?",
                               self.device)
        return not state["events"] and named == state["session_counter"]

    # Draining ---------------------------------------------------------------------------------------

    def restart_station(self):
        """Ends monitor and engine, looks into the journal, and starts them again, in a new boot."""
        monitor = self.world.stop(f"monitor-{self.device}")
        engine = self.world.stop(f"engine-{self.device}")
        journal = self.take_journal()
        assert journal.dead == journal.dropped == 0
        for program in (engine, monitor):
            program.short_lives = 0
            self.world.programs[program.name] = program
            program.start()
        self.world.wait_until(lambda: monitor.said(" ready") and engine.said(" ready"), "both serve")
        return journal

    def drain(self, timeout=120):
        """All that the station ever said reaches the database; then everything is compared."""
        journal = self.restart_station()
        began = time.monotonic()
        wait = self.world.wait_until
        wait(lambda: self.covers(self.said), "the journal is drained", timeout)
        seconds = time.monotonic() - began
        wait(lambda: self.world.one("SELECT max(boot) FROM stream") > journal.boot and
             self.world.station_is_up(self.device), "it is up in its new boot", timeout)
        wait(lambda: not self.world.rows("SELECT 1 FROM command WHERE outcome IN"
                                         " ('sent', 'accepted')"), "all commands are closed", timeout)
        wait(self.engine_is_drained, "the engine handed over all of its events", timeout)
        self.check_events()
        self.check_effects()
        return seconds

    def conclude(self, listener):
        """The whole comparison, with what a mosquitto_sub heard. Returns the number of events and
        how long the draining took."""
        self.take_listener(listener)
        seconds = self.drain()
        self.take_listener(listener)
        self.world.wait_until(lambda: self.covers(self.said), "the newest rows are committed")
        return self.check_events(), seconds
