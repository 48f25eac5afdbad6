# SPDX-License-Identifier: Apache-2.0
"""A bad network between station and broker, or between bridge and broker: connections cut, bytes
delayed, a black hole that swallows everything and tells nobody. Nothing lost, nothing twice."""

import time

import pytest

from evidence import Evidence
from harness import DEVICE
from proxy import Proxy
from test_swap import ask, finish

KEEP_ALIVE = 5  # s, the shortest that the programs accept
# A silent peer is given up after the keep-alive plus the wait for the answer to a ping.
NOTICED_WITHIN = 3 * KEEP_ALIVE


class Wire:
    """A world in which one program reaches the broker through a proxy."""

    def __init__(self, make_world, proxies, behind):
        self.world = world = make_world(speed=60.0)
        self.proxy = Proxy(world.port)
        proxies.append(self.proxy)
        world.environment.update(SWAPSTACK_MQTT_KEEP_ALIVE_S=str(KEEP_ALIVE))
        broker_port = world.port
        self._at(behind == "bridge", broker_port, world.start_bridge)
        self._at(behind == "station", broker_port, world.start_station)
        self.listener = world.listen()
        self.evidence = Evidence(world)
        self.name = "bridge" if behind == "bridge" else f"monitor-{DEVICE}"
        self.said_when_lost = "broker away" if behind == "bridge" else "broker lost"

    def _at(self, proxied, broker_port, start):
        """The harness takes the broker's port from the world."""
        self.world.port = self.proxy.port if proxied else broker_port
        try:
            start()
        finally:
            self.world.port = broker_port

    def connections(self):
        """How often the program has connected in this life."""
        return self._log().count("connected broker=")

    def _log(self):
        with open(self.world.programs[self.name].log_path, encoding="utf-8") as file:
            return file.read()

    def losses(self):
        return self._log().count(self.said_when_lost)

    def committed(self):
        return self.world.one("SELECT coalesce(sum(seq), 0) FROM stream") or 0

    def wait_for_commits(self, more=5):
        goal = self.committed() + more
        self.world.wait_until(lambda: self.committed() >= goal, "rows are committed again")

    def finish(self):
        return self.evidence.conclude(self.listener)


@pytest.fixture
def proxies():
    """Asked for before make_world, so that they end after the programs behind them."""
    made = []
    yield made
    for proxy in made:
        proxy.close()


@pytest.fixture(params=["station", "bridge"])
def wire(request, proxies, make_world):
    wire = Wire(make_world, proxies, request.param)
    yield wire
    wire.proxy.heal()  # so that the programs can say goodbye


def test_cut_connections(wire):
    world = wire.world
    swap = ask(world, "VEH-1", "cut-1")
    for _ in range(8):
        connections, committed = wire.connections(), wire.committed()
        wire.proxy.cut()
        world.wait_until(lambda: wire.connections() > connections, "it has connected again")
        world.wait_until(lambda: wire.committed() > committed + 2, "rows are committed")
    finish(world, swap)
    events, _ = wire.finish()
    print(f"\n{wire.name}: {wire.proxy.cuts} cuts, {events} events, each once and in order")


def test_delay_is_no_loss(wire):
    """Half a second each way, with a cut in the middle: more in flight than acknowledged."""
    world = wire.world
    wire.proxy.delay(0.5)
    swap = ask(world, "VEH-1", "late-1")
    wire.wait_for_commits(20)
    wire.proxy.cut()
    wire.wait_for_commits(20)
    finish(world, swap)
    wire.proxy.delay(0)
    events, _ = wire.finish()
    print(f"\n{wire.name}: delayed by 0.5 s, {events} events, each once and in order")


def test_black_hole_is_noticed(wire):
    world = wire.world
    finish(world, ask(world, "VEH-1", "before"))
    losses = wire.losses()
    wire.proxy.black_hole()
    began = time.monotonic()
    world.wait_until(lambda: wire.losses() > losses, "the silence is noticed")
    noticed = time.monotonic() - began
    assert noticed < NOTICED_WITHIN
    # What happens meanwhile is kept by the station, or (behind the bridge) by the broker.
    stuck = wire.committed()
    wire.proxy.heal()
    healed = time.monotonic()
    world.wait_until(lambda: wire.committed() > stuck + 10, "rows are committed again")
    recovered = time.monotonic() - healed
    finish(world, ask(world, "VEH-2", "after"))
    events, _ = wire.finish()
    print(f"\n{wire.name}: black hole noticed after {noticed:.1f} s (keep-alive {KEEP_ALIVE} s),"
          f" commits again {recovered:.1f} s after it ended; {events} events, each once and in order")
