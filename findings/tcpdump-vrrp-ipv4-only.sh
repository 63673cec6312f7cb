#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# tcpdump 4.99.3-1 with libpcap 1.10.3-1 (Debian 12), a capture with an advert of
#   VRRP version 3 over IPv4 and one over IPv6 (packets of its own making).
# Guess: the filter "vrrp" takes both, as "proto 112" and as tshark's "vrrp" do, and
#   as "icmp", which is IPv4 alone, has its "icmp6" beside it.
# Seen: "vrrp" is IPv4 alone, and there is no "vrrp6"; "proto 112" and "ip6 proto
#   112" take the other, and tcpdump prints it well. Over a tagged VLAN neither
#   shows anything, as usual, but for "vlan and proto 112".
# Why it matters here: who listens for the adverts of an IPv6 instance with the
#   obvious word sees none, and takes a pair that works for one that is silent. README
#   (The firewall) names the filter that shows both.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download tcpdump=4.99.3-1 libpcap0.8=1.10.3-1
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >capture.py <<'PY'
import struct
V4 = ("01005e000012" "020000000001" "0800"
      "45c00020000000 00ff70" "5a65" "c000020b" "e0000012"
      "3137640100 64" "0000" "c0000264").replace(" ", "")
V6 = ("333300000012" "020000000001" "86dd" "6c000000 0028 70 ff"
      "fe800000000000000000000000000001" "ff020000000000000000000000000012"
      "3138640200640000" "fe800000000000000000000000000055"
      "20010db8000000000000000000000100").replace(" ", "")
TAG = "81000064"
with open("adverts.pcap", "wb") as f:
    # link type 1: Ethernet
    f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for text in (V4, V6, V4[:24] + TAG + V4[24:], V6[:24] + TAG + V6[24:]):
        packet = bytes.fromhex(text)
        f.write(struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet)
PY
python3 capture.py
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
show()
{
	result=0
	root/usr/bin/tcpdump -nr adverts.pcap "$@" >told 2>err || result=$?
	echo "$*: exit $result:" $(grep -oE 'vrid [0-9]+' told)
}
{
	show vrrp
	show vrrp6
	show proto 112
	show ip6 proto 112
	show vlan and vrrp
	show vlan and proto 112
} >out
cat out
cat >wanted <<'SEEN'
vrrp: exit 0: vrid 55
vrrp6: exit 1:
proto 112: exit 0: vrid 55 vrid 56
ip6 proto 112: exit 0: vrid 56
vlan and vrrp: exit 0: vrid 55
vlan and proto 112: exit 0: vrid 55 vrid 56
SEEN
diff wanted out
