#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# keepalived 2.2.7-1+b2 (Debian 12), the script of a vrrp_script, which fails, while
#   keepalived runs: it is removed, or loses its "x", or its interpreter goes.
# Guess: it cannot be run, so it goes on failing (a shell would say 127 or 126).
# Seen: it succeeds. An instance that was in FAULT because of this check becomes MASTER
#   in the moment in which its script is removed, and the log says "succeeded" as it does
#   of a good check. A signal and a time-out do count as failures.
# Why it matters here: a package that is upgraded or purged takes its check along, and a
#   node that cannot serve takes the address. In twinbeat what cannot be run has failed
#   (src/runner/script_child.c), so an imported check may make a node unfit that
#   keepalived called good (README, Coming from keepalived).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download keepalived=1:2.2.7-1+b2
dpkg-deb -x keepalived_*.deb root
cat >lb.conf <<'CONF'
global_defs {
  script_user root
}
vrrp_script check {
  script "/run/check"
  interval 1
  fall 1
  rise 1
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 55
  priority 100
  version 3
  advert_int 0.1
  track_script {
    check
  }
  virtual_ipaddress {
    192.0.2.100/32
  }
}
CONF
cat >inside.sh <<'IN'
mount -t tmpfs -o mode=755 none /run
ip link add eth0 type veth peer name eth1
ip address add 192.0.2.1/24 dev eth0
ip link set eth1 up && ip link set eth0 up
write() {
	printf '#!%s\n%s\n' "$1" "$2" >/run/new
	chmod 755 /run/new
	mv /run/new /run/check
}
# each kind from FAULT, for long enough for several runs
try() {
	write /bin/sh 'exit 1'
	until grep -q 'Entering FAULT' log; do sleep 0.1; done
	: >log
	"$@"
	sleep 4
	echo "$*: $(grep -om1 'Entering MASTER' log || echo 'no MASTER')"
	write /bin/sh 'exit 0'
	until grep -q 'Entering MASTER' log; do sleep 0.1; done
	: >log
}
write /bin/sh 'exit 0'
root/usr/sbin/keepalived -n -l -D -P -f lb.conf -p k.pid -r v.pid >>log 2>&1 &
daemon=$!
until grep -q 'Entering MASTER' log; do sleep 0.1; done
: >log
try write /bin/sh 'exit 3'
try write /bin/sh 'kill $$'
try write /bin/sh 'sleep 30'
try rm /run/check
try chmod -x /run/check
try write /nowhere/python 'exit 0'
kill $daemon
wait $daemon || true
IN
timeout 90 unshare -n -m --propagation private sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
write /bin/sh exit 3: no MASTER
write /bin/sh kill $$: no MASTER
write /bin/sh sleep 30: no MASTER
rm /run/check: Entering MASTER
chmod -x /run/check: Entering MASTER
write /nowhere/python exit 0: Entering MASTER
SEEN
diff wanted out
