#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ifupdown2 3.0.0-1.1 (Debian 12), "ifreload -a" with a file that has not changed, on an
#   interface that has addresses which another program put there.
# Guess: nothing has changed in the file, so nothing is done; if anything, what the file
#   says and the interface lacks is added.
# Seen: each address that the file does not have is removed, IPv4 and IPv6, /32 and /24,
#   with a lifetime or without, without a word, exit 0. IPv4 addresses with a label of
#   their own (eth0:1) and link-local ones of IPv6 stay.
# Why it matters here: an owner puts a virtual address back at once (src/keeper), but
#   clients may notice. A "label" keeps it where it is (README, Limits of this version).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download ifupdown2=3.0.0-1.1
dpkg-deb -x ifupdown2_*.deb root
cat >interfaces <<'CONF'
auto eth0
iface eth0 inet static
  address 192.0.2.11/24
CONF
cat >inside.sh <<'IN'
mount -t tmpfs none /run
mount -t sysfs -o ro none /sys
mkdir -p /run/root/upper /run/root/work /run/network
mount -t overlay -o lowerdir=/etc,upperdir=/run/root/upper,workdir=/run/root/work \
	none /etc
cp -r root/etc/network /etc
cp interfaces /etc/network/interfaces
export PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages
ip link add eth0 type veth peer name eth1
ip link set eth1 up
ifreload() {
	result=0
	/usr/bin/python3 root/usr/share/ifupdown2/ifreload -a >told 2>&1 || result=$?
	[ "$1" = first ] || cat told
	echo "$1: exit $result:" \
		$(ip -o address show dev eth0 | awk '!/fe80::[^5]/{print $4}')
}
ln -s __main__.py root/usr/share/ifupdown2/ifreload
ifreload first
ip address add 192.0.2.100/32 dev eth0
ip address add 192.0.2.101/24 dev eth0
ip address add 192.0.2.102/32 dev eth0 valid_lft 300 preferred_lft 300
ip address add 192.0.2.103/32 dev eth0 label eth0:1
ip address add 192.0.2.104/24 dev eth0 label eth0:2
ip address add 2001:db8::100/128 dev eth0 nodad
ip address add fe80::55/128 dev eth0 nodad
ifreload again
IN
timeout 60 unshare -n -m --propagation private sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
first: exit 0: 192.0.2.11/24
again: exit 0: 192.0.2.11/24 192.0.2.103/32 192.0.2.104/24 fe80::55/128
SEEN
diff wanted out
