# SPDX-License-Identifier: Apache-2.0
"""Alerts reach subscribers: MQTT, a webhook that fails at first, a program; a bridge killed between
raising and delivering loses nothing."""

import hashlib
import hmac
import http.server
import json
import os
import threading

from harness import wall_now

SECRET = "not a secret outside this test"


class Subscriber(http.server.BaseHTTPRequestHandler):
    """Refuses everything until it is `open`, then keeps what it took."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        server.tries += 1
        if not server.open:
            self.send_response(503)
            self.end_headers()
            self.wfile.write(b"closed for today")
            return
        signed = self.headers["X-Swapstack-Timestamp"].encode() + b"." + body
        right = "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        server.taken.append((hmac.compare_digest(right, self.headers["X-Swapstack-Signature"]),
                             self.headers["X-Swapstack-Event"], json.loads(body)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def subscribe():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Subscriber)
    server.open, server.taken, server.tries = False, [], 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def battery(capacity_kwh):
    return json.dumps({"device": "s1", "type": 0, "v": 1, "time": wall_now(), "data": {
        "battery": [{"slot": 1, "bid": "b1", "capacityKwh": capacity_kwh}]}})


def test_subscribers_are_told_even_by_a_killed_bridge(make_world):
    world = make_world()
    folder = world.directory
    told, mail = os.path.join(folder, "told"), os.path.join(folder, "mail")
    with open(mail, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n"
                   f"test -e {folder}/mail-is-up || {{ echo no mail host >&2; exit 75; }}\n"
                   f"(cat; echo \" $1 $SWAPSTACK_ALERT_KIND $SWAPSTACK_ALERT_BID\") >>{told}\n")
    os.chmod(mail, 0o700)
    secret = os.path.join(folder, "secret")
    with open(secret, "w", encoding="utf-8") as file:
        file.write(SECRET + "\n")
    server = subscribe()
    world.start_bridge(SWAPSTACK_ALERTS_COMMAND=mail, SWAPSTACK_ALERTS_COMMAND_KINDS="low_capacity",
                       SWAPSTACK_ALERTS_RETRY_MIN_S="0.2", SWAPSTACK_ALERTS_RETRY_MAX_S="0.5")
    listener = world.listen("alert/#")
    world.ctl("webhook", "set", "ops", "--url", f"http://127.0.0.1:{server.server_port}/alerts",
              "--secret-file", secret, "--kinds", "low_capacity,test")
    world.publish(battery(18), "info")
    world.wait_until(lambda: world.rows(
        "SELECT 1 FROM alert_delivery WHERE channel = 'ops' AND attempts >= 2 AND last_error LIKE"
        " '%503%closed for today%'"), "the webhook was tried in vain")
    world.wait_until(lambda: world.rows(
        "SELECT 1 FROM alert_delivery WHERE channel = 'command' AND last_error LIKE"
        " 'exit status 75: no mail host'"), "so was the program")
    alert = json.loads(world.ctl("--json", "alert", "list", "--open").stdout)[0]
    assert (alert["kind"], alert["bid"], alert["state"]) == ("low_capacity", "b1", "open")
    world.ctl("alert", "ack", str(alert["id"]), "--by", "ana")
    # Killed with deliveries waiting, and one more raised just before.
    world.publish(battery(25), "info")
    world.wait_until(lambda: world.one("SELECT cleared_at FROM alert"), "the alert is cleared")
    world.kill("bridge")
    server.open = True
    open(os.path.join(folder, "mail-is-up"), "w", encoding="utf-8").close()
    world.wait_until(lambda: len(server.taken) >= 3, "the webhook has heard of it")
    world.wait_until(lambda: not world.rows("SELECT 1 FROM alert_delivery WHERE state = 'waiting'"),
                     "nothing waits any more")
    assert all(good for good, _, _ in server.taken)
    events = [event for _, event, _ in server.taken]
    assert list(dict.fromkeys(events)) == ["raised", "acknowledged", "cleared"], events
    last = server.taken[-1][2]
    assert last["acknowledged_by"] == "ana" and last["cleared_at"] > last["raised_at"]
    with open(told, encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert [line.split("} ")[1] for line in lines][:3] == [
        f"{event} low_capacity b1" for event in ("raised", "acknowledged", "cleared")]
    assert json.loads(lines[0].rsplit("}", 1)[0] + "}")["value"] == 18
    heard = [(topic, message["event"]) for topic, message in listener.messages()]
    assert {("alert/low_capacity", event) for event in ("raised", "acknowledged", "cleared")} <= set(heard)
    # A test goes to everybody, and says how it went.
    rows = json.loads(world.ctl("--json", "alert", "test").stdout)
    assert {(row["channel"], row["state"]) for row in rows} == {
        ("mqtt", "delivered"), ("ops", "delivered"), ("command", "delivered")}
    channels = json.loads(world.ctl("--json", "alert", "channels").stdout)
    assert {row["name"]: row["waiting"] for row in channels} == {"mqtt": 0, "ops": 0, "command": 0}
    server.shutdown()
