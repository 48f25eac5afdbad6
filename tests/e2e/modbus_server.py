# SPDX-License-Identifier: Apache-2.0
"""A small Modbus TCP server for tests: units with input and holding registers and coils that a test
sets and reads, and a way to hang."""

import socketserver
import struct
import threading


class ModbusServer:
    """`registers[(unit, table, address)]` with the reading function (1 to 4) as table; 0 where nothing
    was set."""

    def __init__(self):
        self.registers = {}
        self.silent = False  # takes requests and answers none
        self.requests = 0
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                while True:
                    header = self.take(7)
                    if header is None:
                        return
                    transaction, _, length, unit = struct.unpack(">HHHB", header)
                    request = self.take(length - 1)
                    if request is None:
                        return
                    outer.requests += 1
                    if outer.silent:
                        continue
                    answer = outer.answer(unit, request)
                    self.request.sendall(
                        struct.pack(">HHHB", transaction, 0, len(answer) + 1, unit) + answer)

            def take(self, count):
                data = b""
                while len(data) < count:
                    try:
                        part = self.request.recv(count - len(data))
                    except ConnectionError:
                        return None
                    if not part:
                        return None
                    data += part
                return data

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def read(self, unit, table, address):
        return self.registers.get((unit, table, address), 0)

    def written(self, unit, table, address, value):
        """After a write; a device of a test may act on it."""

    def write(self, unit, table, address, value):
        self.registers[(unit, table, address)] = value
        self.written(unit, table, address, value)

    def answer(self, unit, request):
        function, address, value = struct.unpack(">BHH", request[:5])
        if function in (1, 2):
            bits = bytearray((value + 7) // 8)
            for i in range(value):
                bits[i // 8] |= (self.read(unit, function, address + i) != 0) << i % 8
            return struct.pack(">BB", function, len(bits)) + bytes(bits)
        if function in (3, 4):
            words = [self.read(unit, function, address + i) & 0xFFFF for i in range(value)]
            return struct.pack(f">BB{value}H", function, 2 * value, *words)
        if function == 5:
            self.write(unit, 1, address, value == 0xFF00)
        elif function == 6:
            self.write(unit, 3, address, value)
        elif function == 16:
            for i, word in enumerate(struct.unpack(f">{value}H", request[6:6 + 2 * value])):
                self.write(unit, 3, address + i, word)
        else:
            return struct.pack(">BB", function | 0x80, 1)
        return request[:5]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
