#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VRRP router that signs as keepalived 2.4 does, and that can be told to do it
wrongly. Usage: hmac_peer.py INTERFACE ORDERS HEARD. ORDERS is a file of JSON, read
before each advert: priority (null: silent), key (hex; "": not signed), id,
skew_s, copy (it sends one recorded advert again). What it hears of others goes
to HEARD, a frame a line, in hex."""
import json
import os
import select
import socket
import sys
import time

import forge

INTERVAL_S = 0.3
ADVERT = forge.Advert(3, 55, "10.99.0.11", ["10.99.0.100"],
                      interval_ms=int(1000 * INTERVAL_S))


def make(orders, last):
    advert = ADVERT.but(priority=orders["priority"])
    if orders["key"]:
        now = forge.sequence_of(time.time() + orders["skew_s"])
        last = max(now, last + 1) if not orders["skew_s"] else now
        advert = forge.signed(advert, bytes.fromhex(orders["key"]),
                              orders["id"], last)
    return advert.frame(), last


def main():
    try:    # a router that is late would be taken for dead
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
    except PermissionError:
        pass
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                         socket.htons(0x0800))
    wire.bind((sys.argv[1], 0x0800))
    last, copy, due = 0, None, time.monotonic()
    with open(sys.argv[3], "a", encoding="ascii") as heard:
        while True:
            left = due - time.monotonic()
            if left > 0 and select.select([wire], [], [], left)[0]:
                frame, place = wire.recvfrom(2048)
                if frame[23] == 112 and place[2] != socket.PACKET_OUTGOING:
                    print(frame.hex(), file=heard, flush=True)
                continue
            due = max(due + INTERVAL_S, time.monotonic())
            with open(sys.argv[2], encoding="ascii") as f:
                orders = json.load(f)
            if orders["copy"] and copy:
                wire.send(copy)
            elif orders["priority"] is not None:
                copy, last = make(orders, last)
                wire.send(copy)


main()
