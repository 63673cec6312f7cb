#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# keepalived 2.2.7-1+b2 (Debian 12), unicast_peer, unicast_ttl not set.
# Guess: adverts leave with 255, as VRRP demands (RFC 9568 5.1.1.3, 5.1.2.3) and
#   as keepalived itself sends over IPv4 in the same mode.
# Seen: over IPv4 255; over IPv6 the host's default hop limit, 64. A receiver that
#   checks it drops them all, and both are masters.
# Why it matters here: a peer of kind "vrrp" with unicast over IPv6 needs
#   unicast_ttl 255 in its file (src/settings/twinbeat.conf.5).
set -eu
dir=$(mktemp -d)
peer=finding$$
trap 'rm -rf "$dir"; ip netns del $peer 2>/dev/null || true' EXIT
cd "$dir"
apt-get -qq download keepalived=1:2.2.7-1+b2
dpkg-deb -x keepalived_*.deb root
cat >both.conf <<'CONF'
vrrp_instance four {
  state BACKUP
  interface eth0
  virtual_router_id 4
  version 3
  advert_int 0.2
  unicast_src_ip 192.0.2.1
  unicast_peer { 192.0.2.2 }
  virtual_ipaddress { 192.0.2.100/32 }
}
vrrp_instance six {
  state BACKUP
  interface eth0
  virtual_router_id 6
  version 3
  advert_int 0.2
  unicast_src_ip 2001:db8::1
  unicast_peer { 2001:db8::2 }
  virtual_ipaddress { fe80::55/128
2001:db8::100/128 }
}
CONF
cat >hear.py <<'PY'
import socket, time
wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
wire.bind(("eth0", 3))
wire.settimeout(1)
seen, end = {}, time.monotonic() + 20
while len(seen) < 2 and time.monotonic() < end:
    try:
        packet = wire.recv(2048)
    except TimeoutError:
        continue
    if packet[0] >> 4 == 4 and packet[9] == 112:
        seen["IPv4"] = packet[8]
    elif packet[0] >> 4 == 6 and packet[6] == 112:
        seen["IPv6"] = packet[7]
for family in sorted(seen):
    print("%s unicast: %d" % (family, seen[family]))
PY
cat >inside.sh <<'IN'
ip netns add "$2" # the peer's machine, which only takes what comes
ip link add eth0 type veth peer name eth0 netns "$2"
ip address add 192.0.2.1/24 dev eth0
ip address add 2001:db8::1/64 dev eth0 nodad
ip -n "$2" address add 192.0.2.2/24 dev eth0
ip -n "$2" address add 2001:db8::2/64 dev eth0 nodad
ip link set lo up && ip link set eth0 up && ip -n "$2" link set eth0 up
"$1" -n -l -D -P -f both.conf -p k.pid -r v.pid >log 2>&1 &
daemon=$!
ip netns exec "$2" python3 hear.py
kill $daemon
wait $daemon || true
IN
unshare -n sh inside.sh "$dir/root/usr/sbin/keepalived" "$peer" >out 2>&1 ||
	true
cat out
grep -qx 'IPv4 unicast: 255' out && grep -qx 'IPv6 unicast: 64' out
