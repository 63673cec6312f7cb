#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ipmitool 1.8.19-4+deb12u2 (Debian 12), -I lanplus, asks a BMC that does not answer (its
#   server has lost mains power); -N is the time-out in seconds, -R the retries.
# Guess: it gives up after N x R seconds, or N x (R + 1); with "-R 0" after the first try.
# Seen: the time grows with the square of R, since each try waits a second longer than
#   the last and all of them are made twice: "-N 1 -R 1" takes 2 s, "-R 2" 6 s and "-R 4"
#   20 s. "-R 0" is taken for "not given": 20 s as well, and 8 packets.
# Why it matters here: whoever gives an IPMI agent or a script three seconds finds it at
#   work still when level 2 could have cut the power. twinbeat's driver does not start
#   ipmitool and ends after "session_ms" (drivers/ipmi); an agent is killed at its own
#   deadline (drivers/agent).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download ipmitool=1.8.19-4+deb12u2 libfreeipmi17=1.6.10-1+b1
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >silent.py <<'PY'
import socket

bmc = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
bmc.bind(("127.0.0.1", 623))
print("ready", flush=True)
while True:
    bmc.recv(1000)
    print("packet", flush=True)
PY
cat >inside.sh <<'IN'
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
ip link set lo up
/usr/bin/python3 silent.py >heard &
bmc=$!
until grep -q ready heard; do sleep 0.1; done
for retries in 1 2 4 0; do
	: >heard
	start=$(date +%s%3N)
	result=0
	root/usr/bin/ipmitool -I lanplus -H 127.0.0.1 -U fence -P secret \
		-N 1 -R $retries chassis power status >/dev/null 2>&1 || result=$?
	took=$(($(date +%s%3N) - start))
	echo "-N 1 -R $retries: exit $result," \
		"$((took / 1000)) s, $(grep -c packet heard) packets"
done
kill $bmc
IN
timeout 120 unshare -n sh inside.sh >out 2>err || true
cat out
# a loaded machine takes a second more
grep -qE '^-N 1 -R 1: exit 1, [23] s, 2 packets' out
grep -qE '^-N 1 -R 2: exit 1, [67] s, 4 packets' out
grep -qE '^-N 1 -R 4: exit 1, 2[0-2] s, 8 packets' out
grep -qE '^-N 1 -R 0: exit 1, 2[0-2] s, 8 packets' out
