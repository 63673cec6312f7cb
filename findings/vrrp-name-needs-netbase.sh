#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# iptables 1.8.9-2 (both kinds) and nft of nftables 1.0.6-2+deb12u2 (Debian 12), rules that
#   accept VRRP by name, on a machine that has netbase 6.4, and so /etc/protocols, and on
#   one that has not, as small images have not.
# Guess: a packet filter knows the names of IP protocols itself, as it knows "tcp" and
#   "esp", and vrrp, number 112, is one of them.
# Seen: all of them know esp, and nobody vrrp: without the file both kinds of iptables end
#   with 2, "unknown protocol", and "nft -f" with 1, and it takes nothing of its file, not
#   the other rules either. The number 112 works everywhere.
# Why it matters here: a file that "nft list ruleset" wrote on a full machine says "vrrp"
#   (it is 112 no more), and leaves the small one without any rule at its next boot.
#   README (The firewall) says 112 and warns of the name.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download iptables=1.8.9-2 libip4tc2=1.8.9-2 libip6tc2=1.8.9-2 \
	libxtables12=1.8.9-2 nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 \
	libnftnl11=1.2.4-2 netbase=6.4
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >inside.sh <<'IN'
for lib in root/usr/lib/*-linux-gnu; do
	export LD_LIBRARY_PATH="$PWD/$lib" XTABLES_LIBDIR="$PWD/$lib/xtables"
done
mount -t tmpfs none /run # the lock of iptables
[ -e /etc/protocols ] || : >/etc/protocols
try() {
	what=$1
	shift
	result=0
	"$@" >/dev/null 2>&1 || result=$?
	echo "$which: $what: exit $result"
}
for which in 'with netbase' without; do
	case $which in
	without) mount --bind /dev/null /etc/protocols ;;
	*) mount --bind root/etc/protocols /etc/protocols ;;
	esac
	for protocol in esp vrrp 112; do
		try "iptables -p $protocol" root/usr/sbin/iptables-nft -A INPUT -p $protocol \
			-j ACCEPT
		try "iptables-legacy -p $protocol" root/usr/sbin/iptables-legacy -A INPUT \
			-p $protocol -j ACCEPT
		cat >rules <<NFT
table inet filter {
 chain input {
  type filter hook input priority filter; policy accept;
  ct state invalid drop
  meta l4proto $protocol accept
 }
}
NFT
		try "nft $protocol" root/usr/sbin/nft -f rules
		root/usr/sbin/nft list table inet filter 2>/dev/null >listed
		echo "$which: nft $protocol: $(grep -cE 'invalid|l4proto' listed) rules:" \
			$(grep l4proto listed)
		root/usr/sbin/nft delete table inet filter 2>/dev/null
	done
done
IN
unshare -n -m --propagation private sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
with netbase: iptables -p esp: exit 0
with netbase: iptables-legacy -p esp: exit 0
with netbase: nft esp: exit 0
with netbase: nft esp: 2 rules: meta l4proto esp accept
with netbase: iptables -p vrrp: exit 0
with netbase: iptables-legacy -p vrrp: exit 0
with netbase: nft vrrp: exit 0
with netbase: nft vrrp: 2 rules: meta l4proto vrrp accept
with netbase: iptables -p 112: exit 0
with netbase: iptables-legacy -p 112: exit 0
with netbase: nft 112: exit 0
with netbase: nft 112: 2 rules: meta l4proto vrrp accept
without: iptables -p esp: exit 0
without: iptables-legacy -p esp: exit 0
without: nft esp: exit 0
without: nft esp: 2 rules: meta l4proto 50 accept
without: iptables -p vrrp: exit 2
without: iptables-legacy -p vrrp: exit 2
without: nft vrrp: exit 1
without: nft vrrp: 0 rules:
without: iptables -p 112: exit 0
without: iptables-legacy -p 112: exit 0
without: nft 112: exit 0
without: nft 112: 2 rules: meta l4proto 112 accept
SEEN
diff wanted out
