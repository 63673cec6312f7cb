#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# keepalived 2.2.7-1+b2 (Debian 12), a track_file with "weight 0", whose number other than
#   0 puts the instance into FAULT: the file is not there at the start; it is removed,
#   says "down" or is empty after it said 1. And the same track_file without "weight".
# Guess: what is not there or is no number is not good: FAULT, or a line in the log at
#   least. And who gives no weight wants no weight, as with a track_script.
# Seen: all of it is 0, good: an instance in FAULT becomes MASTER when its file is removed,
#   cut or filled with words, and the log calls that "leaving FAULT state". "keepalived
#   -t" has nothing to say of a path that is not there, or misspelt. And without "weight"
#   it is 1: the file's 1 makes priority 101 of 100, and no FAULT.
# Why it matters here: a folder that is not mounted, or a writer that says words, and the
#   check is none. With "file" of "track" such a node is unfit until the file says 0
#   (src/runner/files.c), and twinbeat import tells both (src/cli/import/write_track.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download keepalived=1:2.2.7-1+b2
dpkg-deb -x keepalived_*.deb root
cat >inside.sh <<'IN'
mount -t tmpfs -o mode=755 none /run
ip link add eth0 type veth peer name eth1
ip address add 192.0.2.1/24 dev eth0
ip link set eth1 up && ip link set eth0 up
start() {
	cat >lb.conf <<CONF
track_file switch {
  file "/run/switch"
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 55
  priority 100
  version 3
  advert_int 0.1
  track_file {
    switch $1
  }
  virtual_ipaddress {
    192.0.2.100/32
  }
}
CONF
	result=0
	root/usr/sbin/keepalived -t -f lb.conf >told 2>&1 || result=$?
	echo "test: exit $result, $(wc -l <told) lines"
	: >log
	root/usr/sbin/keepalived -n -l -D -P -f lb.conf -p k.pid -r v.pid >>log 2>&1 &
	daemon=$!
	until grep -q 'Entering MASTER' log; do sleep 0.1; done
}
say() {
	sleep 1.5
	echo "$1:" $(grep -oE 'Entering [A-Z]+ STATE|tracked file.*' log | tail -n 1)
	: >log
}
stop() {
	kill $daemon
	wait $daemon
}
start 'weight 0'
say absent
for words in 'rm /run/switch' 'echo down >/run/switch' ': >/run/switch'; do
	echo 1 >/run/switch
	say 'echo 1 >/run/switch'
	eval "$words"
	say "$words"
done
stop
rm /run/switch
echo 'without weight'
start ''
say absent
echo 1 >/run/switch
say 'echo 1 >/run/switch'
stop
IN
timeout 90 unshare -n -m --propagation private sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
test: exit 0, 0 lines
absent: Entering MASTER STATE
echo 1 >/run/switch: Entering FAULT STATE
rm /run/switch: Entering MASTER STATE
echo 1 >/run/switch: Entering FAULT STATE
echo down >/run/switch: Entering MASTER STATE
echo 1 >/run/switch: Entering FAULT STATE
: >/run/switch: Entering MASTER STATE
without weight
test: exit 0, 0 lines
absent: Entering MASTER STATE
echo 1 >/run/switch:
SEEN
diff wanted out
