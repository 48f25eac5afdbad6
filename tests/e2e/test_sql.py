# SPDX-License-Identifier: Apache-2.0
"""The SQLite extension in the sqlite3 shell that Debian ships, and `swapctl sql`, beside a running
bridge: both read the same."""

import json
import os
import pty
import select
import signal
import sqlite3
import subprocess
import time


def extension(world):
    return os.path.join(os.path.dirname(world.bin), "lib", "swapstack")


def shell(world, sql, status=0):
    """The sqlite3 shell, as a person calls it."""
    done = subprocess.run(["sqlite3", "-readonly", "-cmd", f".load {extension(world)}",
                           world.database, sql], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == status, (sql, done.stdout, done.stderr)
    return done.stdout + done.stderr


def test_the_shell_and_swapctl_show_samples(fast_station):
    world = fast_station
    world.wait_until(lambda: world.one("SELECT count(*) FROM charge_open") > 20, "samples")
    count = "SELECT count(*) > 20, count(DISTINCT process) > 1, count(damaged) FROM charge"
    assert shell(world, count) == "1|1|0\n"
    assert json.loads(world.ctl("--json", "sql", count).stdout) == [
        dict(zip(["count(*) > 20", "count(DISTINCT process) > 1", "count(damaged)"], [1, 1, 0]))]
    # An open process has a battery, and its samples are those that `charging samples` lists.
    process, bid = shell(world, "SELECT process, bid FROM charge ORDER BY process LIMIT 1"
                         ).strip().split("|")
    first = shell(world, f"SELECT time_text(min(date)) FROM charge WHERE process = {process}"
                  f" AND bid = '{bid}' AND date >= time_us('2000-01-01')").strip()
    listed = json.loads(world.ctl("--json", "charging", "samples", process).stdout)
    assert listed[0]["date"] == first

    # Packed ones, thinned after half a minute of the plant's; and one of them damaged: all others are read, and that one is named.
    world.stop("monitor-1231")
    world.stop("engine-1231")
    world.stop("bridge")
    world.start_bridge(SWAPSTACK_CHARGING_SAMPLE_TIMEOUT_MIN="0.1",
                       SWAPSTACK_RETENTION_THIN_AFTER_DAYS=str(30 / 86400),
                       SWAPSTACK_RETENTION_THIN_INTERVAL_S="3600",
                       SWAPSTACK_RETENTION_EVENT_LOG_DAYS=str(30 / 86400))
    world.start_station()
    world.wait_until(lambda: world.one("SELECT count(*) FROM charge_chunk") >= 2, "packed samples")
    status = world.wait_until(lambda: [row for row in json.loads(
        world.ctl("--json", "retention", "status").stdout) if row["pass_ended_at"]], "a pass")[0]
    assert status["thin_interval_s"] == 3600 and status["samples_packed"] > 0
    assert "bridge" in world.ctl("retention", "run", status=75).stderr
    world.stop("monitor-1231")
    world.stop("engine-1231")
    world.stop("bridge")
    assert "are whole" in world.ctl("charging", "check").stdout
    assert "wrong 0" in world.ctl("audit").stdout  # what was removed is nothing that it needs
    before = int(shell(world, "SELECT count(number) FROM charge"))
    database = sqlite3.connect(world.database)
    victim, lost = database.execute("SELECT process, samples FROM charge_chunk").fetchone()
    database.execute("UPDATE charge_chunk SET chunk = CAST(substr(chunk, 1, length(chunk) - 5) AS"
                     " BLOB) WHERE process = ?", (victim,))
    database.commit()
    database.close()
    assert int(shell(world, "SELECT count(number) FROM charge")) == before - lost
    named = f"charging process {victim}: "
    assert named in shell(world, "SELECT problem FROM charge_damage")
    assert named in shell(world, "SELECT damaged FROM charge WHERE damaged IS NOT NULL")
    checked = world.ctl("charging", "check", status=65)
    assert named in checked.stdout and "1 charging processes are damaged" in checked.stderr
    assert named in world.ctl("charging", "samples", str(victim), status=65).stderr


def test_swapctl_sql_is_a_shell(bridged):
    world = bridged
    done = subprocess.run([world.binary("swapctl"), "--db", world.database, "sql", "--csv"],
                          input="SELECT 1 AS a;\n-- and\nSELECT count(*) FROM station", text=True,
                          capture_output=True, env=world.environment, timeout=60)
    assert (done.returncode, done.stdout) == (0, "a\n1\ncount(*)\n0\n")
    assert "only read" in world.ctl("sql", "DELETE FROM station", status=77).stderr
    assert "no such table" in world.ctl("sql", "SELECT * FROM nowhere", status=65).stderr
    # At a terminal: a statement over two lines, a mistake, Ctrl-C in an endless one, and the end.
    master, slave = pty.openpty()
    person = subprocess.Popen([world.binary("swapctl"), "--db", world.database, "sql"],
                              stdin=slave, stdout=slave, stderr=slave, env=world.environment,
                              start_new_session=True, close_fds=True)
    os.close(slave)
    seen = ""

    def type_in(text, wait_for):
        nonlocal seen
        seen = ""
        os.write(master, text.encode())
        while wait_for not in seen:
            assert select.select([master], [], [], 30)[0], f"no {wait_for} in {seen}"
            seen += os.read(master, 4096).decode(errors="replace")

    try:
        type_in("", "swapctl> ")
        type_in("SELECT 40 +\n", "...> ")
        type_in("2 AS answer;\n", "swapctl> ")
        assert "answer" in seen and "42" in seen
        type_in("SELEC;\n", "swapctl> ")
        assert "syntax error" in seen
        type_in("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*)"
                " FROM n;\n", "FROM n;")
        # The terminal echoes a line before the shell has read it: a Ctrl-C too early is one at the
        # prompt, and the statement runs.
        deadline = time.monotonic() + 60
        while "stopped" not in seen:
            assert time.monotonic() < deadline, seen
            person.send_signal(signal.SIGINT)
            if select.select([master], [], [], 0.5)[0]:
                seen += os.read(master, 4096).decode(errors="replace")
        type_in(".tables\n", "v_vehicle ")  # they come by name
        assert "charging_process" in seen and "charge_damage" in seen
        os.write(master, b".quit\n")
        assert person.wait(20) == 0
    finally:
        person.kill()
        person.wait()
        os.close(master)
