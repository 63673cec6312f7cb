#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# haproxy 2.6.12-1+deb12u4 (Debian 12), the words of a server's agent-check.
# Guess: "ready" says that the server may serve, so it takes back "down" and
#   "maint"; "up" does as well, it is the opposite of "down". An answer ends with
#   the connection, as in most protocols of one line, so "down" without a line end
#   is "down".
# Seen: two switches that know nothing of each other. "ready" takes back "maint" and
#   "drain" and leaves "down"; "up" takes back "down" and leaves "maint". "down"
#   without a line end is no word at all, and the server goes on serving
#   ("no check" is what a server is called that nothing else asks).
# Why it matters here: twinbeat-checker asks the same agents, whose answers were
#   written for HAProxy. It keeps the two switches apart, too (server_take_agent()
#   in src/director/server.c); a "down" that ends with the connection counts with it.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download haproxy=2.6.12-1+deb12u4 libopentracing-c-wrapper0=1.1.3-3+b1 \
	libopentracing1=1.6.0-4 liblua5.3-0=5.3.6-2
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >haproxy.cfg <<CONF
global
  stats socket unix@$dir/control
defaults
  mode tcp
  timeout connect 1s
  timeout client 5s
  timeout server 5s
backend web
  server web1 127.0.0.1:9001 agent-check agent-port 9101 agent-inter 500
CONF
cat >agent.py <<'PY'
import socket, threading, time
agent = socket.create_server(("127.0.0.1", 9101))
says, asked = b"", threading.Semaphore(0)


def serve():
    while True:
        with agent.accept()[0] as asker:
            try:
                asker.sendall(says)
            except OSError:
                continue
        asked.release()


def status():
    with socket.socket(socket.AF_UNIX) as control:
        control.connect("control")
        control.sendall(b"show stat\n")
        text = b"".join(iter(lambda: control.recv(4096), b"")).decode()
    head, *rows = [row.split(",") for row in text.splitlines() if row]
    return next(row for row in rows if row[1] == "web1")[head.index("status")]


threading.Thread(target=serve, daemon=True).start()
for says in (b"up\n", b"down", b"down\n", b"ready\n", b"up\n", b"maint\n",
             b"up\n", b"ready\n", b"drain\n", b"up\n", b"ready\n"):
    while asked.acquire(blocking=False):
        pass
    for _ in range(3):  # the first may still be an answer of before
        assert asked.acquire(timeout=20)
    time.sleep(0.5)
    print("%r: %s" % (says.decode(), status()), flush=True)
PY
cat >inside.sh <<'IN'
ip link set lo up
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
root/usr/sbin/haproxy -f haproxy.cfg -db >log 2>&1 &
haproxy=$!
until [ -S control ]; do sleep 0.1; done
python3 agent.py
kill $haproxy
wait
IN
timeout 60 unshare -n sh inside.sh >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
'up\n': no check
'down': no check
'down\n': DOWN (agent)
'ready\n': DOWN (agent)
'up\n': no check
'maint\n': MAINT
'up\n': MAINT
'ready\n': no check
'drain\n': DRAIN (agent)
'up\n': DRAIN (agent)
'ready\n': no check
SEEN
diff wanted out
