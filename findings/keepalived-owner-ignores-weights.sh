#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# keepalived 2.2.7-1+b2 (Debian 12), a track_script with "weight -50" that always fails, on
#   an instance of priority 254 and on one of 255.
# Guess: 204 and 205 in the adverts, so that a peer of 210 takes the address over.
# Seen: 204 and 255. With 255, the address owner's, each weight is ignored, of scripts,
#   files, processes and interfaces; the check is not even run. One line says so at the
#   start, and it starts all the same; "keepalived -t" has exit 5.
# Why it matters here: "the highest priority there is" switches the check off, and a dead
#   service keeps the address. Without a weight the check works (FAULT). twinbeat import
#   says of such a check that it never moved the address
#   (src/cli/import/write_track.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download keepalived=1:2.2.7-1+b2
dpkg-deb -x keepalived_*.deb root
cat >listen.py <<'PY'
import socket
import sys
import time

sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
sock.bind(("eth1", 0))
sock.settimeout(0.2)
end, last = time.monotonic() + 8, None
while time.monotonic() < end:
    try:
        frame = sock.recv(2048)
    except TimeoutError:
        continue
    if frame[23] == 112:
        last = frame[34 + 2]
print(sys.argv[1], "advertised:", last)
PY
cat >inside.sh <<'IN'
ip link add eth0 type veth peer name eth1
ip address add 192.0.2.1/24 dev eth0
ip link set eth1 up && ip link set eth0 up
for way in '254 weight -50' '255 weight -50' '255 weight 0'; do
	set -- $way
	cat >lb.conf <<CONF
global_defs {
  script_user root
  enable_script_security
}
vrrp_script check {
  script "/bin/sh $PWD/check.sh"
  interval 1
  fall 1
  rise 1
  weight $3
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 55
  priority $1
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
	printf 'echo run >>runs\nexit 1\n' >check.sh
	: >runs
	result=0
	root/usr/sbin/keepalived -t -f "$PWD/lb.conf" >told 2>&1 || result=$?
	echo "$way: test: exit $result, $(grep -c 'ignoring tracked script' told) warnings"
	root/usr/sbin/keepalived -n -l -D -P -f "$PWD/lb.conf" -p k.pid -r v.pid >log 2>&1 &
	daemon=$!
	/usr/bin/python3 listen.py "$way:"
	[ -s runs ] && echo "$way: check was run" || echo "$way: check was not run"
	kill $daemon
	wait $daemon
done
IN
timeout 90 unshare -n -m --propagation private sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
254 weight -50: test: exit 0, 0 warnings
254 weight -50: advertised: 204
254 weight -50: check was run
255 weight -50: test: exit 5, 1 warnings
255 weight -50: advertised: 255
255 weight -50: check was not run
255 weight 0: test: exit 0, 0 warnings
255 weight 0: advertised: None
255 weight 0: check was run
SEEN
diff wanted out
