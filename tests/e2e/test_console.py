# SPDX-License-Identifier: Apache-2.0
"""The serial console as a technician types on it: a real swap-console on a pty pair, real engine,
monitor and broker."""

import os
import pty
import re
import select
import signal
import subprocess
import termios
import time

import pytest

import harness
import supervise

KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
OTHER_KEY = "ff" * 32
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]|\x07")


class Desk:
    """A technician's terminal program at one end of a serial line, swap-console at the other."""

    def __init__(self, world, *words, columns=80):
        self.world = world
        self.line, far = pty.openpty()
        if columns:
            termios.tcsetwinsize(far, (24, columns))
        self.text = ""
        self.seen = 0
        self.log = open(os.path.join(world.directory, "console.log"), "ab")
        self.process = supervise.start(
            [world.binary("swap-console"), "--tty", os.ttyname(far), *words],
            cwd=world.directory, env=dict(world.environment, TERM="vt100"),
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.far = far  # kept open, as a cable is
        world.wait_until(lambda: self.read() and "swap> " in self.text, "the console's prompt")
        self.seen = len(self.text)

    def read(self):
        """Takes what came; true when there is text that expect() has not passed."""
        while select.select([self.line], [], [], 0)[0]:
            try:
                data = os.read(self.line, 65536)
            except OSError:
                break
            self.text += ESCAPES.sub("", data.decode(errors="replace"))
        return len(self.text) > self.seen

    def send(self, text):
        os.write(self.line, text.encode())

    def expect(self, pattern, timeout=harness.TIMEOUT):
        """Waits for the pattern behind what was passed before; passes it. Returns the match."""
        def look():
            self.read()
            return re.compile(pattern, re.S | re.M).search(self.text, self.seen)
        try:
            match = self.world.wait_until(look, f"the console says {pattern!r}", timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}; it said: {self.text[self.seen:]!r}") from error
        self.seen = match.end()
        return match

    def run(self, line):
        """Types a line; returns what it prints, up to the next prompt."""
        self.send(line + "\r")
        began = self.expect(re.escape(line) + r" *\r*\n").end()
        end = self.expect(r"^swap[>#] \Z").start()
        return self.text[began:end].replace("\r", "")

    def close(self):
        self.send("\x04")
        assert self.process.wait(20) == 0
        os.close(self.line)
        os.close(self.far)
        self.log.close()


def console_options(device=harness.DEVICE):
    return ["--engine", f"{device}/sock-console", "--monitor", f"{device}/monitor/console.sock",
            "--engine-state", f"{device}/engine", "--monitor-state", f"{device}/monitor"]


@pytest.fixture
def desk(station):
    desk = Desk(station, *console_options())
    yield desk
    if desk.process.poll() is None:
        desk.close()


def serial_of_bay_1(world):
    return world.wait_until(lambda: world.one(
        "SELECT bid FROM bay WHERE station_id = '1231' AND slot = 1"), "bay 1's pack is known")


def write_key(world, name, text):
    path = os.path.join(world.directory, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text + "\n")
    os.chmod(path, 0o400)
    return path


@pytest.fixture
def guarded(bridged):
    """A station with a technician key, its console, and short times."""
    write_key(bridged, "technician.key", KEY)
    write_key(bridged, "other.key", OTHER_KEY)
    bridged.start_station(SWAPSTACK_CONSOLE_KEY_FILE="technician.key",
                          SWAPSTACK_CONSOLE_LOCKOUT_S="2")
    desk = Desk(bridged, *console_options())
    yield bridged, desk
    if desk.process.poll() is None:
        desk.close()


def answer(world, challenge, key="technician.key"):
    done = subprocess.run([world.binary("swap-console"), "--answer", challenge, "--key", key],
                          cwd=world.directory, env=world.environment, capture_output=True, text=True,
                          timeout=30, check=True)
    return done.stdout.strip()


def log_in(world, desk, key="technician.key"):
    desk.send("maintenance login\r")
    challenge = desk.expect(r"Challenge: ([0-9a-f-]{35})").group(1)
    desk.expect(r"Answer: \Z")
    desk.send(answer(world, challenge, key) + "\r")
    began = desk.expect(r"\n").end()
    end = desk.expect(r"^swap[>#] \Z").start()
    return desk.text[began:end]


def once(world, *words, status=0, **environment):
    """swap-console -c; its standard output and error."""
    done = subprocess.run([world.binary("swap-console"), *console_options(), "-c", *words],
                          cwd=world.directory, env=dict(world.environment, **environment),
                          capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    assert not harness.SANITIZER.search(done.stderr.encode()), done.stderr
    return done.stdout, done.stderr


def test_a_technician_looks_around(desk):
    world = desk.world
    status = desk.run("status")
    assert re.search(r"^mode +normal, state (ACTIVE|CHARGING), gate closed", status, re.M), status
    assert re.search(r"^monitor +runs for .* station 1231, engine registered", status, re.M), status
    assert "cloud       connected, clock" in status
    bays = desk.run("bays")
    rows = [line for line in bays.splitlines() if re.match(r" *\d+ [A-Z]+ +closed +locked", line)]
    assert len(rows) == 8, bays
    serial = serial_of_bay_1(world)
    bay = desk.run("bay 1")
    assert f"on record   {serial}" in bay and "contactor" in bay and "charger   age" in bay, bay
    io = desk.run("io")
    assert io.count("\nbay ") == 8 and "charge enable on" in io and "guard clear" in io, io
    assert desk.run("io 3").count("bay ") == 1
    assert "No fault is active." in desk.run("faults")
    net = desk.run("net")
    assert f"broker      127.0.0.1:{world.port}" in net and "state       ready" in net, net
    assert re.search(r"^event +boot 1: assigned (\d+)", net, re.M), net
    journal = desk.run("journal")
    assert re.search(r"^depth +\d+ events, \d+ telemetry", journal, re.M) and "storage     ok" in journal
    version = desk.run("version")
    assert "kernel      Linux" in version and "station 1231" in version
    # what is wrong is told in a sentence
    assert "did you mean status?" in desk.run("statsu")
    assert "there is no bay 9, this station has 1 to 8" in desk.run("bay 9")
    assert "bay: a number from 1 to 64" in desk.run("bay x")
    assert "it is used as: bay N" in desk.run("bay")
    assert "a quotation mark is not closed" in desk.run('bay "1')
    assert "network interface" in desk.run("can dump can77") or "CAN" in desk.text
    assert desk.run("") == ""
    everything = desk.run("help")
    for verb in ("status", "bays", "bay N", "faults", "net", "journal", "io [N]", "can dump",
                 "selftest", "version", "reconnect", "maintenance", "unlock N", "quit"):
        assert verb in everything, everything
    assert "gate open|close" in desk.run("help gate")
    for shell in ("!ls", "help | sh", "; reboot", "$(id)", "`id`", "shell"):
        assert "uid=" not in desk.run(shell)
    # nothing is wider than 80 columns
    wide = [line for line in desk.text.replace("\r", "").split("\n") if len(line) > 80]
    assert not wide, wide
    desk.send("quit\r")
    assert desk.process.wait(20) == 0


def test_keys_of_the_line(desk):
    """Tab, history, Ctrl-C, long lines, type-ahead."""
    desk.send("vers\t")
    desk.expect(r"version ")
    desk.send("\r")
    desk.expect(r"kernel +Linux")
    desk.expect(r"swap> \Z")
    desk.send("ba\t")
    desk.expect(r"bay")
    desk.send("\t")
    desk.expect(r"bays +bay|bay +bays")
    desk.send("\x03")  # the line is given up
    desk.expect(r"\^C\r*\n")
    desk.expect(r"swap> \Z")
    desk.send("gate o\t")
    desk.expect(r"gate open ")
    desk.send("\x15")
    desk.send("help maint\t")
    desk.expect("maintenance ")
    desk.send("\r")
    desk.expect("out of service")
    desk.expect(r"swap> \Z")
    desk.send("\x1b[A\r")  # the line before
    desk.expect(r"help maintenance")
    desk.expect("out of service")
    desk.expect(r"swap> \Z")
    desk.send("x" * 300 + "\r")
    desk.expect(r"the line has 300 bytes, most is 255")
    desk.expect(r"swap> \Z")
    desk.send("faults\rversion\rjournal\r")  # typed ahead
    for wanted in ("No fault", "kernel", "depth"):
        desk.expect(wanted)
    desk.expect(r"swap> \Z")
    desk.send("\xc3\xa9\x01\x02\x13\x1bversion\r")  # noise on the line, XOFF among it
    desk.expect(r"swap> \Z")
    assert "mode " in desk.run("status")


def test_it_works_with_whatever_runs(desk):
    world = desk.world
    serial = serial_of_bay_1(world)
    # nobody restarts what this test ends
    engine = world.programs.pop("engine-1231")
    supervise.signal_group(engine.process, signal.SIGKILL)
    engine.process.wait()
    bays = desk.run("bays")
    assert "the engine is not running" in bays and f"bay 1     pack {serial}" in bays, bays
    assert "events wait for the monitor" in bays and "! this is what was stored, not what is" in bays
    assert "the engine is not running" in desk.run("io")
    status = desk.run("status")
    assert "the engine is not running" in status and "station 1231" in status, status
    assert "state       ready" in desk.run("net")
    test = desk.run("selftest")
    assert "FAIL  the engine runs and answers" in test and "PASS  the journal is whole" in test, test
    assert "PASS  the engine's state file is whole" in test and "PASS  the broker is reached" in test
    monitor = world.programs.pop("monitor-1231")
    supervise.signal_group(monitor.process, signal.SIGKILL)
    monitor.process.wait()
    journal = desk.run("journal")
    assert "the monitor is not running" in journal and "from its file" in journal, journal
    assert re.search(r"^depth +\d+ events, \d+ telemetry", journal, re.M), journal
    assert "! neither engine nor monitor answers" in desk.run("status")
    assert "the monitor is not running" in desk.run("net")
    assert "the monitor is not running" in desk.run("reconnect")
    version = desk.run("version")
    assert "the engine is not running" in version and "kernel" in version
    assert once(world, "journal")[0].count("depth") == 1
    assert once(world, "io", status=69)[1].count("the engine is not running") == 1
    # both come back, the same console goes on
    world.programs["engine-1231"] = engine
    world.programs["monitor-1231"] = monitor
    world.wait_until(lambda: "mode        normal" in desk.run("status"), "the station is back")


def test_without_the_cloud(desk):
    world = desk.world
    broker = world.programs.pop("mosquitto")
    broker.stop(20)
    net = world.wait_until(lambda: (text := desk.run("net")) and "last error  none" not in text
                           and "state       ready" not in text and text, "the broker is missed")
    assert re.search(r"^attempts +[0-9]+ in vain", net, re.M), net
    assert "NOT connected" in desk.run("status")
    test = desk.run("selftest")
    assert "FAIL  the broker is reached" in test and "PASS  the engine has its monitor" in test, test
    assert re.search(r"! \d+ of \d+ checks failed", test), test
    assert re.search(r" *1 [A-Z]+ +closed", desk.run("bays"))
    assert "connects anew" in desk.run("reconnect")
    world.programs["mosquitto"] = broker
    world.wait_until(lambda: "state       ready" in desk.run("net"), "the broker is back")
    before = int(re.search(r"(\d+) connections", desk.run("net")).group(1))
    assert "connects anew" in desk.run("reconnect")
    world.wait_until(lambda: "state       ready" in (text := desk.run("net")) and
                     int(re.search(r"(\d+) connections", text).group(1)) > before, "a new connection")


def test_ctrl_c_ends_the_wait_for_a_daemon_that_hangs(desk):
    engine = desk.world.programs["engine-1231"].process
    supervise.signal_group(engine, signal.SIGSTOP)
    try:
        began = time.monotonic()
        desk.send("bays\r")
        desk.expect(r"bays\r*\n")
        desk.send("\x03")
        desk.expect(r"! interrupted")
        assert time.monotonic() - began < 9  # before the console gives up by itself
        desk.expect(r"swap> \Z")
        assert "the engine does not answer" in desk.run("io")  # after 10 s
    finally:
        supervise.signal_group(engine, signal.SIGCONT)
    assert desk.run("bays").count("locked") == 8


def test_the_boards_line(station):
    """--tty board, and a line that goes away."""
    line, far = pty.openpty()
    folder = os.path.join(station.directory, "board")
    os.makedirs(folder)
    for name in os.listdir(harness.BOARD):
        with open(os.path.join(harness.BOARD, name), encoding="utf-8") as file:
            text = file.read()
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(re.sub(r"^console = none", f"console = {os.ttyname(far)}@9600", text, flags=re.M))
    console = supervise.start([station.binary("swap-console"), "--tty", "board", "--board", "board",
                               *console_options()], cwd=station.directory,
                              env={key: value for key, value in station.environment.items()
                                   if key != "TERM"},  # a service may have none
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    text = b""
    while b"swap> " not in text:
        assert select.select([line], [], [], harness.TIMEOUT)[0], text
        text += os.read(line, 4096)
    assert termios.tcgetattr(far)[4] == termios.B9600
    assert termios.tcgetwinsize(far) == (24, 80)  # nobody had said
    assert termios.tcgetattr(far)[2] & (termios.CSIZE | termios.PARENB | termios.CSTOPB) == termios.CS8
    os.close(far)
    os.close(line)
    assert console.wait(20) == 0
    assert not harness.SANITIZER.search(console.stderr.read().encode())


def test_on_a_terminal_of_its_own(station):
    """Without --tty, as from a shell: the terminal is left as it was found."""
    line, far = pty.openpty()
    before = termios.tcgetattr(far)
    log = os.path.join(station.directory, "console.log")
    with open(log, "wb") as errors:
        console = supervise.start([station.binary("swap-console"), *console_options()],
                                  cwd=station.directory, env=dict(station.environment, TERM="xterm"),
                                  stdin=far, stdout=far, stderr=errors)
    text = b""

    def until(wanted):
        nonlocal text
        while wanted not in text:
            assert select.select([line], [], [], harness.TIMEOUT)[0], text
            text += os.read(line, 4096)
        text = text.split(wanted, 1)[1]

    until(b"swap> ")
    os.write(line, b"version\r")
    until(b"kernel")
    until(b"swap> ")
    os.write(line, b"\x03")
    until(b"^C")
    until(b"swap> ")
    os.write(line, b"\x04")
    assert console.wait(20) == 0
    assert termios.tcgetattr(far) == before
    os.close(far)
    os.close(line)


def test_single_verbs_and_scripts(station):
    out, _ = once(station, "status")
    assert "mode        normal" in out
    serial_of_bay_1(station)  # packs are awake
    test = once(station, "selftest")[0]
    assert re.search(r"^All \d+ checks passed\.$", test, re.M) and "FAIL" not in test, test
    assert "there is no verb" in once(station, "dance", status=64)[1]
    assert "it ends with its connection" in once(station, "maintenance login", status=64)[1]
    assert "not logged in" in once(station, "open 1", status=77)[1]
    done = subprocess.run([station.binary("swap-console"), *console_options()],
                          cwd=station.directory, env=station.environment, input="bays\nnonsense\n",
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 64 and done.stdout.count("locked") == 8, done
    assert "! there is no verb nonsense" in done.stdout
    for words, status in ((["--tty", "/dev/null"], 64), (["--tty", "no-such-line"], 66),
                          (["--tty", "ttyS0@12"], 64), (["--tty", "board", "--board", harness.BOARD], 78),
                          (["--answer", "zz", "--key", "x"], 64), (["--answer", "0" * 32], 64),
                          (["--answer", "0" * 32, "--key", "none"], 66)):
        done = subprocess.run([station.binary("swap-console"), *words], cwd=station.directory,
                              env=station.environment, capture_output=True, text=True, timeout=30,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == status and len(done.stderr.splitlines()) <= 2, (words, done)


def test_maintenance(guarded):
    world, desk = guarded
    assert "not logged in: maintenance login" in desk.run("open 1")
    assert "the answer is wrong" in log_in(world, desk, "other.key")
    assert "Logged in" in log_in(world, desk)
    # interlocks: a bay that charges and is not in maintenance; then in it
    charging = world.wait_until(
        lambda: re.search(r"^ *(\d+) CHARGING", desk.run("bays"), re.M), "a bay charges").group(1)
    assert "the bay is not in maintenance" in desk.run(f"open {charging}")
    assert "the station is not in maintenance" in desk.run("gate open")
    assert "is out of service" in desk.run(f"maintenance on {charging}")
    world.wait_until(lambda: f"{charging} MAINTENANCE" in desk.run("bays"), "the bay rests")
    assert f"Bay {charging} is in maintenance." in desk.run("maintenance")
    # the contactor opens and the current falls first; until then the engine refuses
    said = world.wait_until(lambda: "the contactor is closed" not in (
        text := desk.run(f"open {charging}")) and "current flows" not in text and text, "it may open")
    assert f"Bay {charging}: door open" in said, said
    other = "1" if charging != "1" else "2"
    assert "is out of service" in desk.run(f"maintenance on {other}")
    world.wait_until(lambda: re.search(rf"^ *{other} MAINTENANCE", desk.run("bays"), re.M), "it rests")
    assert "another door is open" in desk.run(f"open {other}")
    assert f"bay {charging}: its door" in desk.run(f"maintenance off {charging}")
    assert "light of bay" in desk.run(f"light {charging} on")
    world.wait_until(lambda: "fan off, light on" in desk.run(f"io {charging}"), "there is light")
    assert f"Bay {charging}: door closed, locked" in desk.run(f"close {charging}")
    assert "unlocked" in desk.run(f"unlock {charging}")
    assert "stands still" in desk.run("stop")
    assert "is taken back into service" in desk.run(f"maintenance off {other}")
    # the cloud hears of it
    world.wait_until(lambda: world.one(
        "SELECT count(*) FROM event_log WHERE payload LIKE '%Maintenance%'"), "the fault is stored")
    # Ctrl-C stops a motion
    desk.send(f"open {charging}\r")
    world.wait_until(lambda: "unlock on" in once(world, f"io {charging}")[0], "the door moves")
    desk.send("\x03")
    desk.expect(r"interrupted: everything stands still")
    desk.expect(r"swap# \Z")
    world.wait_until(lambda: "unlock off, door hold" in desk.run(f"io {charging}"), "it holds")
    assert "closed, locked" in desk.run(f"close {charging}")
    assert "faults shows what is left" in desk.run(f"reset {charging}")
    assert "is taken back" in desk.run(f"maintenance off {charging}")
    # the whole station, and its gate
    assert "is out of service" in desk.run("maintenance on")
    assert "mode        maintenance" in desk.run("status")
    assert "The gate is open." in desk.run("gate open")
    assert "the gate is not closed" in desk.run("maintenance off")
    assert "The gate is closed." in desk.run("gate close")
    assert "is taken back" in desk.run("maintenance off")
    assert "Logged out" in desk.run("maintenance logout")
    assert "not logged in" in desk.run("maintenance on")
    with open(os.path.join(world.directory, "1231", "engine", "audit.log"), encoding="ascii") as file:
        audit = file.read()
    for line in ("login outcome=wrong", "login outcome=ok", f"asked=open bay={charging}",
                 f"refused=open bay={other} reason=SafetyLock", "asked=gate bay=0 on=true", "logout"):
        assert line in audit, audit


def test_wrong_answers_and_lost_lines(guarded):
    world, desk = guarded
    for _ in range(3):
        assert "the answer is wrong" in log_in(world, desk, "other.key")
    assert "no login for another" in desk.run("maintenance login")
    world.wait_until(lambda: "Challenge" in desk_challenge(desk), "logins are possible again")
    assert "Logged in" in log_in(world, desk)
    assert "is out of service" in desk.run("maintenance on 2")
    second = Desk(world, *console_options())
    assert "somebody else is logged in" in second.run("maintenance login")
    assert "refused by the engine" in second.run("open 2")
    # the cable is pulled: the session ends, the lock-out stays
    supervise.signal_group(desk.process, signal.SIGKILL)
    desk.process.wait()
    world.wait_until(lambda: "Logged in" in log_in(world, second), "the login is free")
    assert "Bay 2 is in maintenance." in second.run("maintenance")
    assert "is taken back" in second.run("maintenance off 2")
    # the engine is killed: the login is gone with it, and the console goes on
    world.kill("engine-1231")
    world.wait_until(lambda: "MAINTENANCE" not in second.run("bays") and
                     "not logged in" in second.run("maintenance on 2"), "a new engine knows nobody")
    second.close()


def desk_challenge(desk):
    """Asks for a login and gives it up."""
    desk.send("maintenance login\r")
    match = desk.expect(r"Answer: \Z|^swap[>#] \Z")
    if match.group(0).startswith("Answer"):
        desk.send("\x03")
        desk.expect(r"^swap[>#] \Z")
        return "Challenge"
    return ""
