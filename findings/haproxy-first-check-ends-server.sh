#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# haproxy 2.6.12-1+deb12u4 (Debian 12), two servers with "check inter 1s fall 3 rise 2":
#   one that fails each check from the start, one that works for a while and then fails.
# Guess: three failures in a row take a server out, whenever they come.
# Seen: so of the one that has worked. At the start (and after each reload, which is one)
#   a server is UP, yet one failure is enough: DOWN with a single failed check, and
#   then two good ones are needed to come back.
# Why it matters here: a packet lost in the second of a reload takes a good server out for
#   at least "rise" checks, on each of a farm at once. twinbeat-checker believes its first
#   result, too, since nothing is known before it, and says so (trial_take() in
#   src/director/server.c); who moves from haproxy finds "fall" to mean the same.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download haproxy=2.6.12-1+deb12u4 libopentracing-c-wrapper0=1.1.3-3+b1 \
	libopentracing1=1.6.0-4
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >haproxy.cfg <<CONF
global
  stats socket $dir/admin
defaults
  mode tcp
  timeout connect 1s
  timeout client 5s
  timeout server 5s
listen front
  bind 127.0.0.1:9000
  server never 127.0.0.1:9001 check inter 1s fall 3 rise 2
  server later 127.0.0.1:9002 check inter 1s fall 3 rise 2
CONF
cat >works.py <<'PY'
import socket

server = socket.create_server(("127.0.0.1", 9002))
print("ready", flush=True)
while True:
    server.accept()[0].close()
PY
# "failed checks while it was UP": the counter in the moment of DOWN
cat >watch.py <<'PY'
import csv, io, os, signal, socket, sys, time

seen, ended, until = {}, False, time.monotonic() + 20
while len(seen) < 2 and time.monotonic() < until:
    try:
        admin = socket.socket(socket.AF_UNIX)
        admin.connect("admin")
        admin.sendall(b"show stat\n")
        text = b"".join(iter(lambda: admin.recv(65536), b"")).decode()
    except OSError:
        time.sleep(0.05)
        continue
    for row in csv.DictReader(io.StringIO(text[2:])):
        name = row["svname"]
        if name in ("never", "later") and name not in seen and \
                row["status"] == "DOWN":
            seen[name] = row["chkfail"]
            print(f"{name}: DOWN after {row['chkfail']} failed", flush=True)
        if name == "later" and row["check_status"] == "L4OK" and not ended:
            ended = True
            os.kill(int(sys.argv[1]), signal.SIGTERM)
    time.sleep(0.05)
PY
cat >inside.sh <<'IN'
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
ip link set lo up
mkfifo it
/usr/bin/python3 works.py >it &
works=$!
read -r _ <it
root/usr/sbin/haproxy -db -f haproxy.cfg >log 2>&1 &
haproxy=$!
/usr/bin/python3 watch.py $works
kill $haproxy
wait
IN
timeout 60 unshare -n sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
never: DOWN after 1 failed
later: DOWN after 3 failed
SEEN
diff wanted out
