# SPDX-License-Identifier: Apache-2.0
"""The command line of scripts/run."""

import argparse
import os
import sys

EX_USAGE = 64


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print(f"run: {message}; see scripts/run --help", file=sys.stderr)
        sys.exit(EX_USAGE)


def _number(least, most, kind):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {least} to {most}")
        return value
    return parse


def parse(words):
    parser = Parser(prog="scripts/run", allow_abbrev=False, description=(
        "Runs mosquitto, swap-bridge and one simulated station (device 1231) on this machine, lets "
        "vehicles come to swap from 11:00 plant time on, and shows what happens until Ctrl-C."))
    parser.add_argument("--headless", action="store_true", help="plain lines instead of the view")
    parser.add_argument("--speed", metavar="N", type=_number(0.01, 10000, float), default=10.0,
                        help="plant seconds per second (default 10)")
    parser.add_argument("--for", dest="seconds", metavar="SECONDS", type=_number(0, 1e9, float),
                        help="end by itself, that many seconds after it was ready")
    parser.add_argument("--no-traffic", action="store_true", help="the commands are yours")
    parser.add_argument("--port", metavar="P", type=_number(1, 65535, int),
                        help="the broker's port (default: a free one)")
    parser.add_argument("--state", metavar="DIR", default="run",
                        help="where everything is written (default ./run)")
    parser.add_argument("--fresh", action="store_true", help="empty that folder first")
    parser.add_argument("--packs", metavar="N", type=_number(1, 2, int), default=1,
                        help="batteries of each vehicle, 1 (default) or 2")
    parser.add_argument("--order", choices=("in-out", "out-in"), default="in-out",
                        help="which battery changes hands first (default in-out)")
    parser.add_argument("--seed", metavar="N", type=_number(0, 2**63 - 1, int), default=1,
                        help="of the vehicles' arrivals (default 1)")
    options = parser.parse_args(words)
    options.state = os.path.abspath(options.state)
    return options
