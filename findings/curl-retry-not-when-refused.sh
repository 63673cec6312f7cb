#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# curl 7.88.1-10+deb12u15 (Debian 12) with "--retry 3 --retry-delay 1", as a notify script
#   calls a webhook: a port where nobody listens, an address without a route, a name
#   that no name server tells, a server that says 503, and one that does not answer.
# Guess: all five are tried three times more. A server that is being started, and a route
#   that comes back, are what one retries for.
# Seen: it tries again for the name, the 503 and the time-out, and not at all where
#   the connection is refused or there is no route: exit 7 at once. With
#   --retry-connrefused it does for the refused one; without a route it still does
#   not. Only --retry-all-errors means all of them.
# Why it matters here: the moment of a takeover is the one in which routes are missing and
#   servers restart, and the script's alert is gone after one try. twinbeat-notifier
#   keeps a message whatever the network said (src/notifier/queue.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >server.py <<'PY'
import socket

busy = socket.create_server(("127.0.0.1", 8503))
silent = socket.create_server(("127.0.0.1", 8504))
open("ready", "w", encoding="ascii").close()
while True:
    client, _ = busy.accept()
    client.recv(4096)
    client.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n"
                   b"Connection: close\r\n\r\n")
    client.close()
PY
cat >inside.sh <<'IN'
ip link set lo up
ip route add unreachable 198.51.100.1
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
/usr/bin/python3 server.py &
server=$!
until [ -e ready ]; do sleep 0.1; done
try() {
	what=$1
	shift
	result=0
	root/usr/bin/curl --fail --max-time 1 --retry 3 --retry-delay 1 "$@" \
		>/dev/null 2>err || result=$?
	echo "$what: exit $result, tried again $(grep -c 'Will retry' err) times"
}
for how in '' --retry-connrefused --retry-all-errors; do
	try "refused $how" $how http://127.0.0.1:8501/
	try "no route $how" $how http://198.51.100.1:8501/
done
try 'no such name' http://alerts.invalid/
try '503' http://127.0.0.1:8503/
try 'no answer' http://127.0.0.1:8504/
kill $server
wait
IN
timeout 60 unshare -n sh inside.sh >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
refused : exit 7, tried again 0 times
no route : exit 7, tried again 0 times
refused --retry-connrefused: exit 7, tried again 3 times
no route --retry-connrefused: exit 7, tried again 0 times
refused --retry-all-errors: exit 7, tried again 3 times
no route --retry-all-errors: exit 7, tried again 3 times
no such name: exit 6, tried again 3 times
503: exit 22, tried again 3 times
no answer: exit 28, tried again 3 times
SEEN
diff wanted out
