# SPDX-License-Identifier: Apache-2.0
"""The folder of a run (--state): taken by one run at a time, emptied with --fresh."""

import fcntl
import os
import shutil

# All that a run writes there; --fresh removes these and nothing else, whatever --state names.
OWN_FILES = ("swapstack.db", "swapstack.db-wal", "swapstack.db-shm", "swapstack.db.lock",
             "swapstack.db.sock", "clock.json", "engine.sock")
OWN_FOLDERS = ("engine", "monitor", "broker", "log")


class StateFolder:
    """The lock is inherited by every process of the run: it is free only when the last of them has
    ended, even if the run itself was killed with -9. Raises OSError when it cannot be written."""

    def __init__(self, path):
        self.path = path
        os.makedirs(path, exist_ok=True)
        self.lock = open(os.path.join(path, "run.lock"), "w", encoding="utf-8")

    def take(self):
        """False while another run has it."""
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def empty(self):
        for name in OWN_FILES:
            try:
                os.remove(self.file(name))
            except FileNotFoundError:
                pass
        for name in OWN_FOLDERS:
            shutil.rmtree(self.file(name), ignore_errors=True)

    def make_folders(self):
        for name in OWN_FOLDERS:
            os.makedirs(self.file(name), exist_ok=True)

    def file(self, *names):
        return os.path.join(self.path, *names)
