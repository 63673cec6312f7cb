#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# vrrpd of frr 8.4.4-1.1~deb12u2 (Debian 12), the address on a macvlan with the virtual
#   MAC, as FRR wants it, as backup of a master of higher priority (keepalived
#   1:2.2.7-1+b2); a third station asks who has the address. Then the backup's zebra is
#   killed while it is master, and the master returns.
# Guess: a backup does not answer: it has set its macvlan "protodown" for that.
# Seen: it answers, with the MAC of the interface below: the address is one of the machine
#   still, and Linux answers for those on any interface (FRR's issues 16696, 18379). With
#   arp_ignore = 1 it is silent. Without zebra vrrpd goes on, calls itself backup when it
#   hears the master, and sets nothing down: the macvlan answers, too, with the virtual
#   MAC, whatever arp_ignore is.
# Why it matters here: two routers answer for one address, and clients go to whichever was
#   first. A standby of twinbeat has no address that could answer (R1, R17.1). A FRR as
#   the peer (kind = "vrrp") needs arp_ignore = 1 (twinbeat.conf(5)).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download frr=8.4.4-1.1~deb12u2 libyang2=2.1.30-2 libjson-c5=0.16-2 \
	keepalived=1:2.2.7-1+b2
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >frr.conf <<'CONF'
interface eth0
 vrrp 55 version 3
 vrrp 55 priority 100
 vrrp 55 advertisement-interval 100
 vrrp 55 ip 192.0.2.100
CONF
cat >master.conf <<'CONF'
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 55
  priority 150
  version 3
  advert_int 0.1
  virtual_ipaddress {
    192.0.2.100/24
  }
}
CONF
cat >ask.py <<'PY'
import socket, sys, time

names = dict(pair.split("=") for pair in sys.argv[1:])
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
wire.bind(("br0", 0))
wire.settimeout(0.1)
mac, mine, asked = wire.getsockname()[4], bytes((192, 0, 2, 9)), bytes((192, 0, 2, 100))
wire.send(b"\xff" * 6 + mac + bytes.fromhex("0806000108000604 0001") + mac + mine +
          bytes(6) + asked)
heard, until = set(), time.monotonic() + 1
while time.monotonic() < until:
    try:
        frame = wire.recv(100)
    except TimeoutError:
        continue
    if frame[20:22] == b"\0\2" and frame[28:32] == asked and frame[:6] == mac:
        heard.add(frame[22:28].hex(":"))
print(", ".join(sorted(names[mac] for mac in heard)), flush=True)
PY
cat >inside.sh <<'IN'
for lib in root/usr/lib/*-linux-gnu; do
	export LD_LIBRARY_PATH="$PWD/$lib:$PWD/$lib/frr"
done
mount -t tmpfs -o mode=755 none /run
mkdir -p /run/frr
sed '/^frrvty:/d; $a frrvty:x:990:root' /etc/group >/run/group
mount --bind /run/group /etc/group
ip link add br0 type bridge
ip address add 192.0.2.9/24 dev br0
ip link set br0 up
for node in 1 2; do
	unshare -n sleep 120 &
	eval "ns$node=$!"
	ip link add port$node master br0 type veth peer name node$node
	until ip link set node$node netns $! name eth0 2>/dev/null; do sleep 0.1; done
	nsenter -n -t $! ip link set eth0 address 02:00:00:00:00:0$node up
	nsenter -n -t $! ip address add 192.0.2.$node/24 dev eth0
	ip link set port$node up
done
backup="nsenter -n -t $ns2"
$backup ip link add vrrp4-1 link eth0 type macvlan mode bridge
$backup ip link set vrrp4-1 address 00:00:5e:00:01:37 up
$backup ip address add 192.0.2.100/24 dev vrrp4-1
master() {
	nsenter -n -t $ns1 root/usr/sbin/keepalived -n -l -D -P -f master.conf \
		-p /run/k.pid -r /run/v.pid >log 2>&1 &
	master=$!
	until grep -q 'Entering MASTER' log; do sleep 0.1; done
	sleep 2
}
ask() {
	ip neigh flush all
	echo "$1: answered by" $(/usr/bin/python3 ask.py 02:00:00:00:00:01=master \
		02:00:00:00:00:02=backup 00:00:5e:00:01:37=virtual-MAC)
}
ignore() { $backup sysctl -qw net.ipv4.conf.eth0.arp_ignore=$1; }
frr() { $backup "root/usr/lib/frr/$1" -u root -g root -i "/run/$1.pid" -f "$2" -d; }
master
frr zebra /dev/null >/dev/null 2>&1
frr vrrpd frr.conf >/dev/null 2>&1
sleep 3
$backup ip -d link show vrrp4-1 | grep -o 'protodown on'
ask 'arp_ignore 0'
ignore 1
ask 'arp_ignore 1'
kill $master
wait $master || true
sleep 2
ask 'master gone'
kill -9 "$(cat /run/zebra.pid)"
master
ask 'zebra gone, master back'
kill $master "$(cat /run/vrrpd.pid)" $ns1 $ns2
IN
timeout 100 unshare -n -m --propagation private sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
protodown on
arp_ignore 0: answered by backup, master
arp_ignore 1: answered by master
master gone: answered by virtual-MAC
zebra gone, master back: answered by master, virtual-MAC
SEEN
diff wanted out
