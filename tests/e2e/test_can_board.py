# SPDX-License-Identifier: Apache-2.0
"""swap-engine with packs on CAN: a capture as a bus (no CAN hardware needed), and boards that are wrong."""
import os
import re
import shutil
import signal
import struct
import subprocess
import time

import harness

PACK_TO_CHARGER = 0x56F4


def single(pgn_format, priority, data):
    return f"{priority << 26 | pgn_format << 16 | PACK_TO_CHARGER:08X}#{data.hex().upper()}"


def transfer(pgn_format, data):
    """J1939-21: request to send, then packets of seven bytes; the charger's answers are not played."""
    packets = (len(data) + 6) // 7
    yield single(0xEC, 7, struct.pack("<BHBBBBB", 0x10, len(data), packets, 0xFF, 0, pgn_format, 0))
    for number in range(packets):
        yield single(0xEB, 7, bytes([number + 1]) + data[7 * number : 7 * number + 7].ljust(7, b"\xff"))


def brm():
    """Table 11: V1.1, NMC, 20 Ah, 350 V, maker and number, no date, 12 cycles, no VIN."""
    return (b"\x01\x01\x00\x06" + struct.pack("<HH", 200, 3500) + b"EEEE" + struct.pack("<I", 7)
            + b"\xff\xff\xff\x0c\x00\x00\xff\xff" + b"\x00" * 17 + b"\xff" * 8)


def bcp(soc_percent):
    """Table 12: 4.25 V a cell, 50 A, 7 kWh, 408 V, 60 C, charge, 360 V."""
    return struct.pack("<HHHHBHH", 425, 3500, 70, 4080, 110, soc_percent * 10, 3600)


def capture(path, seconds):
    """A pack that is recognised again and again, as it stands in a bay."""
    assert len(brm()) == 49 and len(bcp(96)) == 13
    lines = []
    for tenth in range(int(seconds * 10)):
        at = tenth / 10
        frames = [single(0x27, 6, struct.pack("<H", 4080))]
        if tenth % 3 == 0:
            frames += transfer(0x02, brm())
        frames += transfer(0x06, bcp(96))
        lines += [f"({1000 + at:.6f}) can0 {frame}" for frame in frames]
    path.write_text("\n".join(lines) + "\n")


def board(tmp_path, addresses):
    folder = tmp_path / "board"
    shutil.copytree(harness.BOARD, folder)
    ini = folder / "board.ini"
    text = re.sub(r"(?m)^count = 8$", "count = 2\n" + addresses, ini.read_text())
    text = re.sub(r"(?m)^packs *=.*$", "packs = nmc:50 empty", text)
    ini.write_text(text)
    return folder, ini


def engine(*words):
    return subprocess.run([f"{harness.binaries()}/swap-engine", *words], capture_output=True, text=True, timeout=60)


def test_a_pack_on_can_is_identified(tmp_path):
    log = tmp_path / "pack.log"
    capture(log, 120)
    folder, ini = board(tmp_path, "")
    with open(ini, "a", encoding="utf-8") as file:
        file.write(f"\n[bay 1]\npack_driver = can\npack_address = profile=gbt27930 bus=file:{log}\n")
    check = engine("--check", "--board", str(folder))
    assert check.returncode == 0, check.stderr
    state = tmp_path / "state"
    with open(tmp_path / "engine.log", "wb") as out:
        process = subprocess.Popen(
            [f"{harness.binaries()}/swap-engine", "--board", str(folder), "--socket", str(tmp_path / "sock"),
             "--state", str(state)], stdout=out, stderr=out)
    try:
        end = time.monotonic() + harness.TIMEOUT
        kept = state / "engine.state"
        while time.monotonic() < end and not (kept.exists() and b"EEEE-7" in kept.read_bytes()):
            assert process.poll() is None, (tmp_path / "engine.log").read_text()
            time.sleep(0.1)
        assert b"EEEE-7" in kept.read_bytes(), (tmp_path / "engine.log").read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    text = (tmp_path / "engine.log").read_bytes()
    assert not harness.SANITIZER.search(text), text.decode(errors="replace")


def test_wrong_addresses_are_named(tmp_path):
    folder, ini = board(tmp_path, "pack_driver = can\npack_address = profile=gbt27930 bus=can0")
    line = ini.read_text().split("\n").index("pack_address = profile=gbt27930 bus=can0") + 1
    done = engine("--check", "--board", str(folder))
    assert done.returncode == 78
    assert f"board.ini:{line}: bay 2 pack: bay 1 has bus=can0 too" in done.stderr
    ini.write_text(ini.read_text().replace("bus=can0", "bus=can{slot}"))
    assert engine("--check", "--board", str(folder)).returncode == 0
    ini.write_text(ini.read_text().replace("profile=gbt27930", "profil=gbt27930"))
    done = engine("--check", "--board", str(folder))
    assert done.returncode == 78 and "did you mean profile?" in done.stderr


def test_a_capture_that_is_not_there(tmp_path):
    folder, _ = board(tmp_path, "pack_driver = can\npack_address = profile=gbt27930 bus=file:/nowhere/{slot}.log")
    done = engine("--board", str(folder), "--socket", str(tmp_path / "sock"), "--state", str(tmp_path / "state"))
    assert done.returncode == os.EX_NOINPUT
    assert "bay 1 pack: the capture /nowhere/1.log cannot be opened" in done.stderr


def test_the_bench_pack_wants_sound_options():
    def pack(*words):
        return subprocess.run([f"{harness.binaries()}/swap-can", "pack", *words], capture_output=True, text=True,
                              timeout=20)

    for words, sentence in [
        (["can0"], "pack wants --profile gbt27930 or --profile cia418"),
        (["--profile", "gbt", "can0"], "not gbt"),
        (["--profile", "cia418"], "pack wants one interface"),
        (["--profile", "gbt27930", "--node", "3", "can0"], "--node has a meaning with --profile cia418 only"),
        (["--profile", "cia418", "--node", "128", "can0"], "--node 128: a number from 1 to 127"),
        (["--profile", "cia418", "--node", "1.5", "can0"], "a whole number is expected"),
        (["--profile", "cia418", "--soc", "full", "can0"], "--soc full: a number from 0 to 100"),
        (["--profile", "cia418", "--chemistry", "lead", "can0"], "--chemistry lead: nmc or lfp"),
    ]:
        done = pack(*words)
        assert done.returncode == 64 and sentence in done.stderr, (words, done.stderr)
    done = pack("--profile", "cia418", "swapnone0")
    assert done.returncode in (66, 69, 77) and "swapnone0" in done.stderr
