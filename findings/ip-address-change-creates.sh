#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# iproute2 6.1.0-3 on Linux (seen on 6.18).
# Guess: "ip address change" (NLM_F_REPLACE without NLM_F_CREATE, as rtnetlink(7)
#   tells the flags apart) of an address that is not there fails, ENOENT.
# Seen: it succeeds and creates the address, IPv4 and IPv6. A daemon that renews
#   an address's lifetime that way puts back what was removed a moment before.
# Why it matters here: a renewal must never create (src/keeper).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download iproute2=6.1.0-3
dpkg-deb -x iproute2_*.deb root
cat >inside.sh <<'IN'
ip=$1
$ip link add v0 type veth peer name v1 && $ip link set v0 up
$ip address change 192.0.2.7/32 dev v0 valid_lft 60 preferred_lft 60
echo "IPv4: exit $?"
$ip -4 -o address show dev v0 | grep -c 192.0.2.7
$ip -6 address change 2001:db8::7/128 dev v0 valid_lft 60 preferred_lft 60
echo "IPv6: exit $?"
$ip -6 -o address show dev v0 | grep -c 2001:db8::7
IN
unshare -nm sh inside.sh "$dir/root/bin/ip" >out 2>&1 || true
cat out
grep -qx 'IPv4: exit 0' out && grep -qx 'IPv6: exit 0' out &&
	[ "$(grep -cx 1 out)" = 2 ]
