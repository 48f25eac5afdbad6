# SPDX-License-Identifier: Apache-2.0
"""scripts/run: the one command that a newcomer types."""

import json
import os
import signal
import sqlite3
import subprocess
import time

from harness import ROOT, SANITIZER, binaries, broker


def start(state, *words):
    return subprocess.Popen([os.path.join(ROOT, "scripts", "run"), "--headless", "--state",
                             str(state), *words],
                            env=dict(os.environ, SWAPSTACK_BIN=binaries()), text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, start_new_session=True)


def processes_of(state):
    """Processes that still work in the state folder."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/cwd") == str(state):
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    found.append(file.read().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def wait_until(condition, timeout=60):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def check_logs(state):
    for name in os.listdir(state / "log"):
        assert not SANITIZER.search((state / "log" / name).read_bytes()), name


def test_run_swaps_by_itself_and_ends_cleanly(tmp_path):
    state = tmp_path / "state"
    run = start(state, "--for", "20", "--speed", "60")
    text, _ = run.communicate(timeout=150)
    assert run.returncode == 0, text
    assert "mosquitto_pub -p" in text and "stopped" in text
    check_logs(state)
    assert processes_of(state) == []
    database = sqlite3.connect(state / "swapstack.db")
    one = lambda sql: database.execute(sql).fetchone()[0]  # noqa: E731
    assert one("SELECT count(*) FROM station WHERE station_id = '1231'") == 1
    assert one("SELECT count(*) FROM bay WHERE station_id = '1231'") == 8
    assert one("SELECT count(*) FROM swap WHERE outcome = 'done'") >= 1
    assert one("SELECT count(*) FROM command WHERE type = 1 AND outcome = 'done'") >= 1
    assert one("SELECT count(*) FROM charging_process WHERE end_date IS NOT NULL") >= 1
    assert one("SELECT count(*) FROM quarantine") == 0
    for added, used in database.execute(
            "SELECT charge_energy_added, charge_energy_used FROM charging_process"
            " WHERE end_date IS NOT NULL AND charge_energy_used > 1"):
        assert 0.85 <= added / used <= 1.0
    first = json.loads((state / "clock.json").read_text())
    swaps = one("SELECT count(*) FROM swap")
    database.close()

    # A second run continues: the plant clock goes on from where it stood, nothing is lost.
    run = start(state, "--for", "2", "--speed", "60", "--no-traffic")
    text, _ = run.communicate(timeout=150)
    assert run.returncode == 0, text
    second = json.loads((state / "clock.json").read_text())
    assert 0 < second["plant_us"] - first["plant_us"] < 3600e6
    database = sqlite3.connect(state / "swapstack.db")
    assert database.execute("SELECT count(*) FROM swap").fetchone()[0] == swaps
    assert database.execute("SELECT count(*) FROM stream WHERE gap_rows > 0").fetchone()[0] == 0


def test_run_shows_sets_and_the_other_order(tmp_path):
    state = tmp_path / "state"
    run = start(state, "--for", "20", "--speed", "60", "--packs", "2", "--order", "out-in")
    text, _ = run.communicate(timeout=150)
    assert run.returncode == 0, text
    check_logs(state)
    database = sqlite3.connect(state / "swapstack.db")
    sets = database.execute("SELECT bid_in_2, bid_out_2 FROM swap WHERE outcome = 'done'").fetchall()
    assert sets and all(first and second for first, second in sets), sets
    orders = database.execute("SELECT DISTINCT json_extract(payload, '$.data.order') FROM event_log"
                              " WHERE kind = 'SWAP_EVENT' AND"
                              " json_extract(payload, '$.data.requestId') <> 'commissioning'")
    assert orders.fetchall() == [("Out-In",)]
    database.close()


def test_nothing_is_left_behind_even_after_kill_9(tmp_path):
    state = tmp_path / "state"
    run = start(state, "--no-traffic", "--speed", "60")
    wait_until(lambda: len(processes_of(state)) >= 4)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    wait_until(lambda: processes_of(state) == [])
    run.stdout.close()


def test_run_refuses_wrong_words(tmp_path):
    for words, hint in ((["--sped", "3"], "--sped"), (["--speed", "fast"], "--speed"),
                        (["--for", "-1"], "--for"), (["--port", "70000"], "--port")):
        run = start(tmp_path / "state", *words)
        text, _ = run.communicate(timeout=30)
        assert run.returncode == 64 and hint in text, text
    assert not (tmp_path / "state").exists()


def test_a_taken_port_is_a_sentence(tmp_path):
    import socket
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not broker.port_is_free(port)
        run = start(tmp_path / "state", "--port", str(port))
        text, _ = run.communicate(timeout=30)
    assert run.returncode == 69 and str(port) in text


def test_a_program_that_cannot_start_is_named_with_its_words(tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("swap-bridge", "swap-monitor", "swapctl"):
        (programs / name).symlink_to(os.path.join(binaries(), name))
    engine = programs / "swap-engine"
    engine.write_text("#!/bin/sh\necho 'the board is upside down' >&2\nexit 78\n")
    engine.chmod(0o755)
    run = subprocess.run([os.path.join(ROOT, "scripts", "run"), "--headless", "--state",
                          str(tmp_path / "state")], env=dict(os.environ, SWAPSTACK_BIN=str(programs)),
                         text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert run.returncode == 70
    assert "engine does not stay up: exit status 78" in run.stderr
    assert "the board is upside down" in run.stderr
    assert processes_of(tmp_path / "state") == []
