#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# IPaddr2 of resource-agents 1:4.12.0-2 (Debian 12), the agent with which Pacemaker
#   holds an address, run by hand, with "nic" and "cidr_netmask" given or not.
# Guess: with the interface down, "stop" removes the address all the same (the kernel
#   lets one remove it), or fails, so that a cluster fences the node. And "monitor"
#   fails of an interface that has lost its carrier: nobody can reach the address.
# Seen: without a carrier "monitor" is 0 each time. With the interface down it is 7
#   (not running) and "stop" 0, without a word of failure, and the address stays:
#   when the interface is up again, the node answers for what the other one serves.
#   "nic" alone or "cidr_netmask" alone do not help; only with both is it removed.
# Why it matters here: who grows into Pacemaker gives both (README, Growing into
#   Pacemaker). twinbeat's keeper looks whether an address is gone, and on which
#   interface, before anything says so (R10).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download resource-agents=1:4.12.0-2
dpkg-deb -x resource-agents_*.deb root
cat >inside.sh <<'IN'
ip link set lo up
ip link add eth0 type veth peer name far
ip address add 192.0.2.11/24 dev eth0
mkdir state
export HA_RSCTMP=$PWD/state OCF_ROOT=$PWD/root/usr/lib/ocf
export OCF_FUNCTIONS_DIR=$OCF_ROOT/lib/heartbeat
export OCF_RESOURCE_INSTANCE=vip OCF_RESOURCE_TYPE=IPaddr2 OCF_RESKEY_ip=192.0.2.100
agent() {
	result=0
	bash "$OCF_ROOT/resource.d/heartbeat/IPaddr2" "$1" >told 2>&1 || result=$?
	echo "$2: $1: exit $result"
}
for given in none nic cidr_netmask both; do
	unset OCF_RESKEY_nic OCF_RESKEY_cidr_netmask
	case $given in
	nic | both) export OCF_RESKEY_nic=eth0 ;;
	esac
	case $given in
	cidr_netmask | both) export OCF_RESKEY_cidr_netmask=32 ;;
	esac
	ip link set eth0 up && ip link set far up
	until [ "$(cat /sys/class/net/eth0/carrier)" = 1 ]; do sleep 0.1; done
	agent start "$given"
	agent monitor "$given"
	ip link set far down
	until [ "$(cat /sys/class/net/eth0/carrier)" = 0 ]; do sleep 0.1; done
	agent monitor "$given, no carrier"
	ip link set eth0 down
	agent monitor "$given, down"
	agent stop "$given, down"
	ip link set eth0 up
	echo "$given, up again:" $(ip -o -4 address show dev eth0 |
		grep -o '192\.0\.2\.100/[0-9]*')
	ip address flush dev eth0
	ip address add 192.0.2.11/24 dev eth0
done
IN
unshare -nm sh -c 'mount -t sysfs sys /sys && exec timeout 120 sh inside.sh' >out 2>&1 || true
cat out
for given in none nic cidr_netmask both; do
	monitor=7
	[ $given != both ] || monitor=0
	cat <<SEEN
$given: start: exit 0
$given: monitor: exit 0
$given, no carrier: monitor: exit 0
$given, down: monitor: exit $monitor
$given, down: stop: exit 0
SEEN
	case $given in
	both) echo 'both, up again:' ;;
	cidr_netmask) echo 'cidr_netmask, up again: 192.0.2.100/32' ;;
	*) echo "$given, up again: 192.0.2.100/24" ;;
	esac
done >wanted
diff wanted out
