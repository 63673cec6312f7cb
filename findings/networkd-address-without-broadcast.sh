#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# systemd-networkd 252 (systemd 252.39-1~deb12u2, Debian 12), which finds the
# address that it is to configure on the interface already, put there by
# "ip address add 192.0.2.11/24 dev eth0", as people and scripts do.
# Guess: it takes the address as it is, or sets it once more.
# Seen: ip(8) sets no broadcast address, networkd wants one, and the kernel does not
#   change it on an address that exists. networkd sets the address anew with each
#   notice of its own change, about 8,000 times a second, until a counter of 16 bits
#   is full; then "Numerical result out of range", and the interface is "Failed".
#   With "brd +" nothing of this happens.
# Why it matters here: a node whose address was set by hand floods every program
#   that hears rtnetlink for 8 s when networkd starts, and is then left unmanaged.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download systemd=252.39-1~deb12u2 libsystemd-shared=252.39-1~deb12u2
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >inside.sh <<'IN'
mount -t sysfs -o ro none /sys # as in a container: no udev to wait for
mount -t tmpfs none /run
mkdir -p /run/systemd/network
cat >/run/systemd/network/10-eth0.network <<NET
[Match]
Name=eth0
[Network]
Address=192.0.2.11/24
LinkLocalAddressing=no
IPv6AcceptRA=no
NET
ip link add eth0 type veth peer name eth1
ip address add 192.0.2.11/24 $2 dev eth0
ip link set eth1 up
ip link set eth0 up
ip -o -4 monitor address >notices &
monitor=$!
LD_LIBRARY_PATH=$(dirname "$(find "$1" -name 'libsystemd-shared-*.so')") \
	timeout 20 "$1/lib/systemd/systemd-networkd" >log 2>&1 &
networkd=$!
n=0
while [ $n -lt 150 ] && ! grep -q 'eth0: Failed$' log; do
	[ "$2" = "" ] || [ $n -lt 30 ] || break
	sleep 0.1
	n=$((n + 1))
done
kill $networkd $monitor
wait
grep -h 'eth0: Failed' log
echo "${2:-without broadcast}: $(wc -l <notices) notices of one address"
IN
for broadcast in '' 'brd +'; do
	unshare -n -m --propagation private sh inside.sh "$dir/root" "$broadcast" \
		2>/dev/null || true
done >out
cat out
grep -q '^eth0: Failed to configure address: Numerical result out of range$' out &&
	grep -qE '^without broadcast: 6[0-9]{4} notices' out &&
	grep -qE '^brd \+: [0-3] notices' out
