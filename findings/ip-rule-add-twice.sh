#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# iproute2 6.1.0-3 on Linux (seen on 6.18): "ip rule add from ADDRESS table 77" as a notify
#   script says it each time that its node takes the address, "ip rule del" as it says it
#   when it lets go, and the same with a priority.
# Guess: who adds what is there is told so, "File exists", as of an address or a route,
#   and to remove it removes it; so a script that runs twice does no harm.
# Seen: with a priority it is so. Without one the kernel finds a new priority first, so
#   the rule is another one each time, exit 0; "del" removes one of them, exit 0, and the
#   rest stays. The newest comes first in the order.
# Why it matters here: after a start, a reload or a second MASTER rules are left that send
#   by the address's table what the other node serves. "rules" of an instance have a
#   priority always, and the keeper removes what an earlier run left
#   (src/keeper/netlink_route.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download iproute2=6.1.0-3
dpkg-deb -x iproute2_*.deb root
cat >inside.sh <<'IN'
ip=$1
tell() {
	what=$1
	shift
	result=0
	$ip "$@" 2>/dev/null || result=$?
	echo "$what: exit $result:" $($ip $family rule | grep -oE '^[0-9]+:.*77' |
		sed 's/:.*//')
}
for family in -4 -6; do
	case $family in
	-4) address=192.0.2.7 ;;
	-6) address=2001:db8::7 ;;
	esac
	tell "$family add" $family rule add from $address table 77
	tell "$family again" $family rule add from $address table 77
	tell "$family third" $family rule add from $address table 77
	tell "$family del" $family rule del from $address table 77
	$ip $family rule flush
	$ip $family rule add priority 32766 table main
	tell "$family priority" $family rule add from $address table 77 priority 100
	tell "$family again" $family rule add from $address table 77 priority 100
	tell "$family del" $family rule del from $address table 77 priority 100
done
IN
unshare -n sh inside.sh "$dir/root/bin/ip" >out 2>&1 || true
cat out
for family in -4 -6; do
	cat <<SEEN
$family add: exit 0: 32765
$family again: exit 0: 32764 32765
$family third: exit 0: 32763 32764 32765
$family del: exit 0: 32764 32765
$family priority: exit 0: 100
$family again: exit 2: 100
$family del: exit 0:
SEEN
done >wanted
diff wanted out
