# SPDX-License-Identifier: Apache-2.0
"""mosquitto on the loopback, with the project's own configuration (scripts/mosquitto)."""

import os
import pwd
import shutil
import socket

TEMPLATE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                        "mosquitto", "loopback.conf")


def free_port():
    """A port that was free a moment ago; who binds it must be ready to find it taken."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def is_listening(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def program():
    """mosquitto lies in /usr/sbin, which is not on everybody's PATH."""
    path = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not path:
        raise SystemExit("run: mosquitto is not installed; scripts/setup run installs it")
    return path


def write_configuration(directory, port):
    """Fills the template in; returns the file's path. `directory` keeps the broker's data."""
    os.makedirs(directory, exist_ok=True)
    with open(TEMPLATE, encoding="utf-8") as file:
        text = file.read()
    text = "".join(line for line in text.splitlines(True) if not line.startswith("#"))
    text = text.replace("@PORT@", str(port)).replace("@DIR@", os.path.abspath(directory))
    text = text.replace("@USER@", pwd.getpwuid(os.geteuid()).pw_name)
    path = os.path.join(directory, "mosquitto.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path
