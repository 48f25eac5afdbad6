# SPDX-License-Identifier: Apache-2.0
"""Ten thousand malformed messages of every kind between good ones: none of the good is lost, the
bridge lives, what was bad is counted and kept within bounds."""

import json
import random

from harness import TIMEOUT, today
from mqtt_flood import Publisher

GOOD = 1000
BAD = 10000
KEPT = 500


def good(number):
    """A bare message that leaves a mark of its own: a battery with its number."""
    return json.dumps({"device": f"D-{number % 7}", "type": 0, "time": today(), "data": {
        "battery": {"slot": 1 + number % 20, "bid": f"GOOD-{number:04d}", "soc": 50}}}).encode()


def bad_kinds(generator):
    """(topic, payload) of each kind; every one must be refused for a reason of its own."""
    bare = {"device": "D-1", "type": 0, "time": today(), "data": {"battery": {"soc": 10}}}
    envelope = {"journal": "ab" * 16, "boot": 1, "lane": "telemetry", "seq": 1, "prev": 0}

    def changed(**fields):
        return json.dumps({**bare, **fields}).encode()

    def battery(**fields):
        return changed(data={"battery": fields})

    whole = json.dumps(bare).encode()
    return [
        lambda: ("info", generator.randbytes(generator.randrange(1, 300))),
        lambda: ("info", b" "),
        lambda: ("info", whole[:generator.randrange(1, len(whole) - 1)]),
        lambda: ("info", whole + b"}"),
        lambda: ("info", b"[" * 5000),
        lambda: ("info", b'{"a":' * 40 + b"1" + b"}" * 40),
        lambda: ("info", b'"just text"'),
        lambda: ("info", b"[]"),
        lambda: ("info", b"null"),
        lambda: ("info", whole.replace(b"D-1", b"D-\xff\xfe")),
        lambda: ("info", whole.replace(b"D-1", b"D-\xed\xa0\x80")),
        lambda: ("info", whole.replace(b'"type": 0', b'"type": 0, "type": 0')),
        lambda: ("info", changed(device="")),
        lambda: ("info", changed(device="a b")),
        lambda: ("info", changed(device="x" * 65)),
        lambda: ("info", changed(device=1231)),
        lambda: ("info", changed(device=None)),
        lambda: ("info", changed(type="0")),
        lambda: ("info", changed(type=999)),
        lambda: ("info", changed(type=0.5)),
        lambda: ("info", changed(time="yesterday")),
        lambda: ("info", changed(time="2016-13-45")),
        lambda: ("info", changed(time=-5)),
        lambda: ("info", changed(v=2)),
        lambda: ("info", changed(data=7)),
        lambda: ("info", battery(soc=140)),
        lambda: ("info", battery(soc="full")),
        lambda: ("info", whole.replace(b"10", b"1e999")),
        lambda: ("info", whole.replace(b"10", b"NaN")),
        lambda: ("info", battery(slot=0)),
        lambda: ("info", battery(bid="B" * 65)),
        lambda: ("info", changed(**{**envelope, "seq": -1})),
        lambda: ("info", changed(**{**envelope, "lane": "fast"})),
        lambda: ("info", changed(**{**envelope, "boot": 0})),
        lambda: ("info", changed(**{**envelope, "journal": "not hex"})),
        lambda: ("info", changed(type=17, data={"event": "Eaten", "requestId": "r", "bay": 1})),
        lambda: ("info/D-2", whole),  # on a topic that is not its own
        lambda: ("control", b"open sesame"),
        lambda: ("control", changed(type=1, device="no such name")),
        lambda: ("control/D-3", b"\x00\x01\x02"),
    ]


def test_garbage_between_good_messages(make_world):
    world = make_world()
    bridge = world.start_bridge(SWAPSTACK_QUARANTINE_MAX_ROWS=str(KEPT))
    generator = random.Random(20261121)
    kinds = bad_kinds(generator)
    publisher = Publisher(world.port)
    process = bridge.process
    for number in range(BAD):
        if number % (BAD // GOOD) == 0:
            publisher.publish("info", good(number // (BAD // GOOD)))
        topic, payload = kinds[number % len(kinds)]()
        publisher.publish(topic, payload)
    publisher.publish("info", b"x" * (256 * 1024 + 1))  # over the protocol's bound
    publisher.publish("info", good(GOOD))
    publisher.close()

    world.wait_until(lambda: world.one("SELECT count(*) FROM battery WHERE bid LIKE 'GOOD-%'")
                     == GOOD + 1, "all good messages are stored", 2 * TIMEOUT)
    assert bridge.process is process and process.poll() is None, "the bridge stayed alive"
    counters = {row["name"]: row["value"] for row in world.rows("SELECT * FROM counter")}
    kept = world.one("SELECT count(*) FROM quarantine")
    assert kept == KEPT
    assert counters["quarantine.total"] == BAD + 1, counters
    assert counters["quarantine.total"] - counters["quarantine.dropped"] == kept
    reasons = world.rows("SELECT DISTINCT reason FROM quarantine")
    assert len(reasons) >= 10, reasons
    assert all(row["reason"] for row in reasons)
    # Nothing of the bad left a trace elsewhere.
    stations = {row["station_id"] for row in world.rows("SELECT station_id FROM station")}
    assert stations == {f"D-{number}" for number in range(7)}
    # The newest bad one is kept, cut to the configured size.
    newest = world.rows("SELECT length(payload) AS bytes, reason FROM quarantine"
                        " ORDER BY id DESC LIMIT 1")[0]
    assert 0 < newest["bytes"] < 256 * 1024
