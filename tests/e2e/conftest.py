# SPDX-License-Identifier: Apache-2.0
import pytest

import harness


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Lets the fixture know how the test went, and puts the logs beside a failure."""
    outcome = yield
    report = outcome.get_result()
    worlds = getattr(item, "worlds", [])
    if report.failed and call.when in ("setup", "call"):
        for world in worlds:
            report.sections.append((f"logs in {world.directory}", world.logs()))


@pytest.fixture
def make_world(request, tmp_path):
    """make_world(speed=…) gives a world with a broker; all of it is stopped and checked after."""
    request.node.worlds = []

    def make(**options):
        directory = tmp_path / f"world{len(request.node.worlds)}"
        directory.mkdir()
        world = harness.World(directory, **options)
        request.node.worlds.append(world)
        world.start_broker()
        return world

    yield make
    complaints = [line for world in request.node.worlds for line in world.close()]
    if complaints:
        logs = "\n".join(world.logs() for world in request.node.worlds)
        pytest.fail("\n".join(complaints) + "\n" + logs)


@pytest.fixture
def bridged(make_world):
    """A broker and a bridge, no station."""
    world = make_world()
    world.start_bridge()
    return world


@pytest.fixture
def station(make_world):
    """Broker, bridge and station 1231 on the wall's clock."""
    world = make_world()
    world.start_bridge()
    world.start_station()
    return world


@pytest.fixture
def fast_station(make_world):
    """Broker, bridge and station 1231, a plant minute per second."""
    world = make_world(speed=60.0)
    world.start_bridge()
    world.start_station()
    return world
