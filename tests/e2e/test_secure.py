# SPDX-License-Identifier: Apache-2.0
"""The documented secure broker (scripts/mosquitto/secure.*): TLS, a password per client, and a
station that may write info/<device> and nothing else."""

import os
import pwd
import subprocess

from harness import ROOT, broker, command

PASSWORDS = {"swap-bridge": "bridge-secret", "operator": "operator-secret", "1231": "station-secret",
             "1232": "other-secret"}


def make_certificates(folder):
    """A CA and a server certificate for the loopback, as openssl makes them."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, cwd=folder, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt",
            "-days", "2", "-subj", "/CN=Test CA")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr",
            "-subj", "/CN=localhost")
    with open(os.path.join(folder, "names"), "w", encoding="utf-8") as file:
        file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "server.crt", "-days", "2", "-extfile", "names")


def secure_broker(world):
    """secure.conf as shipped, with this test's paths, port and user in their place."""
    folder = os.path.join(world.directory, "secure")
    os.makedirs(folder)
    make_certificates(folder)
    for user, password in PASSWORDS.items():
        create = ["-c"] if user == "swap-bridge" else []
        subprocess.run(["mosquitto_passwd", "-b", *create, os.path.join(folder, "passwd"), user,
                        password], check=True, capture_output=True)
        with open(os.path.join(folder, f"{user}.password"), "w", encoding="utf-8") as file:
            file.write(password + "\n")
    with open(os.path.join(ROOT, "scripts", "mosquitto", "secure.conf"), encoding="utf-8") as file:
        text = file.read()
    world.port = broker.free_port()
    for old, new in (("listener 8883", f"listener {world.port}"),
                     ("/etc/mosquitto/certs", folder),
                     ("/etc/mosquitto/swapstack.passwd", os.path.join(folder, "passwd")),
                     ("/etc/mosquitto/swapstack.acl",
                      os.path.join(ROOT, "scripts", "mosquitto", "secure.acl")),
                     ("/var/lib/mosquitto", folder), ("log_dest syslog", "log_dest stderr")):
        assert old in text
        text = text.replace(old, new)
    path = os.path.join(folder, "mosquitto.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + f"user {pwd.getpwuid(os.geteuid()).pw_name}\n")
    world.add("mosquitto", [broker.program(), "-c", path])
    world.wait_until(lambda: broker.is_listening(world.port), "the broker listens")
    return folder


def as_user(folder, user):
    return {"SWAPSTACK_MQTT_USER": user,
            "SWAPSTACK_MQTT_PASSWORD_FILE": os.path.join(folder, f"{user}.password"),
            "SWAPSTACK_MQTT_CA_FILE": os.path.join(folder, "ca.crt")}


def publish(world, folder, user, topic, payload, password=None):
    return subprocess.run(
        ["mosquitto_pub", "-h", "localhost", "-p", str(world.port), "--cafile",
         os.path.join(folder, "ca.crt"), "-u", user, "-P", password or PASSWORDS[user], "-q", "1",
         "-V", "5", "-t", topic, "-m", payload], capture_output=True, text=True, timeout=30,
        stdin=subprocess.DEVNULL).returncode


def test_station_over_tls_with_rights_of_its_own(make_world):
    world = make_world()
    world.stop("mosquitto")
    folder = secure_broker(world)
    world.start_bridge(**as_user(folder, "swap-bridge"))
    world.start_station("1231", SWAPSTACK_MQTT_OWN_TOPIC="on", **as_user(folder, "1231"))
    assert world.one("SELECT own_topic FROM station WHERE station_id = '1231'") == 1
    world.environment.update(as_user(folder, "operator"))
    assert world.ctl("command", "ask-info", "--device", "1231").stdout.strip().endswith("done")

    # Another station can neither speak for this one nor command anybody.
    bare = '{"device":"1231","type":0,"data":{"battery":{"bid":"FORGED"}},"time":"2016-2-1"}'
    publish(world, folder, "1232", "info/1231", bare)
    publish(world, folder, "1232", "info", bare)
    publish(world, folder, "1232", "control", command(3, id="forged"))
    assert publish(world, folder, "1232", "info/1232", "x", password="wrong") != 0
    # What it may: its own topic. When this is stored, the others would have been seen before.
    assert publish(world, folder, "1232", "info/1232", bare.replace("1231", "1232")) == 0
    world.wait_until(lambda: world.one("SELECT 1 FROM station WHERE station_id = '1232'"), "1232")
    assert not world.one("SELECT count(*) FROM bay WHERE bid = 'FORGED' AND station_id = '1231'")
    assert world.command_row(message_id="forged") is None
    assert world.one("SELECT count(*) FROM quarantine") == 0
