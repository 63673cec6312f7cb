#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# iproute2 6.1.0-3 on Linux (seen on 6.18): routes with "src ADDRESS", in the main
#   table and in one of one's own, when that address is removed.
# Guess: the kernel takes each route away together with its source address, as one
#   sees it in the main table; IPv4 and IPv6 alike.
# Seen: IPv4: only that of the main table goes. In another table it stays, and what
#   is sent by it leaves with the address that the machine has no more. IPv6: both
#   stay and lose their source, so the machine's own address is taken.
# Why it matters here: after a handover such a route sends with the address that the
#   peer serves by then, and no answer comes back. Routes that go with a virtual
#   address belong into the instance's "routes": the keeper removes each of them
#   itself, and does not count on the kernel (src/keeper/route.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download iproute2=6.1.0-3
dpkg-deb -x iproute2_*.deb root
cat >send.py <<'PY'
import socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x800))
wire.bind(("v1", 0x800))
wire.settimeout(10)
asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asker.sendto(b"x", ("198.51.100.1", 9))
print("IPv4 sent from", socket.inet_ntoa(wire.recv(64)[12:16]))
PY
cat >inside.sh <<'IN'
ip=$1
$ip link add v0 type veth peer name v1
$ip address add 192.0.2.11/24 dev v0
$ip -6 address add 2001:db8::11/64 dev v0 nodad
$ip link set v0 up && $ip link set v1 up
$ip address add 192.0.2.100/32 dev v0
$ip -6 address add 2001:db8::100/128 dev v0 nodad
$ip rule add to 198.51.100.0/24 lookup 100
$ip neighbour add 198.51.100.1 lladdr 02:00:00:00:00:01 dev v0
for table in main 100; do
	$ip route add 198.51.100.0/24 dev v0 src 192.0.2.100 table $table
	$ip -6 route add 2001:db8:5::/64 dev v0 src 2001:db8::100 table $table
done
$ip address del 192.0.2.100/32 dev v0
$ip -6 address del 2001:db8::100/128 dev v0
for table in main 100; do
	echo "IPv4 $table:" $($ip route show table $table | grep 198.51.100 |
		grep -o 'src.*')
	echo "IPv6 $table:" $($ip -6 route show table $table |
		grep -o '2001:db8:5::.*' | grep -oE 'dev v0|src.*')
done
python3 send.py
IN
unshare -n sh inside.sh "$dir/root/bin/ip" >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
IPv4 main:
IPv6 main: dev v0
IPv4 100: src 192.0.2.100
IPv6 100: dev v0
IPv4 sent from 192.0.2.100
SEEN
diff wanted out
