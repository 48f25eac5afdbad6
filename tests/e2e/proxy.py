# SPDX-License-Identifier: Apache-2.0
"""A bad network in user space: a TCP proxy on the loopback that passes, delays, cuts or black-holes.

A black hole is the case that broke real products: nothing arrives, nothing is refused, and no FIN
or RST tells either side; connections made during it are accepted and stay silent, too."""

import selectors
import socket
import threading
import time

CHUNK = 65536


class Proxy:
    """Listens on .port and forwards to 127.0.0.1:`target`. Runs in a thread of its own."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._lock = threading.Lock()
        self._pairs = {}  # socket -> its peer
        self._deaf = set()  # closed by their side during a black hole; no longer watched
        self._late = []  # (due time, socket, bytes) while delayed, in order
        self._black = False
        self._delay = 0.0
        self._stopping = False
        self.cuts = 0
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    # What the network does; from any thread -------------------------------------------------------

    def heal(self):
        """Passes everything again. Bytes swallowed by a black hole are gone, as TCP would notice:
        the connections that lost some are reset."""
        with self._lock:
            was_black, self._black, self._delay = self._black, False, 0.0
        if was_black:
            self.cut()

    def black_hole(self):
        with self._lock:
            self._black = True

    def delay(self, seconds):
        with self._lock:
            self._delay = seconds

    def cut(self):
        """Resets every connection that there is now."""
        with self._lock:
            self.cuts += 1
            for each in list(self._pairs):
                self._drop(each)

    def close(self):
        self._stopping = True
        self._thread.join(10)
        self.cut()
        self.listener.close()

    # The thread -------------------------------------------------------------------------------------

    def _drop(self, one):
        for each in (one, self._pairs.get(one)):
            if each is None or each not in self._pairs:
                continue
            del self._pairs[each]
            if each in self._deaf:
                self._deaf.remove(each)
            else:
                self._selector.unregister(each)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # RST
            each.close()

    def _accept(self):
        near, _ = self.listener.accept()
        try:
            far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:  # the broker is down: so is everything behind this proxy
            near.close()
            return
        for each in (near, far):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            each.settimeout(5)
            self._selector.register(each, selectors.EVENT_READ)
        self._pairs[near], self._pairs[far] = far, near

    def _forward(self, one):
        try:
            data = one.recv(CHUNK)
        except OSError:
            data = b""
        if self._black:
            if not data:  # one side gave up; the other is not told
                self._selector.unregister(one)
                self._deaf.add(one)
            return
        if not data:
            self._drop(one)
        elif self._delay:
            self._late.append((time.monotonic() + self._delay, one, data))
        else:
            self._send(one, data)

    def _send(self, one, data):
        peer = self._pairs.get(one)
        if peer is None:
            return
        try:
            peer.sendall(data)
        except OSError:
            self._drop(one)

    def _run(self):
        while not self._stopping:
            for key, _ in self._selector.select(0.02):
                with self._lock:
                    if key.fileobj is self.listener:
                        self._accept()
                    elif key.fileobj in self._pairs:
                        self._forward(key.fileobj)
            with self._lock:
                while self._late and (self._late[0][0] <= time.monotonic() or not self._delay):
                    _, one, data = self._late.pop(0)
                    if not self._black:
                        self._send(one, data)
