#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the station's two daemons take: memory, storage written, instructions (scripts/bench firmware).

A station of 20 simulated bays at plant speed 1, half of them charging, with broker and bridge, so that
rows are acknowledged and deleted as they are in the field. Memory and storage are those of a plain
run with reports every 10 s; instructions are counted by callgrind in a second run with a report each
second (design/architecture.md, "Sizes to hold"): counts, not times, so other load changes nothing.
Prints Markdown."""

import argparse
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

import harness  # noqa: E402

BAYS = 20
# A Cortex-A53 at 1.2 GHz. Its instructions per cycle on such code: 0.5, judged low.
A53_INSTRUCTIONS_PER_S = 1.2e9 * 0.5
PLAIN = {"UBSAN_OPTIONS": "", "ASAN_OPTIONS": ""}


def say(text):
    print(text, file=sys.stderr, flush=True)


def board_of_20(folder):
    """boards/sim with 20 bays: the even ones charge for an hour or more, the last is empty."""
    os.makedirs(folder)
    packs = " ".join("empty" if slot == BAYS else "nmc:40" if slot % 2 == 0 else "nmc:97"
                     for slot in range(1, BAYS + 1))
    for name in os.listdir(harness.BOARD):
        with open(os.path.join(harness.BOARD, name), encoding="utf-8") as file:
            text = file.read()
        if name == "board.ini":
            text = re.sub(r"(?m)^count = .*$", f"count = {BAYS}", text)
            text = re.sub(r"(?m)^packs = .*$", f"packs = {packs}", text)
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    return folder


class Station:
    """Engine and monitor in a world of their own; `wrap` goes before each program."""

    def __init__(self, folder, board, wrap=(), **environment):
        self.world = world = harness.World(folder)
        world.environment.update(environment)
        world.start_broker()
        world.start_bridge()
        self.names = {}
        for name, words in (
                ("engine", ["swap-engine", "--board", board, "--socket", "sock", "--state",
                            "engine"]),
                ("monitor", ["swap-monitor", "--device", "1231", "--broker",
                             f"127.0.0.1:{world.port}", "--engine", "sock", "--state", "monitor"])):
            program = world.add(name, [*wrap, world.binary(words[0]), *words[1:]])
            self.names[name] = program
            if name == "engine":
                world.wait_until(lambda: program.said(" ready"), "the engine is ready", 120)
        world.wait_until(lambda: self.charging() >= BAYS // 2 - 1, "half of the bays charge", 300)

    def charging(self):
        return self.world.one("SELECT count(*) FROM bay WHERE state = 'CHARGING'") or 0

    def pid(self, name):
        return self.names[name].process.pid

    def telemetry(self):
        """Telemetry messages that the bridge has committed."""
        return self.world.one("SELECT coalesce(sum(seq), 0) FROM stream WHERE lane = 'telemetry'")

    def run(self, seconds, what):
        """Lets it run, and says how far it is."""
        begin, told = time.monotonic(), 0
        while (passed := time.monotonic() - begin) < seconds:
            if passed - told >= 30:
                told = passed
                say(f"{what}: {passed:.0f} of {seconds} s")
            time.sleep(0.2)
            self.world.look()
        return time.monotonic() - begin


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"(?m)^Pss:\s+(\d+) kB", file.read()).group(1))


def io(pid):
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return {key: int(value) for key, value in re.findall(r"(\w+): (\d+)", file.read())}


def footprint(folder, board, minutes):
    station = Station(os.path.join(folder, "plain"), board, **PLAIN)
    try:
        station.run(30, "warming up")
        before = {name: io(station.pid(name)) for name in station.names}
        seconds = station.run(minutes * 60, "measuring storage")
        print(f"{BAYS} bays, {station.charging()} of them charging, a report every 10 s, "
              f"{seconds / 60:.0f} min measured:\n")
        print("| | memory (PSS) | written an hour | calls of write an hour | GB a year |")
        print("|---|---|---|---|---|")
        total = [0, 0]
        for name in station.names:
            after, memory = io(station.pid(name)), pss_kib(station.pid(name))
            scale = 3600 / seconds
            written = (after["write_bytes"] - before[name]["write_bytes"]) * scale
            calls = (after["syscw"] - before[name]["syscw"]) * scale
            total[0] += memory
            total[1] += written
            print(f"| swap-{name} | {memory / 1024:.1f} MiB | {written / 1e6:.1f} MB | {calls:.0f} |"
                  f" {written * 8766 / 1e9:.0f} |")
        print(f"| both | {total[0] / 1024:.1f} MiB | {total[1] / 1e6:.1f} MB | |"
              f" {total[1] * 8766 / 1e9:.0f} |\n")
    finally:
        for complaint in station.world.close():
            say(complaint)


def callgrind_calls(path):
    """How often each function was called, by name."""
    names, calls, callee = {}, {}, None
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            found = re.match(r"c?fn=\((\d+)\)(?: (.*))?", line)
            if found:
                if found.group(2):
                    names[found.group(1)] = found.group(2).strip()
                if line.startswith("cfn="):
                    callee = names.get(found.group(1))
            elif line.startswith("calls="):
                calls[callee] = calls.get(callee, 0) + int(line[6:].split()[0])
    return calls


def instructions(folder, board, seconds):
    wrap = ["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=callgrind.%p"]
    station = Station(os.path.join(folder, "counted"), board, wrap, **PLAIN,
                      SWAPSTACK_ENGINE_REPORT_INTERVAL_S="1", SWAPSTACK_REPORT_INTERVAL_S="1")
    control = ["callgrind_control"]
    try:
        station.run(30, "warming up under callgrind")
        for name in station.names:
            subprocess.run([*control, "-z", str(station.pid(name))], check=True,
                           stdout=subprocess.DEVNULL)
        first = station.telemetry()
        took = station.run(seconds, "counting instructions")
        messages = station.telemetry() - first
        counted = {}
        for name in station.names:
            pid = station.pid(name)
            subprocess.run([*control, "-d", str(pid)], check=True, stdout=subprocess.DEVNULL)
            path = os.path.join(station.world.directory, f"callgrind.{pid}.1")
            station.world.wait_until(lambda: os.path.exists(path) and "totals:" in
                                     open(path, encoding="utf-8", errors="replace").read(),
                                     "callgrind has written its counts", 120)
            with open(path, encoding="utf-8", errors="replace") as file:
                counted[name] = (int(re.search(r"(?m)^totals: (\d+)", file.read()).group(1)),
                                 callgrind_calls(path))
        ticks = counted["engine"][1].get("engine_step", 0)
        print(f"{BAYS} bays, a report each second, {took:.0f} s counted (-O2):\n")
        print("| | instructions | |")
        print("|---|---|---|")
        engine, monitor = counted["engine"][0], counted["monitor"][0]
        print(f"| swap-engine | {engine / max(ticks, 1):,.0f} a tick | {ticks} ticks |")
        print(f"| swap-monitor | {monitor / max(messages, 1):,.0f} a telemetry message |"
              f" {messages} messages, journal and MQTT in it |")
        per_s = (engine / max(ticks, 1)) * 10 + monitor / max(messages, 1)
        print(f"| both | {per_s / 1e6:.2f} million a second at 10 ticks and 1 message |"
              f" {per_s / A53_INSTRUCTIONS_PER_S * 100:.2f} % of a Cortex-A53 at 1.2 GHz, taking"
              " 0.5 instructions a cycle |")
    finally:
        for complaint in station.world.close():
            say(complaint)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench firmware")
    parser.add_argument("folder")
    parser.add_argument("--minutes", type=float, default=5, help="of the storage measurement")
    parser.add_argument("--seconds", type=int, default=60, help="of the instruction count")
    options = parser.parse_args()
    board = board_of_20(os.path.join(options.folder, "board"))
    os.makedirs(os.path.join(options.folder, "plain"))
    os.makedirs(os.path.join(options.folder, "counted"))
    footprint(options.folder, board, options.minutes)
    instructions(options.folder, board, options.seconds)


if __name__ == "__main__":
    main()
