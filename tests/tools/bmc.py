#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A BMC that speaks IPMI 2.0 over LAN, for tests: cipher suites 3 and 17.

    bmc.py ADDRESS:PORT        obeys lines on stdin, e.g. "fault silent"

It knows what is really so (power), logs what it was asked, and misbehaves as
told. Written from the IPMI v2.0 rev. 1.1 specification, sections 13 and 22; it
serves one client at a time and forgets nothing by itself.

Faults: none, silent, garbage, late SECONDS (each answer), drop N (the next N
packets), busy (no command is taken), full (no free session), d4 (chassis
control is refused), stuck (power stays on), slow SECONDS (it goes off later),
flap (a status says off, the next one on), forge (answers with a wrong
authentication code that say off), dies (silent once it was told to go off),
cycle (off, and on again a second later).
"""
import hashlib
import hmac
import os
import socket
import struct
import sys
import threading
import time

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

RMCP = b"\x06\x00\xff\x07"
USER, OPERATOR, ADMIN = 2, 3, 4
# suite: hash, length of RAKP 4's check value and of a packet's auth code,
# numbers of the algorithms (authentication, integrity, confidentiality)
SUITES = {3: (hashlib.sha1, 12, (1, 1, 1)),
          17: (hashlib.sha256, 16, (3, 4, 1))}
NO_RESOURCES, BAD_ALGORITHM, BAD_ROLE, BAD_NAME, BAD_CHECK = 1, 4, 10, 13, 15
NO_SUITE = 17


def checksum(data):
    return -sum(data) & 0xff


class Session:
    """One session, from its opening to its end."""

    def __init__(self, suite, console_id):
        self.hash, self.icv, _ = SUITES[suite]
        self.console_id = console_id
        self.own_id = os.urandom(3) + b"\x01"
        self.random, self.guid = os.urandom(16), b"twinbeat-bmc----"
        self.client_random = self.name = self.key = b""
        self.role = 0
        self.k1 = self.k2 = None
        self.sequence = 0

    def mac(self, key, data):
        return hmac.new(key, data, self.hash).digest()

    def begin(self, random, role, name, password):
        self.client_random, self.role, self.name = random, role, name
        self.key = password.ljust(20, b"\0")
        return self.mac(self.key, self.console_id + self.own_id + random +
                        self.random + self.guid + bytes([role, len(name)]) +
                        name)

    def rakp3_is_right(self, code):
        return hmac.compare_digest(code, self.mac(
            self.key, self.random + self.console_id +
            bytes([self.role, len(self.name)]) + self.name))

    def derive(self, kg):
        sik = self.mac(kg if any(kg) else self.key,
                       self.client_random + self.random +
                       bytes([self.role, len(self.name)]) + self.name)
        self.k1 = self.mac(sik, b"\x01" * 20)
        self.k2 = self.mac(sik, b"\x02" * 20)[:16]
        return self.mac(sik, self.client_random + self.own_id +
                        self.guid)[:self.icv]

    def cipher(self, iv):
        return Cipher(algorithms.AES(self.k2), modes.CBC(iv))

    def seal(self, payload, forged=False):
        pad = -(len(payload) + 1) % 16
        payload += bytes(range(1, pad + 1)) + bytes([pad])
        iv = os.urandom(16)
        box = self.cipher(iv).encryptor()
        body = iv + box.update(payload) + box.finalize()
        self.sequence += 1
        packet = b"\x06\xc0" + self.console_id + struct.pack(
            "<IH", self.sequence, len(body)) + body
        pad = -(len(packet) + 2) % 4
        packet += b"\xff" * pad + bytes([pad, 7])
        code = self.mac(self.k1, packet)[:self.icv]
        if forged:
            code = bytes([code[0] ^ 1]) + code[1:]
        return RMCP + packet + code

    def open(self, packet):
        """The payload, or None if packet is not this session's."""
        body, code = packet[4:-self.icv], packet[-self.icv:]
        if not hmac.compare_digest(code, self.mac(self.k1, body)[:self.icv]):
            return None
        length = struct.unpack("<H", packet[14:16])[0]
        data = packet[16:16 + length]
        box = self.cipher(data[:16]).decryptor()
        data = box.update(data[16:]) + box.finalize()
        return data[:len(data) - 1 - data[-1]]


class Bmc:
    """The BMC, its server's power, and a thread that answers."""

    def __init__(self, address=("127.0.0.1", 0), user="fence",
                 password="secret12", privilege=OPERATOR, suites=(3, 17),
                 suite_status=BAD_ALGORITHM, kg=b"", on_power=None,
                 limit=0, keep_s=60):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.host, self.port = self.socket.getsockname()
        self.user, self.password = user.encode(), password.encode()
        self.privilege, self.suites = privilege, suites
        self.suite_status, self.kg = suite_status, kg.ljust(20, b"\0")
        self.power, self.on_power = True, on_power
        self.fault, self.fault_value = "none", 0.0
        self.log = []           # ("status" | "off" | ..., monotonic seconds)
        self.packets = 0
        self.sessions = {}
        self.closed = 0         # sessions that were ended properly
        # so many sessions (0: any number), each for keep_s unless it is ended
        self.limit, self.keep_s = limit, keep_s
        self.held = {}          # id: until when, monotonic
        self.refused = 0        # log-ins that found no session free
        self.statuses = 0       # told since flap was set
        self.off_at = None
        threading.Thread(target=self._serve, daemon=True).start()

    def tell(self, fault):
        words = fault.split()
        self.statuses = 0
        self.fault = words[0]
        self.fault_value = float(words[1]) if len(words) > 1 else 0.0

    def count(self, what):
        return [name for name, _ in self.log].count(what)

    def stop(self):
        self.socket.close()

    # ---- power ----

    def set_power(self, on):
        self.power, self.off_at = on, None
        if self.on_power:
            self.on_power(on)

    def settle(self):
        if self.off_at is not None and time.monotonic() >= self.off_at:
            self.set_power(False)
            if self.fault == "cycle":
                timer = threading.Timer(1, self.set_power, (True,))
                timer.daemon = True
                timer.start()

    def status(self):
        self.settle()
        on = self.power
        self.statuses += 1
        if self.fault == "flap":
            on = self.statuses % 2 == 0
        if self.fault == "forge":
            on = False
        return bytes([0x60 | on, 0, 0x40])

    def control(self, what):
        names = {0: "off", 1: "on", 2: "cycle", 3: "reset", 5: "soft"}
        self.log.append((names.get(what, "?"), time.monotonic()))
        if self.fault == "d4":
            return 0xd4
        if what == 1:
            self.set_power(True)
        elif what == 0 and self.fault != "stuck":
            self.off_at = time.monotonic() + (
                self.fault_value if self.fault == "slow" else 0)
            self.settle()
        return 0

    # ---- commands: (completion code, data) ----

    def command(self, session, function, command, data):
        if session is None:     # before a log-in
            if (function, command) != (6, 0x38):
                return 0xd4, b""
            # 22.13: whether there is a K_g is told before the log-in
            return 0, bytes([1, 0x80, 0x04 | bool(any(self.kg)) << 5, 0x02,
                             0, 0, 0, 0])
        if (function, command) == (6, 0x3b):
            return 0, bytes([data[0] or session.role & 15])
        if (function, command) == (6, 0x3c):
            self.closed += 1
            self.held.pop(session.own_id, None)
            return 0, b""
        if function == 0 and self.fault == "busy":
            return 0xc0, b""
        if (function, command) == (0, 1):
            self.log.append(("status", time.monotonic()))
            return 0, self.status()
        if (function, command) == (0, 2):
            if session.role & 15 < OPERATOR:
                return 0xd4, b""
            return self.control(data[0] & 15), b""
        return 0xc1, b""

    def message(self, session, message):
        function, lun = message[1] >> 2, message[1] & 3
        code, data = self.command(session, function, message[5],
                                  message[6:-1])
        head = bytes([message[3], (function | 1) << 2 | message[4] & 3])
        tail = bytes([message[0], message[4] & 0xfc | lun, message[5],
                      code]) + data
        return (head + bytes([checksum(head)]) + tail +
                bytes([checksum(tail)]))

    # ---- log-in ----

    @staticmethod
    def plain(kind, payload):
        return RMCP + b"\x06" + bytes([kind]) + b"\0" * 8 + struct.pack(
            "<H", len(payload)) + payload

    def open_session(self, data):
        tag, console = data[0], data[4:8]
        wanted = (data[12], data[20], data[28])
        suite = [s for s in self.suites if SUITES[s][2] == wanted]
        status = 0 if suite else self.suite_status
        again = [s for i, s in self.sessions.items()
                 if i in self.held and s.console_id == console]
        if again:               # the same request, sent once more
            return self.plain(0x11, bytes([tag, 0, ADMIN, 0]) + console +
                              again[0].own_id + data[8:32])
        now = time.monotonic()
        self.held = {i: t for i, t in self.held.items() if t > now}
        if self.fault == "full" or 0 < self.limit <= len(self.held):
            status = NO_RESOURCES
            self.refused += 1
        if status:
            return self.plain(0x11, bytes([tag, status, 0, 0]) + console)
        session = Session(suite[0], console)
        self.sessions[session.own_id] = session
        self.held[session.own_id] = now + self.keep_s
        return self.plain(0x11, bytes([tag, 0, ADMIN, 0]) + console +
                          session.own_id + data[8:32])

    def rakp1(self, data):
        tag, session = data[0], self.sessions.get(data[4:8])
        if session is None:
            return None
        role, name = data[24], data[28:28 + data[27]]
        status = 0
        if name != self.user:
            status = BAD_NAME
        elif role & 15 > self.privilege:
            status = BAD_ROLE
        if status:
            return self.plain(0x13, bytes([tag, status, 0, 0]) +
                              session.console_id)
        code = session.begin(data[8:24], role, name, self.password)
        return self.plain(0x13, bytes([tag, 0, 0, 0]) + session.console_id +
                          session.random + session.guid + code)

    def rakp3(self, data):
        tag, session = data[0], self.sessions.get(data[4:8])
        if session is None:
            return None
        if data[1] != 0 or not session.rakp3_is_right(data[8:]):
            return self.plain(0x15, bytes([tag, BAD_CHECK, 0, 0]) +
                              session.console_id)
        return self.plain(0x15, bytes([tag, 0, 0, 0]) + session.console_id +
                          session.derive(self.kg))

    # ---- packets ----

    def answer(self, packet):
        if packet[:1] != b"\x06" or packet[3] != 7:
            return None
        if packet[4] == 0:      # IPMI 1.5, outside a session
            message = self.message(None, packet[14:14 + packet[13]])
            return RMCP + b"\0" * 9 + bytes([len(message)]) + message
        if packet[4] != 6:
            return None
        kind = packet[5] & 0x3f
        steps = {0x10: self.open_session, 0x12: self.rakp1, 0x14: self.rakp3}
        if kind in steps:
            return steps[kind](packet[16:])
        session = self.sessions.get(packet[6:10])
        if kind != 0 or session is None or session.k1 is None:
            return None
        message = session.open(packet)
        if message is None:
            return None
        return session.seal(self.message(session, message),
                            self.fault == "forge")

    def _is_silent(self):
        if self.fault == "drop" and self.fault_value > 0:
            self.fault_value -= 1
            return True
        return self.fault == "silent" or (
            self.fault == "dies" and self.count("off") > 0)

    def _serve(self):
        while True:
            try:
                packet, client = self.socket.recvfrom(2048)
            except OSError:
                return
            self.packets += 1
            if self._is_silent():
                continue
            if self.fault == "garbage":
                for size in (1, 7, 40, 300):
                    self.socket.sendto(os.urandom(size), client)
                self.socket.sendto(packet, client)
                continue
            answer = self.answer(packet)
            if self.fault == "late":
                time.sleep(self.fault_value)
            if answer is not None:
                self.socket.sendto(answer, client)


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    bmc = Bmc((host, int(port)))
    print("ready", flush=True)
    for line in sys.stdin:
        words = line.split(None, 1)
        if words[0] == "fault":
            bmc.tell(words[1])
        print("on" if bmc.power else "off", flush=True)


if __name__ == "__main__":
    main()
