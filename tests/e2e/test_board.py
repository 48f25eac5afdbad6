# SPDX-License-Identifier: Apache-2.0
"""What swap-engine says about a board folder: --check, --safe, and a board whose hardware is not
there. (With the hardware: tests/uml.)"""

import os
import signal
import subprocess

import harness
import pytest

GPIO = """[board]
compatible = sim
name = Bench
[gate]
driver = sim
[lane]
driver = sim
[guard]
driver = sim
[emergency_stop]
driver = gpio
address = pressed=no-such-chip/3,active-low,bias=pull-up
[smoke]
driver = sim
[water]
driver = sim
[ambient]
driver = sim
[mains_meter]
driver = none
[siren]
driver = gpio
address = on=no-such-chip/4
[exhaust]
driver = none
[charge_enable]
driver = gpio
address = keepalive=no-such-chip/5
[bays]
count = 1
driver = sim
[sim]
packs = empty
sessions = fast-charge-quantiles.ini
"""


@pytest.fixture
def board(tmp_path):
    """Writes a board.ini and returns its folder."""

    def write(text):
        source = os.path.join(harness.BOARD, "fast-charge-quantiles.ini")
        with open(source, encoding="utf-8") as file:
            (tmp_path / "fast-charge-quantiles.ini").write_text(file.read())
        (tmp_path / "board.ini").write_text(text)
        return str(tmp_path)

    return write


def engine(*words):
    return subprocess.run([os.path.join(harness.binaries(), "swap-engine"), *words],
                          capture_output=True, text=True, timeout=harness.TIMEOUT, check=False)


def test_check_names_each_mistake(board):
    folder = board(GPIO)
    said = engine("--check", "--board", folder)
    assert said.returncode == 0 and "no mistakes" in said.stdout, said.stderr
    folder = board(GPIO.replace("pressed=", "presed=").replace("keepalive=", "safe=on keepalive="))
    said = engine("--check", "--board", folder)
    assert said.returncode == 78
    assert [line.split(": ", 1)[1] for line in said.stderr.splitlines()] == [
        "emergency_stop: the word presed= is not known here; did you mean pressed=?",
        "emergency_stop: the word pressed=CHIP/LINE is missing: the input that says that the "
        "emergency stop is pressed",
        "charge_enable: the word safe= is not known here; known are chip= keepalive="]
    assert [line.split(": ", 1)[0].rsplit(":", 1)[1] for line in said.stderr.splitlines()] == [
        "12", "12", "28"]
    said = engine("--check")
    assert said.returncode == 64 and "--board DIR" in said.stderr


@pytest.mark.parametrize("name", sorted(os.listdir(os.path.dirname(harness.BOARD))))
def test_each_shipped_board_is_right(name):
    said = engine("--check", "--board", os.path.join(os.path.dirname(harness.BOARD), name))
    assert said.returncode == 0, said.stderr


def test_the_example_of_the_documentation(board):
    path = os.path.join(harness.ROOT, "docs", "boards.md")
    with open(path, encoding="utf-8") as file:
        example = file.read().split("```ini\n")[1].split("```")[0]
    said = engine("--check", "--board", board(example))
    assert said.returncode == 0, said.stderr


def test_hardware_that_is_not_there(board, tmp_path):
    folder = board(GPIO)
    words = ("no-such-chip/", "no GPIO chip has the label, name or device no-such-chip")
    for arguments in (("--socket", "s", "--state", str(tmp_path / "state"), "--board", folder),
                      ("--safe", "--board", folder)):
        said = engine(*arguments)
        assert said.returncode == 69, said.stderr
        assert all(word in said.stderr for word in words), said.stderr
    assert "siren: on=no-such-chip/4" in said.stderr  # --safe tries each output, and no input
    assert "emergency_stop" not in said.stderr


def test_safe_without_anything_to_do():
    said = engine("--safe", "--board", harness.BOARD)
    assert said.returncode == 0 and "no output of this board" in said.stdout, said.stderr
    said = engine("--safe")
    assert said.returncode == 64


def test_a_simulated_station_needs_no_guardian(station):
    process = station.programs["engine-1231"].process
    children = subprocess.run(["ps", "-o", "comm=", "--ppid", str(process.pid)],
                              capture_output=True, text=True, timeout=60, check=False)
    assert "swap-guardian" not in children.stdout
    process.send_signal(signal.SIGTERM)
    station.wait_until(lambda: process.poll() is not None, "the engine ends")
    assert process.returncode == 0
