#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# dhclient-script of isc-dhcp-client 4.4.3-P1-2 (Debian 12), called as dhclient calls it
#   when the lease has another address now, and when it has run out; beside the lease,
#   addresses that another program put on the interface.
# Guess: the old address of the lease is removed, it is in the script's environment;
#   no other one, as it is when a lease is renewed unchanged.
# Seen: each IPv4 address of the interface that has no label of its own is removed,
#   without a word, exit 0. One that has a label (eth0:1) stays, and so does IPv6.
# Why it matters here: an owner puts a virtual address back at once (src/keeper), but
#   clients may notice. A "label" keeps it where it is (README, Limits of this version).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download isc-dhcp-client=4.4.3-P1-2
dpkg-deb -x isc-dhcp-client_*.deb root
cat >inside.sh <<'IN'
mount -t tmpfs none /etc # the script writes resolv.conf
ip link add eth0 type veth peer name far
ip link set eth0 up && ip link set far up
script() {
	result=0
	env interface=eth0 old_ip_address=192.0.2.11 old_subnet_mask=255.255.255.0 \
		new_subnet_mask=255.255.255.0 "$@" \
		sh root/sbin/dhclient-script >told 2>&1 || result=$?
	echo "$*: exit $result, $(wc -l <told) lines:" \
		$(ip -o address show dev eth0 scope global |
			grep -oE '(192\.0\.2|2001:db8:)[.:0-9]+/' | tr -d /)
}
for reason in unchanged changed expired; do
	ip address flush dev eth0 scope global
	ip address add 192.0.2.11/24 dev eth0
	ip address add 192.0.2.100/32 dev eth0
	ip address add 192.0.2.101/32 dev eth0 label eth0:1
	ip address add 2001:db8::100/128 dev eth0 nodad
	case $reason in
	unchanged) script reason=RENEW new_ip_address=192.0.2.11 ;;
	changed) script reason=REBIND new_ip_address=192.0.2.12 ;;
	expired) script reason=EXPIRE ;;
	esac
done
IN
timeout 60 unshare -nmu --propagation private sh inside.sh >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
reason=RENEW new_ip_address=192.0.2.11: exit 0, 0 lines: 192.0.2.11 192.0.2.100 192.0.2.101 2001:db8::100
reason=REBIND new_ip_address=192.0.2.12: exit 0, 0 lines: 192.0.2.101 192.0.2.12 2001:db8::100
reason=EXPIRE: exit 0, 0 lines: 192.0.2.101 2001:db8::100
SEEN
diff wanted out
