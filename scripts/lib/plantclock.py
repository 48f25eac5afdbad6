# SPDX-License-Identifier: Apache-2.0
"""The plant clock of a run: where it stands, how fast it goes, and its continuation in a next run."""

import datetime
import json
import os
import time

FIRST_CLOCK = datetime.time(10, 58)  # a new station opens two minutes before the first vehicle


class PlantClock:
    """Times are seconds since 1970 UTC, as float; the files and the environment hold µs."""

    def __init__(self, path, speed):
        self.path = path
        self.speed = speed
        self.origin_wall = time.time()
        self.origin_plant = self._stored_plant()
        self.is_new = self.origin_plant is None
        if self.is_new:
            today = datetime.datetime.fromtimestamp(self.origin_wall, datetime.timezone.utc).date()
            first = datetime.datetime.combine(today, FIRST_CLOCK, datetime.timezone.utc)
            self.origin_plant = first.timestamp()

    def _stored_plant(self):
        try:
            with open(self.path, encoding="utf-8") as file:
                return json.load(file)["plant_us"] / 1e6
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise SystemExit(
                f"run: {self.path} is damaged ({error}); remove it or use --fresh") from None

    def plant(self):
        return self.origin_plant + (time.time() - self.origin_wall) * self.speed

    def wall_span(self, plant_seconds):
        return plant_seconds / self.speed

    def save(self):
        """Written beside and renamed, so that a kill leaves the old or the new file."""
        text = json.dumps({"plant_us": round(self.plant() * 1e6),
                           "wall_us": round(time.time() * 1e6), "speed": self.speed})
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.replace(self.path + ".new", self.path)

    def environment(self):
        """What every process of the run must share (shared/base/clock.h)."""
        return {
            "SWAPSTACK_CLOCK_ORIGIN_WALL": str(round(self.origin_wall * 1e6)),
            "SWAPSTACK_CLOCK_ORIGIN_PLANT": str(round(self.origin_plant * 1e6)),
            "SWAPSTACK_CLOCK_SPEED": repr(float(self.speed)),
        }


def plant_text(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%H:%M:%S")
