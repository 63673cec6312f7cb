#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# iproute2 6.1.0-3 on Linux (seen on 6.18), IP_RECVERR set.
# Guess: a packet that the interface's queueing discipline drops makes send()
#   fail with ENOBUFS, as a full queue does once IP_RECVERR is set.
# Seen: with the "blackhole" discipline send() succeeds each time, and nothing
#   leaves. A daemon that counts send errors believes that it is heard.
# Why it matters here: an owner's adverts are looked for on their way out, too.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download iproute2=6.1.0-3
dpkg-deb -x iproute2_*.deb root
cat >inside.sh <<'IN'
bin=$1
$bin/bin/ip link add a0 type veth peer name b0
$bin/bin/ip address add 192.0.2.1/24 dev a0
$bin/bin/ip link set a0 up && $bin/bin/ip link set b0 up
$bin/sbin/tc qdisc add dev a0 root blackhole
python3 - <<'PY'
import socket
before = int(open("/sys/class/net/a0/statistics/tx_packets").read())
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
failed = 0
for _ in range(10):
    try:
        s.sendto(b"x", ("192.0.2.255", 9))
    except OSError:
        failed += 1
after = int(open("/sys/class/net/a0/statistics/tx_packets").read())
print("10 sends, %d failed, %d left" % (failed, after - before))
PY
IN
unshare -nm sh -c 'mount -t sysfs sys /sys 2>/dev/null; exec sh inside.sh "$1"' sh "$dir/root" >out 2>&1 || true
cat out
grep -qx '10 sends, 0 failed, 0 left' out
