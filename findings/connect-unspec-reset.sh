#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Linux (seen on 6.18), connect() with AF_UNSPEC on a connected TCP socket; asked by
#   python3.11 3.11.2-6+deb12u8 (Debian 12), over loopback.
# Guess: it dissolves the association as close() ends a connection: with SO_LINGER
#   off the peer reads QUIT and then the end (FIN), and the socket has no error.
# Seen: the peer gets a reset whatever SO_LINGER says, with all data read on both
#   sides; connect() returns 0, and SO_ERROR is ECONNRESET, though nobody has reset
#   this end. The next connect() forgets it. close() keeps to the guess.
# Why it matters here: a checker that uses its sockets again resets each server that
#   it asked, and must not take SO_ERROR for the server's word (src/checker/socket.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in python3.11-minimal libpython3.11-minimal libpython3.11-stdlib; do
	apt-get -qq download "$package=3.11.2-6+deb12u8"
done
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >ask.py <<'PY'
import ctypes, errno, os, socket, struct

libc = ctypes.CDLL(None, use_errno=True)
server = socket.create_server(("127.0.0.1", 0))


def dissolve(client):
    """connect() with AF_UNSPEC, which socket.connect() cannot say."""
    none = struct.pack("H14x", socket.AF_UNSPEC)
    if libc.connect(client.fileno(), none, len(none)):
        raise OSError(ctypes.get_errno(), "AF_UNSPEC")


def error(client):
    code = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return errno.errorcode.get(code, "none")


def end(peer):
    try:
        return "more data" if peer.recv(16) else "FIN"
    except ConnectionResetError:
        return "reset"


def talk(linger):
    client = socket.socket()
    client.settimeout(10)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", *linger))
    client.connect(server.getsockname())
    peer = server.accept()[0]
    peer.settimeout(10)
    client.sendall(b"QUIT\r\n")
    assert peer.recv(16) == b"QUIT\r\n"
    peer.sendall(b"221\r\n")
    assert client.recv(16) == b"221\r\n"
    return client, peer


print("Linux", os.uname().release)
for name, linger in (("off", (0, 0)), ("5 s", (1, 5)), ("0 s", (1, 0))):
    client, peer = talk(linger)
    client.close()
    print("SO_LINGER %s, close: peer: %s" % (name, end(peer)))
    client, peer = talk(linger)
    dissolve(client)
    print("SO_LINGER %s, AF_UNSPEC: peer: %s, SO_ERROR: %s" %
          (name, end(peer), error(client)))
    client, peer = talk(linger)
    dissolve(client)
    client.connect(server.getsockname())
    print("SO_LINGER %s, AF_UNSPEC, connect: SO_ERROR: %s" %
          (name, error(client)))
    server.accept()[0].close()
PY
unshare -n sh -c 'ip link set lo up && PYTHONHOME=$1/usr exec "$1/usr/bin/python3.11" ask.py' \
	sh "$dir/root" >out 2>&1 || true
cat out
for linger in off '5 s' '0 s'; do
	closed=FIN
	[ "$linger" != '0 s' ] || closed=reset
	grep -qx "SO_LINGER $linger, close: peer: $closed" out
	grep -qx "SO_LINGER $linger, AF_UNSPEC: peer: reset, SO_ERROR: ECONNRESET" out
	grep -qx "SO_LINGER $linger, AF_UNSPEC, connect: SO_ERROR: none" out
done
