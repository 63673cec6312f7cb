#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# keepalived 2.2.7-1+b2 (Debian 12) beside a signed advert, as keepalived 2.4
#   sends it with auth_hmac: 28 bytes of trailer behind the VRRP message.
# Guess: who does not know a trailer reads the advert that stands in front of it
#   and stands by; the lengths are in the packet, the checksum is right.
# Seen: it drops every one ("packet too long") and becomes MASTER beside a living
#   master of a higher priority. Without the trailer it stands by.
# Why it matters here: adverts for a plain peer are not signed unless the peer's
#   file says so, too (src/settings, nodes[].kind).
set -eu
version=1:2.2.7-1+b2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download "keepalived=$version"
dpkg-deb -x keepalived_*.deb root
cat >standby.conf <<'CONF'
vrrp_instance standby {
  state BACKUP
  interface eth0
  virtual_router_id 55
  priority 50
  version 3
  advert_int 0.2
  virtual_ipaddress { 192.0.2.100/32 }
}
CONF
# A master's adverts, priority 150, until it is killed. The checksum is over the
# message, with the pseudo header, with and without the trailer.
cat >master.py <<'PY'
import socket, struct, sys, time


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


source, group = socket.inet_aton("192.0.2.2"), socket.inet_aton("224.0.0.18")
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("peer0", 0))
trailer = bytes([1, 1, 0, 0]) + bytes(range(24)) if sys.argv[1] == "signed" \
    else b""
advert = bytearray(struct.pack("!BBBBHH", 0x31, 55, 150, 1, 20, 0) +
                   socket.inet_aton("192.0.2.100"))
advert[6:8] = struct.pack("!H", checksum(
    source + group + struct.pack("!HH", 112, len(advert)) + advert))
packet = bytearray(struct.pack(
    "!BBHHHBBH4s4s", 0x45, 0xc0, 20 + len(advert) + len(trailer), 1, 0, 255,
    112, 0, source, group))
packet[10:12] = struct.pack("!H", checksum(bytes(packet)))
while True:
    wire.send(bytes.fromhex("01005e0000120200000000aa0800") + packet +
              advert + trailer)
    time.sleep(0.05)
PY
cat >inside.sh <<'IN'
ip link add eth0 type veth peer name peer0
ip address add 192.0.2.1/24 dev eth0
ip link set lo up && ip link set peer0 up && ip link set eth0 up
python3 master.py plain &
master=$!
"$1" -n -l -D -P -f standby.conf -p k.pid -r v.pid >log 2>&1 &
daemon=$!
until grep -q 'Entering BACKUP STATE' log; do sleep 0.1; done
holds() { ip -4 -o address show dev eth0 | grep -c 192.0.2.100 || true; }
sleep 3
echo "plain adverts for 3 s: holds the address: $(holds)"
kill $master
python3 master.py signed &
master=$!
sleep 3
echo "signed adverts for 3 s: holds the address: $(holds)"
kill $master
python3 master.py plain &
master=$!
sleep 3
echo "plain ones again: holds the address: $(holds)"
grep -m1 -o 'packet too long.*' log || true
kill $master $daemon
wait $daemon || true
IN
unshare -n sh inside.sh "$dir/root/usr/sbin/keepalived" >out 2>&1 || true
cat out
grep -qx 'plain adverts for 3 s: holds the address: 0' out &&
	grep -qx 'signed adverts for 3 s: holds the address: 1' out &&
	grep -qx 'plain ones again: holds the address: 0' out &&
	grep -q '^packet too long' out
