#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# iproute2 6.1.0-3 on Linux (seen on 6.18), "ip address replace" of an address that
#   the interface has already, with another prefix length.
# Guess: "replace" leaves one address, with the new prefix length; IPv4 and IPv6
#   alike.
# Seen: exit 0 both times, and neither does it. IPv4: the interface has the address
#   twice then, /32 and /24; who removes the one still answers ARP by the other.
#   IPv6: nothing has changed, it is a /128 as before; to remove it as the /64 that
#   "replace" has just accepted fails, and it stays.
# Why it matters here: an address that must go is looked for by its number, in each
#   form and on each interface, and not by what was asked for (R17.1, src/keeper).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download iproute2=6.1.0-3
dpkg-deb -x iproute2_*.deb root
cat >inside.sh <<'IN'
ip=$1
$ip link add v0 type veth peer name v1 && $ip link set v0 up
tell() {
	what=$1
	shift
	result=0
	$ip "$@" 2>/dev/null || result=$?
	echo "$what: exit $result:" $($ip -o address show dev v0 scope global |
		grep -oE '(192\.0\.2\.7|2001:db8::7)/[0-9]+')
}
tell 'IPv4 add' address add 192.0.2.7/32 dev v0
tell 'IPv4 replace' address replace 192.0.2.7/24 dev v0
tell 'IPv4 remove' address del 192.0.2.7/24 dev v0
$ip address flush dev v0
tell 'IPv6 add' address add 2001:db8::7/128 dev v0 nodad
tell 'IPv6 replace' address replace 2001:db8::7/64 dev v0 nodad
tell 'IPv6 remove' address del 2001:db8::7/64 dev v0
IN
unshare -n sh inside.sh "$dir/root/bin/ip" >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
IPv4 add: exit 0: 192.0.2.7/32
IPv4 replace: exit 0: 192.0.2.7/32 192.0.2.7/24
IPv4 remove: exit 0: 192.0.2.7/32
IPv6 add: exit 0: 2001:db8::7/128
IPv6 replace: exit 0: 2001:db8::7/128
IPv6 remove: exit 2: 2001:db8::7/128
SEEN
diff wanted out
