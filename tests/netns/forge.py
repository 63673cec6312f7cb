# SPDX-License-Identifier: GPL-3.0-or-later
"""VRRP packets made byte by byte, so that each can be wrong in one way.

An Advert is a good one as it stands; whoever wants a bad one changes a field
before frame(), or bends what fields() gave. Checksums are made last, over what
is there then, unless the test wants them wrong.
"""
import copy
import hmac
import socket
import struct

GROUP = {4: "224.0.0.18", 6: "ff02::12"}
GROUP_MAC = {4: "01005e000012", 6: "333300000012"}
ETHERTYPE = {4: 0x0800, 6: 0x86dd}


def checksum(data):
    """RFC 1071."""
    data = bytes(data) + b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address
                            else socket.AF_INET, address)


class Advert:
    """One advert of version 2 or 3, over IPv4 or IPv6."""

    def __init__(self, version, vrid, source, addresses, priority=200,
                 interval_ms=100):
        self.version, self.vrid, self.source = version, vrid, source
        self.addresses, self.priority = list(addresses), priority
        self.interval_ms = interval_ms
        self.family = 6 if ":" in source else 4
        self.destination = GROUP[self.family]
        self.mac = None         # of the destination; None: the group's
        self.type, self.ttl, self.reserved = 1, 255, 0
        self.count = None       # None: as many as there are addresses
        self.auth_type, self.auth_data = 0, bytes(8)
        self.tail = b""         # behind the message, inside the IP length
        self.padding = b""      # behind the packet
        self.options = b""      # of the IPv4 header
        self.fragment = 0       # flags and offset of the IPv4 header
        self.cut = None         # bytes of the message that are sent
        self.sum_mode = None    # "message": RFC 9568; "bad"
        self.header_sum = 0     # 0: right; else it is added

    def but(self, **changes):
        """A copy with other fields."""
        other = copy.copy(self)
        for name, value in changes.items():
            assert hasattr(other, name), name
            setattr(other, name, value)
        return other

    def _pseudo(self, size):
        if self.family == 6:
            return (packed(self.source) + packed(self.destination) +
                    struct.pack("!II", size, 112))
        return (packed(self.source) + packed(self.destination) +
                struct.pack("!HH", 112, size))

    def message(self):
        count = len(self.addresses) if self.count is None else self.count
        if self.version == 2:
            words = struct.pack("!BB", self.auth_type,
                                self.interval_ms // 1000)
        else:
            words = struct.pack("!H", self.reserved << 12 |
                                self.interval_ms // 10)
        made = bytearray(struct.pack(
            "!BBBB", self.version << 4 | self.type, self.vrid, self.priority,
            count & 0xff) + words + bytes(2))
        for address in self.addresses:
            made += packed(address)
        if self.version == 2:
            made += self.auth_data
        # IPv6: the kernel sums all that is there
        summed = made + self.tail if self.family == 6 else made
        pseudo = b"" if self.family == 4 and (
            self.version == 2 or self.sum_mode == "message") else \
            self._pseudo(len(summed))
        total = checksum(pseudo + summed)
        made[6:8] = struct.pack("!H", total ^ (self.sum_mode == "bad"))
        return bytes((made + self.tail)[:self.cut])

    def frame(self):
        message = self.message()
        if self.family == 6:
            header = struct.pack("!IHBB", 6 << 28, len(message), 112,
                                 self.ttl) + packed(self.source) + \
                packed(self.destination)
        else:
            words = 5 + len(self.options) // 4
            header = bytearray(struct.pack(
                "!BBHHHBBH4s4s", 0x40 | words, 0xc0,
                4 * words + len(message), 1, self.fragment, self.ttl, 112, 0,
                packed(self.source), packed(self.destination))) + self.options
            header[10:12] = struct.pack(
                "!H", checksum(header) ^ self.header_sum)
        mac = self.mac or bytes.fromhex(GROUP_MAC[self.family])
        return (mac + bytes.fromhex("0200000000aa") +
                struct.pack("!H", ETHERTYPE[self.family]) + bytes(header) +
                message + self.padding)


# Sends what it is told on stdin, a line of JSON each: {"turns": [[hex, ...],
# ...], "rounds": N, "pause_s": S}: a list of frames, a pause, the next list;
# "done" on stdout after each line.
SENDER = """
import json, socket, sys, time
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind((sys.argv[1], 0))
for line in sys.stdin:
    order = json.loads(line)
    for turn in order["turns"] * order["rounds"]:
        for frame in turn:
            wire.send(bytes.fromhex(frame))
        time.sleep(order["pause_s"])
    print("done", flush=True)
"""


def signed(advert, key, key_id, sequence):
    """keepalived 2.4's trailer behind it, written down from its packets and
    not from our own signer."""
    plain = bytearray(advert.but(tail=b"").message())
    plain[6:8] = bytes(2)
    head = struct.pack("!BBHQ", 1, key_id, 0, sequence)
    pseudo = bytes([advert.family, advert.version, advert.vrid, 0]) + packed(
        advert.source)
    mac = hmac.new(key, pseudo.ljust(20, b"\0") + plain + head + bytes(16),
                   "sha256").digest()
    return advert.but(tail=head + mac[:16])


def sequence_of(seconds):
    """Seconds, 1/65536 s, a counter."""
    return int(seconds * 65536) << 16
