#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# tshark 4.0.17-0+deb12u3 (Debian 12), VRRP version 3 with the 28 bytes of
#   keepalived 2.4's signature behind the message (packets of its own making).
# Guess: the same for both families: either tshark knows where the message ends
#   (type and count tell), or it does not and says so of both.
# Seen: IPv4 "bad", IPv6 "good", of packets that their maker means to be good:
#   the sender's sum leaves the trailer out over IPv4 and has it in over IPv6,
#   where the kernel writes it; tshark sums the whole payload both times.
# Why it matters here: a capture of signed adverts is no sign of a bad NIC.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for p in tshark wireshark-common libwireshark16 libwiretap13 libwsutil14; do
	apt-get -qq download "$p=4.0.17-0+deb12u3"
done
for deb in *.deb; do dpkg-deb -x "$deb" root; done
cat >capture.py <<'PY'
import struct
PACKETS = (
    "45c0003c00060000ff70186ec000020be0000012313796010032d395c00002640101"
    "00006b0b291daafb00004b6abe0852c8bc24a9be7caade740004",
    "6c05e356004470fffe80000000000000000000fffe000001ff02000000000000"
    "0000000000000012313896020032d149fe800000000000000000000000000064"
    "20010db8000000000000000000000100010700006b0b291dab01000043abb9a9"
    "1f6a7dde9033ad3cfd5e26c2")
with open("two.pcap", "wb") as f:
    # link type 101: raw IP
    f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    for packet in map(bytes.fromhex, PACKETS):
        f.write(struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet)
PY
python3 capture.py
LD_LIBRARY_PATH=$(dirname "$(find root -name 'libwireshark.so.*' | head -1)") \
	HOME=$dir root/usr/bin/tshark -r two.pcap -T fields -e ip.version \
	-e vrrp.checksum.status >out 2>err || cat err
# 1: good, 0: bad
sed 's/^4\t/IPv4: /; s/^6\t/IPv6: /' out | tee told
grep -qx 'IPv4: 0' told && grep -qx 'IPv6: 1' told
