# SPDX-License-Identifier: GPL-3.0-or-later
"""watcher.py INTERFACE COUNT: what leaves this network namespace by INTERFACE,
until COUNT addresses were announced by gratuitous ARP, or for 20 s.

One line of JSON: times in ms from the first VRRP advert or announcement on, by
the kernel's own time of each frame. (When an address is added it tells by
netlink, without a time: on a busy machine a reader lags behind a daemon of
real-time priority by more than what is to be measured.)
"""
import json
import select
import socket
import struct
import sys
import time

ETH_P_ALL, ETH_P_IP, ETH_P_ARP, VRRP = 3, 0x0800, 0x0806, 112
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
LIMIT_S = 20


def announced_by(frame):
    """The address that a gratuitous ARP tells of, "" of an advert, or None."""
    kind, = struct.unpack_from("!H", frame, 12)
    if kind == ETH_P_IP and frame[23] == VRRP:
        return ""
    if kind == ETH_P_ARP and frame[28:32] == frame[38:42]:
        return socket.inet_ntoa(frame[28:32])
    return None


def main():
    interface, count = sys.argv[1], int(sys.argv[2])
    # what leaves is seen by a tap of all protocols only
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    for option, value in (SO_TIMESTAMPNS, 1), (SO_RCVBUFFORCE, 64 << 20):
        wire.setsockopt(socket.SOL_SOCKET, option, value)
    wire.bind((interface, ETH_P_ALL))
    print("ready", flush=True)
    seen, end = {}, time.monotonic() + LIMIT_S
    while time.monotonic() < end and len(seen) - ("" in seen) < count:
        if not select.select([wire], [], [], 0.5)[0]:
            continue
        frame, more, _, address = wire.recvmsg(2048, 64)
        what = announced_by(frame)
        if address[2] == socket.PACKET_OUTGOING and what is not None:
            seconds, ns = struct.unpack("qq", more[0][2][:16])
            seen.setdefault(what, seconds + ns / 1e9)
    began = min(seen.values())
    announced = [at for what, at in seen.items() if what]
    print(json.dumps(dict(
        announced=len(announced),
        first_announced_ms=(min(announced) - began) * 1000,
        last_announced_ms=(max(announced) - began) * 1000)), flush=True)


main()
