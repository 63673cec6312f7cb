#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node of the pair, inside its guest: node.py NAME.

Brings up its network card and its end of the cable (a pty whose bytes go to
the other guest in datagrams), says fifty times a second whether its kernel
takes the VIP as its own (/proc/net/fib_trie, which needs no lock), does what
the runner asks over TCP, and runs the daemon.
"""
import os
import re
import socket
import subprocess
import sys
import threading
import time
import tty

VIP = "10.99.0.100"
HOST = "10.99.0.254"
CABLE, SAMPLES, ORDERS = 9000, 9001, 9002
ADDRESS = {"lb01": "10.99.0.11", "lb02": "10.99.0.12"}
EVERY_S = 0.02
LOCAL = re.compile(r"\|-- %s\n\s+/\d+ \w+ LOCAL" % re.escape(VIP))


def sample(name):
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    while True:
        with open("/proc/net/fib_trie", encoding="ascii") as table:
            at = time.time()
            held = LOCAL.search(table.read()) is not None
        out.sendto(b"%s %.6f %d" % (name.encode(), at, held), (HOST, SAMPLES))
        time.sleep(EVERY_S)


def cable_to_wire(master, wire, peer):
    while True:
        wire.sendto(os.read(master, 4096), (peer, CABLE))


def wire_to_cable(master, wire):
    while True:
        os.write(master, wire.recv(4096))


def serve():
    server = socket.create_server(("", ORDERS))
    while True:
        client, _ = server.accept()
        with client, client.makefile("rw") as words:
            done = subprocess.run(words.readline(), shell=True, text=True,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
            words.write(done.stdout)


def main():
    name = sys.argv[1]
    mine = ADDRESS[name]
    peer = ADDRESS["lb02" if name == "lb01" else "lb01"]
    subprocess.run("ip link set vec0 up; ip address add %s/24 dev vec0" % mine,
                   shell=True, check=True)
    # its own reset would crash in the interrupt: this one ends the guest
    subprocess.run("insmod /usr/lib/uml/modules/$(uname -r)/kernel/drivers/"
                   "watchdog/softdog.ko soft_panic=1", shell=True, check=False)
    if os.fork() == 0:
        sample(name)
    master, slave = os.openpty()
    tty.setraw(slave)
    os.symlink(os.ttyname(slave), "/dev/cable")
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.bind((mine, CABLE))
    for task, args in ((cable_to_wire, (master, wire, peer)),
                       (wire_to_cable, (master, wire)), (serve, ())):
        threading.Thread(target=task, args=args, daemon=True).start()
    with open("/out/build", encoding="utf-8") as text:
        build = text.read()
    with open("/out/%s.log" % name, "w", encoding="utf-8") as log:
        subprocess.run([build + "/twinbeatd", "--foreground", "--node", name,
                        "-c", "/out/twinbeat.conf", "--run-dir", "/run/tb",
                        "--state-dir", "/run/tb-state"],
                       stdout=log, stderr=log, check=False)
    time.sleep(1000)


main()
