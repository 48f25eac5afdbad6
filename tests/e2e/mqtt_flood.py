# SPDX-License-Identifier: Apache-2.0
"""A small MQTT 3.1.1 publisher over a plain socket: thousands of messages of any bytes on any topic
in one connection, in order, QoS 1 with a window. mosquitto_pub would need a process for each."""

import socket
import struct

WINDOW = 200


def _length(number):
    encoded = b""
    while True:
        number, byte = divmod(number, 128)
        encoded += bytes([byte | 0x80 if number else byte])
        if not number:
            return encoded


def _text(text):
    data = text.encode()
    return struct.pack(">H", len(data)) + data


class Publisher:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        body = _text("MQTT") + bytes([4, 2]) + struct.pack(">H", 600) + _text("flood")
        self.socket.sendall(b"\x10" + _length(len(body)) + body)
        assert self._read(4)[0] == 0x20, "no CONNACK"
        self.next_id, self.unacknowledged = 1, 0

    def _read(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionError("the broker closed the connection")
            data += part
        return data

    def _take_ack(self):
        packet = self._read(4)
        assert packet[0] == 0x40, f"expected PUBACK, got {packet!r}"
        self.unacknowledged -= 1

    def publish(self, topic, payload):
        while self.unacknowledged >= WINDOW:
            self._take_ack()
        body = _text(topic) + struct.pack(">H", self.next_id) + payload
        self.next_id = self.next_id % 65535 + 1
        self.socket.sendall(b"\x32" + _length(len(body)) + body)
        self.unacknowledged += 1

    def close(self):
        while self.unacknowledged:
            self._take_ack()
        self.socket.sendall(b"\xe0\x00")
        self.socket.close()
