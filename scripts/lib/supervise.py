# SPDX-License-Identifier: Apache-2.0
"""Starts programs, restarts them when they exit, and leaves none behind.

Each child leads its own process group, so that a Ctrl-C in the terminal reaches only the
supervisor, which then stops its children in order. The kernel sends a child SIGTERM when the
supervisor dies in any other way (PR_SET_PDEATHSIG), kill -9 included; it watches the thread that
started the child, therefore only the main thread starts programs.
"""

import ctypes
import os
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

RESTART_WAITS = (0.2, 0.5, 1, 2, 5)  # s; a life of STABLE_LIFE begins the row anew
STABLE_LIFE = 5.0
CRASHES_TOO_MANY = 5  # in a row, each life shorter than STABLE_LIFE
WRONG_START = {64, 78}  # wrong arguments, wrong configuration: a restart cannot help


class GaveUp(Exception):
    """A program does not stay up."""

    def __init__(self, program, status):
        super().__init__(f"{program.name} does not stay up: {status}")
        self.program = program


def die_with_parent():
    """For preexec_fn. The parent may have died before the request: then end at once."""
    parent = os.getppid()
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def start(command, **options):
    """Popen of a child that dies with us, in a group of its own."""
    return subprocess.Popen(command, start_new_session=True, preexec_fn=die_with_parent, **options)


def status_text(returncode):
    if returncode < 0:
        try:
            return f"killed by {signal.Signals(-returncode).name}"
        except ValueError:
            return f"killed by signal {-returncode}"
    return f"exit status {returncode}"


def signal_group(process, number):
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


class Program:
    """One supervised program; its output goes to a log file."""

    def __init__(self, name, command, log_path, environment, directory, keep_fds=()):
        self.name = name
        self.command = command
        self.log_path = log_path
        self.environment = environment
        self.directory = directory
        self.keep_fds = keep_fds
        self.process = None
        self.started_at = 0.0
        self.restart_at = 0.0
        self.short_lives = 0
        self.log_offset = 0

    def start(self):
        with open(self.log_path, "ab") as log:
            self.log_offset = log.tell()
            self.process = start(self.command, cwd=self.directory, env=self.environment,
                                 stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                 pass_fds=self.keep_fds)
        self.started_at = time.monotonic()

    def look(self, on_exit):
        """Call now and then: notices an exit (told to on_exit), restarts when it is time."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.restart_at:
                self.start()
            return
        returncode = self.process.poll()
        if returncode is None:
            return
        signal_group(self.process, signal.SIGKILL)  # what it may have started
        self.process = None
        lived = now - self.started_at
        self.short_lives = self.short_lives + 1 if lived < STABLE_LIFE else 0
        if returncode in WRONG_START or self.short_lives >= CRASHES_TOO_MANY:
            raise GaveUp(self, status_text(returncode))
        wait = RESTART_WAITS[min(self.short_lives, len(RESTART_WAITS) - 1)]
        self.restart_at = now + wait
        on_exit(self, status_text(returncode), wait)

    def said(self, word):
        """Did this life's log have the word?"""
        try:
            with open(self.log_path, "rb") as log:
                log.seek(self.log_offset)
                return word.encode() in log.read()
        except FileNotFoundError:
            return False

    def last_lines(self, count=15):
        try:
            with open(self.log_path, "rb") as log:
                return log.read()[-8192:].decode(errors="replace").splitlines()[-count:]
        except FileNotFoundError:
            return []

    def stop(self, timeout=10.0):
        """SIGTERM, then SIGKILL. Returns False when it had to be killed."""
        if self.process is None:
            return True
        process, self.process = self.process, None
        signal_group(process, signal.SIGTERM)
        try:
            process.wait(timeout)
            clean = True
        except subprocess.TimeoutExpired:
            signal_group(process, signal.SIGKILL)
            process.wait()
            clean = False
        signal_group(process, signal.SIGKILL)
        return clean
