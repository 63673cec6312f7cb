# SPDX-License-Identifier: GPL-3.0-or-later
"""What an outsider sees of a pair, as JSON lines on stdout.

    oracle.py watch          stdin: "LABEL NETNS_PATH" for each new life of a node.
                             Each address that the kernel adds or removes there,
                             with interface and protocol (IFA_PROTO).
    oracle.py ask MS IP...   asks by ARP and NDP on eth0 who has each address: a
                             line for each new answer, silence, and two answers.
"""
import ctypes
import json
import os
import select
import socket
import struct
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
NEWADDR, DELADDR = 20, 21
GROUPS = 0x10 | 0x100   # RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR
LOCAL, ADDRESS, PROTO = 2, 1, 11
RCVBUFFORCE = 33


def now_us():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def tell(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def open_there(path):
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(path, os.O_RDONLY)
    libc.setns(there, CLONE_NEWNET)
    wire = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    wire.setsockopt(socket.SOL_SOCKET, RCVBUFFORCE, 16 << 20)
    wire.bind((0, GROUPS))
    wire.setblocking(False)
    libc.setns(home, CLONE_NEWNET)
    os.close(home)
    os.close(there)
    return wire


def addresses_of(news):
    """(what, ip, interface, protocol) of each notice."""
    at = 0
    while at + 16 <= len(news):
        size, kind = struct.unpack_from("=IH", news, at)
        if kind in (NEWADDR, DELADDR):
            family, prefix, _, _, index = struct.unpack_from("=BBBBI", news, at + 16)
            found, spot = {}, at + 24
            while spot + 4 <= at + size:
                length, which = struct.unpack_from("=HH", news, spot)
                found[which] = news[spot + 4:spot + length]
                spot += (length + 3) & ~3
            ip = found.get(LOCAL) or found.get(ADDRESS)
            if ip:
                yield ("add" if kind == NEWADDR else "del",
                       socket.inet_ntop(family, ip), "%d/%d" % (index, prefix),
                       found.get(PROTO, b"\0")[0])
        at += max((size + 3) & ~3, 16)


def drain(label, wire, at):
    any_ = False
    while True:
        try:
            news = wire.recv(65536)
        except BlockingIOError:
            return any_
        except OSError:
            tell(at_us=at, event="overrun", node=label, ip="")
            continue
        any_ = True
        for what, ip, index, proto in addresses_of(news):
            tell(at_us=at, event=what, node=label, ip=ip, index=index,
                 proto=proto)


def watch():
    wires = {}
    poll = select.poll()
    poll.register(0, select.POLLIN)
    while True:
        poll.poll()
        at, more = now_us(), True
        # What comes while another is read may be older than what that one
        # says: until a whole turn finds nothing, all of it has one time.
        while more:
            more = False
            for label, wire in wires.items():
                more = drain(label, wire, at) or more
        if select.select([0], [], [], 0)[0]:
            line = sys.stdin.readline()
            if not line:
                return
            label, path = line.split()
            if label in wires:
                poll.unregister(wires[label])
                wires.pop(label).close()
            wires[label] = open_there(path)
            poll.register(wires[label], select.POLLIN)
            tell(at_us=now_us(), event="ready", node=label, ip="")


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def questions(mac, ips):
    own6 = None
    for line in open("/proc/net/if_inet6", encoding="ascii"):
        words = line.split()
        if words[5] == "eth0" and words[0].startswith("fe80"):
            own6 = bytes.fromhex(words[0])
    frames = []
    for ip in ips:
        if ":" in ip:
            target = socket.inet_pton(socket.AF_INET6, ip)
            group = bytes.fromhex("ff0200000000000000000001ff") + target[-3:]
            icmp = b"\x87\0\0\0" + bytes(4) + target + b"\1\1" + mac
            pseudo = own6 + group + struct.pack("!II", len(icmp), 58)
            icmp = icmp[:2] + struct.pack("!H", checksum(pseudo + icmp)) + icmp[4:]
            frames.append(b"\x33\x33\xff" + target[-3:] + mac + b"\x86\xdd" +
                          struct.pack("!IHBB", 6 << 28, len(icmp), 58, 255) +
                          own6 + group + icmp)
        else:
            frames.append(b"\xff" * 6 + mac + struct.pack(
                "!HHHBBH", 0x806, 1, 0x800, 6, 4, 1) + mac +
                socket.inet_aton("10.99.0.10") + bytes(6) + socket.inet_aton(ip))
    return frames


def answer_of(frame):
    """(ip, MAC) that an ARP or NDP answer speaks of."""
    if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2":
        return socket.inet_ntoa(frame[28:32]), frame[22:28].hex(":")
    if frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136:
        return socket.inet_ntop(socket.AF_INET6, frame[62:78]), \
            frame[6:12].hex(":")
    return None


def ask(pause_s, ips):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.setsockopt(socket.SOL_SOCKET, RCVBUFFORCE, 8 << 20)
    wire.bind(("eth0", 0))
    wire.setblocking(False)
    mac = wire.getsockname()[4]
    frames = questions(mac, ips)
    last = {ip: (now_us(), None) for ip in ips}  # when, who
    doubles = dict.fromkeys(ips, 0)
    silent = set()
    tell(at_us=now_us(), event="asking")
    while True:
        for frame in frames:
            try:
                wire.send(frame)
            except OSError:
                pass
        time.sleep(pause_s)
        at, round_ = now_us(), {}
        while True:
            try:
                frame = wire.recv(200)
            except OSError:
                break
            said = answer_of(frame)
            if said and said[0] in last and frame[6:12] != mac:
                round_.setdefault(said[0], []).append(said[1])
        for ip, macs in round_.items():
            was_us, was = last[ip]
            if ip in silent or macs[-1] != was:
                silent.discard(ip)
                tell(at_us=at, event="by", ip=ip, mac=macs[-1], before=was,
                     silence_ms=(at - was_us) // 1000)
            last[ip] = at, macs[-1]
            # byte 5 of a MAC is the node; an old and a new one may meet twice
            both = len({mac_[12:14] for mac_ in macs}) > 1
            doubles[ip] = doubles[ip] + 1 if both else 0
            if doubles[ip] == 3:
                tell(at_us=at, event="two", ip=ip, macs=sorted(set(macs)))
        for ip, (was_us, who) in last.items():
            if ip not in silent and at - was_us > 200000:
                silent.add(ip)
                tell(at_us=was_us, event="silent", ip=ip, before=who)


if __name__ == "__main__":
    if sys.argv[1] == "watch":
        watch()
    else:
        ask(int(sys.argv[2]) / 1000, sys.argv[3:])
