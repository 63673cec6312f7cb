#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ping of iputils-ping 3:20221126-1+deb12u1 (Debian 12), asks an address that answers
#   every fourth request, as over a link that loses most: "-c 3 -W 1", "-c 3 -w SECONDS".
# Guess: "-c 3" sends three requests, and "-w" is the longest that it may take; a deadline
#   can only make the check stricter.
# Seen: with "-w" the count is of answers. It goes on asking until it has three of them or
#   the time is up: after 9 requests, two thirds of them lost, exit 0. Where the time is
#   up first it is exit 1 although answers came; without "-w" one of three is exit 0.
# Why it matters here: a track script or a check by ping that was made "stricter" by a
#   deadline calls a broken link good. twinbeat's own witnesses and checks of type ping
#   send what they say and count themselves (src/checker, src/runner).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download iputils-ping=3:20221126-1+deb12u1
dpkg-deb -x iputils-ping_*.deb root
cat >lossy.nft <<'NFT'
table inet lossy {
	chain in {
		type filter hook input priority 0
		icmp type echo-request numgen inc mod 4 offset 0 != 0 drop
	}
}
NFT
cat >inside.sh <<'IN'
ip link set lo up
tell() {
	nft flush ruleset
	nft -f lossy.nft
	result=0
	root/bin/ping -i 0.2 "$@" 127.0.0.1 >told 2>&1 || result=$?
	echo "-i 0.2 $*: exit $result," "$(grep -o '[0-9]* packets.*received' told)"
}
tell -c 3 -W 1
tell -c 3 -w 5
tell -c 3 -w 1
IN
timeout 60 unshare -n sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
-i 0.2 -c 3 -W 1: exit 0, 3 packets transmitted, 1 received
-i 0.2 -c 3 -w 5: exit 0, 9 packets transmitted, 3 received
-i 0.2 -c 3 -w 1: exit 1, 5 packets transmitted, 2 received
SEEN
diff wanted out
