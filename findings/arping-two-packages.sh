#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# arping of iputils-arping 3:20221126-1+deb12u1 and of arping 2.23-1 (both Debian 12),
#   each asked by "-D -q -c 2 -I eth0" for an address that another station has, and for
#   one that nobody has, as a script does before it sets an address; and to announce
#   one ("-U -c 2").
# Guess: two programs of one name and the same options mean the same by them, and only
#   one of the two packages can be installed.
# Seen: the opposite. "-D" (duplicate address detection) of iputils is 1 when the address
#   is taken and 0 when it is free; the other one's "-D" says how answers are shown, so
#   it is 0 when the address is taken and 1 when it is free. "-U" sends the same two
#   requests, and is 0 there and 1 here, since nobody answers an announcement. Both fit
#   on one machine, as /usr/bin/arping and /usr/sbin/arping: root's PATH finds the
#   second, a user's the first.
# Why it matters here: a notify or start script with arping tests and announces by the
#   opposite words on the other node. twinbeat asks and announces itself (src/wire,
#   src/keeper) and starts no arping.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download iputils-arping=3:20221126-1+deb12u1 arping=2.23-1 \
	libnet1=1.1.6+dfsg-3.2
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >inside.sh <<'IN'
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
ip link add eth0 type veth peer name eth1
unshare -n sleep 60 &
other=$!
until ip link set eth1 netns $other 2>/dev/null; do sleep 0.1; done
ip address add 192.0.2.1/24 dev eth0
ip link set eth0 up
nsenter -n -t $other sh -c \
	'ip address add 192.0.2.2/24 dev eth1; ip link set eth1 up'
until ip -o link show dev eth0 | grep -q 'state UP'; do sleep 0.1; done
ask() {
	for program in bin sbin; do
		result=0
		root/usr/$program/arping $2 >/dev/null 2>&1 || result=$?
		echo "$1: /usr/$program/arping: exit $result"
	done
}
ask taken '-D -q -c 2 -I eth0 192.0.2.2'
ask free '-D -q -c 2 -I eth0 192.0.2.9'
ask announced '-U -q -c 2 -I eth0 192.0.2.1'
kill $other
IN
timeout 60 unshare -n sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
taken: /usr/bin/arping: exit 1
taken: /usr/sbin/arping: exit 0
free: /usr/bin/arping: exit 0
free: /usr/sbin/arping: exit 1
announced: /usr/bin/arping: exit 0
announced: /usr/sbin/arping: exit 1
SEEN
diff wanted out
