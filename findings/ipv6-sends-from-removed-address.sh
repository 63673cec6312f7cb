#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Linux (seen on 6.18), sockets that were bound to an address, and a connection that
#   came in by it, when that address is removed (iproute2 6.1.0-3, Debian 12).
# Guess: nothing leaves with it any more, IPv4 and IPv6 alike: send() fails, or is
#   in vain, since the machine has that address no more.
# Seen: so of IPv4 (ENETUNREACH; what TCP has to say stays in its queue). Of IPv6 all
#   goes on: a datagram of a socket that is bound leaves, and so does what a
#   connection sends, its repeats as well, with the address that another machine
#   may have by then. Only a new bind() is refused, of both.
# Why it matters here: after a handover clients of an IPv6 address get packets of two
#   machines, and the new owner resets what they answer. No address is on two nodes
#   (R1 is of what answers for it); the manual says how to end such connections in a
#   notify program (twinbeatd(8), CAVEATS).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download iproute2=6.1.0-3
dpkg-deb -x iproute2_*.deb root
cat >send.py <<'PY'
import ctypes, os, socket, subprocess, sys

ip = sys.argv[1]
libc = ctypes.CDLL(None, use_errno=True)
here = os.open("/proc/self/ns/net", os.O_RDONLY)
libc.unshare(0x40000000)  # CLONE_NEWNET: the client's machine
there = os.open("/proc/self/ns/net", os.O_RDONLY)
libc.setns(here, 0)


def run(*words):
    subprocess.run([ip, *words], check=True)


def at_client(make):
    libc.setns(there, 0)
    try:
        return make()
    finally:
        libc.setns(here, 0)


def outcome(action):
    try:
        return action()
    except OSError as error:
        return "timed out" if isinstance(error, TimeoutError) else \
            "refused, %s" % os.strerror(error.errno)


run("link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns",
    "/proc/%d/fd/%d" % (os.getpid(), there))
run("link", "set", "v0", "up")
at_client(lambda: run("link", "set", "v1", "up"))
for name, family, own, client, vip, length in (
        ("IPv4", socket.AF_INET, "192.0.2.11/24", "192.0.2.2/24",
         "192.0.2.100", "32"),
        ("IPv6", socket.AF_INET6, "2001:db8::11/64", "2001:db8::2/64",
         "2001:db8::100", "128")):
    nodad = [] if name == "IPv4" else ["nodad"]
    run("address", "add", own, "dev", "v0", *nodad)
    run("address", "add", vip + "/" + length, "dev", "v0", *nodad)
    at_client(lambda: run("address", "add", client, "dev", "v1", *nodad))
    client = client.split("/")[0]
    hear = at_client(lambda: socket.socket(family, socket.SOCK_DGRAM))
    hear.bind((client, 9))
    hear.settimeout(3)
    tell = socket.socket(family, socket.SOCK_DGRAM)
    tell.bind((vip, 0))
    server = socket.socket(family)
    server.bind((vip, 80))
    server.listen()
    asker = at_client(lambda: socket.socket(family))
    asker.settimeout(3)
    asker.connect((vip, 80))
    served = server.accept()[0]
    served.sendall(b"1")
    assert asker.recv(9) == b"1"
    tell.sendto(b"1", (client, 9))
    assert hear.recvfrom(9)[1][0] == vip
    run("address", "del", vip + "/" + length, "dev", "v0")

    def datagram():
        tell.sendto(b"2", (client, 9))
        return "heard from " + hear.recvfrom(9)[1][0]

    def connection():
        served.sendall(b"2")
        return "heard" if asker.recv(9) == b"2" else "ended"

    def bind():
        socket.socket(family).bind((vip, 81))
        return "bound"

    print("%s datagram: %s" % (name, outcome(datagram)))
    print("%s connection: %s" % (name, outcome(connection)))
    print("%s bind: %s" % (name, outcome(bind)))
PY
timeout 60 unshare -n sh -c 'root/bin/ip link set lo up &&
	exec /usr/bin/python3 send.py root/bin/ip' >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
IPv4 datagram: refused, Network is unreachable
IPv4 connection: timed out
IPv4 bind: refused, Cannot assign requested address
IPv6 datagram: heard from 2001:db8::100
IPv6 connection: heard
IPv6 bind: refused, Cannot assign requested address
SEEN
diff wanted out
