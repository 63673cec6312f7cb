#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ucarp 1.5.2+git20192404.1a9aaf7-1 (Debian 12), a master that is stopped in an orderly
#   way (SIGTERM), with and without --shutdown (-z).
# Guess: it runs its down script and tells the other one, so that the address moves at
#   once and is on one node.
# Seen: without -z it only ends. The address stays and the kernel goes on answering for
#   it, and the backup, which was told nothing, takes it 3 s later: both have it, until
#   somebody removes it. With -z the down script is run; the backup waits all the same.
# Why it matters here: who compares pairs or moves from one to twinbeat ends the old one
#   and has the address twice. twinbeatd's start removes a virtual address that was
#   left on its own node, and "twinbeat doctor" names a ucarp that runs (R8).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download ucarp=1.5.2+git20192404.1a9aaf7-1
dpkg-deb -x ucarp_*.deb root
cat >up <<'UP'
#!/bin/sh
ip address add 192.0.2.100/32 dev "$1"
UP
cat >down <<'DOWN'
#!/bin/sh
ip address delete 192.0.2.100/32 dev "$1"
DOWN
chmod +x up down
cat >inside.sh <<'IN'
ip link add eth0 type veth peer name eth1
unshare -n sleep 90 &
other=$!
until ip link set eth1 netns $other name eth0 2>/dev/null; do sleep 0.1; done
there="nsenter -n -t $other"
ip address add 192.0.2.1/24 dev eth0
ip link set eth0 up
$there ip address add 192.0.2.2/24 dev eth0
$there ip link set eth0 up
carp="root/usr/sbin/ucarp -i eth0 -v 55 -p pair -a 192.0.2.100 -u $PWD/up -d $PWD/down"
has() { $1 ip -4 -o address show dev eth0 | grep -c '192\.0\.2\.100' || true; }
for option in '' -z; do
	$carp $option -s 192.0.2.1 >log1 2>&1 &
	first=$!
	until [ "$(has '')" = 1 ]; do sleep 0.1; done
	$there $carp -k 100 -s 192.0.2.2 >log2 2>&1 &
	second=$!
	sleep 3
	echo "both run $option: $(has '') and $(has "$there")"
	kill $first
	wait $first || true
	sleep 1
	echo "1 s after the end $option: $(has '') and $(has "$there")"
	sleep 5
	echo "6 s after the end $option: $(has '') and $(has "$there")"
	kill $second
	wait $second || true
	ip address delete 192.0.2.100/32 dev eth0 2>/dev/null || true
	$there ip address delete 192.0.2.100/32 dev eth0 2>/dev/null || true
done
kill $other
IN
timeout 80 unshare -n sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
both run : 1 and 0
1 s after the end : 1 and 0
6 s after the end : 1 and 1
both run -z: 1 and 0
1 s after the end -z: 0 and 0
6 s after the end -z: 0 and 1
SEEN
diff wanted out
