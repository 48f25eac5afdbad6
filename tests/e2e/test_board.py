# SPDX-License-Identifier: Apache-2.0
"""What swap-engine says about a board folder: --check, --safe, and a board whose hardware is not
there. (With the hardware: tests/uml.)"""

import configparser
import fnmatch
import glob
import os
import re
import shutil
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


BOARDS = os.path.join(harness.ROOT, "boards")
SHIPPED = sorted(os.path.basename(os.path.dirname(path)) for path in glob.glob(f"{BOARDS}/*/board.ini"))


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


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_board_is_right(name):
    said = engine("--check", "--board", os.path.join(BOARDS, name))
    assert said.returncode == 0, said.stderr


def test_the_boards_that_are_promised():
    assert {"sim", "qemu-virt", "raspberrypi-cm4", "beaglebone-black", "generic-x86"} <= set(SHIPPED)
    for name in SHIPPED:
        assert f"boards/{name}" in read(harness.ROOT, "docs", "boards.md"), name


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def settings(name):
    """board.ini with the comments of its lines gone, {slot} replaced, as the engine reads it."""
    ini = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    ini.read_string(read(BOARDS, name, "board.ini"))
    slots = range(1, int(ini["bays"]["count"]) + 1)
    values = [value for section in ini.values() for value in section.values()]
    return ini, [value.replace("{slot}", str(slot)) for value in values for slot in slots]


def network_files(name, kind):
    """Files of systemd-networkd and udev: a list of parsers, since names of sections repeat."""
    for path in glob.glob(os.path.join(BOARDS, name, f"*.{kind}")):
        ini = configparser.ConfigParser(interpolation=None)
        ini.optionxform = str
        ini.read_string(read(path))
        yield ini


@pytest.mark.parametrize("name", SHIPPED)
def test_names_in_a_board_come_from_its_own_files(name):
    """A bus that nothing brings up, or a link that nothing makes, is found at the station otherwise."""
    _, values = settings(name)
    text = "\n".join(values)
    for bus in set(re.findall(r"profile=.*bus=([\w.-]+)(?!:)", text)):
        matching = [file for file in network_files(name, "network")
                    if any(fnmatch.fnmatch(bus, word) for word in file["Match"]["Name"].split())]
        assert len(matching) == 1, f"{bus}: {len(matching)} files *.network match"
        assert re.fullmatch(r"\d+K", matching[0]["CAN"]["BitRate"]) and matching[0]["CAN"]["RestartSec"]
        if not re.fullmatch(r"can\d+", bus):  # no kernel calls it so
            assert [file["Match"]["Path"] for file in network_files(name, "link")
                    if file["Link"]["Name"] == bus], f"no *.link names {bus}"
    rules = "".join(read(path) for path in glob.glob(os.path.join(BOARDS, name, "*.rules")))
    assert set(re.findall(r"/dev/(swapstack-\w+)", text)) == set(re.findall(r'SYMLINK\+="([^"]+)"', rules))


@pytest.mark.parametrize("name", [name for name in SHIPPED if name not in ("sim", "generic-x86")])
def test_a_board_of_another_machine_is_refused(name, tmp_path):
    ini, _ = settings(name)
    wanted = ini["board"]["compatible"]
    path = "/sys/firmware/devicetree/base/compatible"
    if os.path.exists(path) and wanted in read(path).split("\0"):
        pytest.skip("this is such a machine")
    said = engine("--socket", "s", "--state", str(tmp_path / "state"), "--board", os.path.join(BOARDS, name))
    assert said.returncode == 78, said.stderr
    assert f'the board is for "{wanted}", but this machine' in said.stderr


def nested(paths):
    """A device tree with these nodes and nothing else, as source."""
    tree = {}
    for path in paths:
        node = tree
        for part in path.strip("/").split("/"):
            node = node.setdefault(part, {})

    def text(node):
        return "".join(f"{key} {{ {text(child)} }};" for key, child in node.items())

    return f"/dts-v1/; / {{ {text(tree)} }};"


@pytest.mark.parametrize("path", glob.glob(f"{BOARDS}/*/*.dtso"))
def test_overlays_compile_and_need_no_symbols(path, tmp_path):
    """Debian's device trees of these boards have no symbols: nothing outside may be told by label."""
    if shutil.which("dtc") is None or shutil.which("fdtoverlay") is None:
        pytest.skip("device-tree-compiler is not installed")

    def run(*words, text=None):
        done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return done.stdout

    source = read(path)
    ini, _ = settings(os.path.basename(os.path.dirname(path)))
    assert f'compatible = "{ini["board"]["compatible"]}"' in source
    overlay, base, merged = (str(tmp_path / file) for file in ("o.dtbo", "base.dtb", "merged.dtb"))
    run("dtc", "-@", "-o", overlay, path)
    targets = re.findall(r'target-path = "([^"]+)"', source)
    run("dtc", "-q", "-o", base, "-", text=nested(targets))
    run("fdtoverlay", "-i", base, "-o", merged, overlay)
    states = {target: run("fdtget", "-d", "", merged, target, "status").strip() for target in targets}
    assert "okay" in states.values() and set(states.values()) <= {"okay", "disabled", ""}, states


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
