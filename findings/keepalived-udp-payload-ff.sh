#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# keepalived 2.2.7-1+b2 (Debian 12), the payload of a UDP_CHECK.
# Guess: any whole bytes in hex digits are taken; 0xff is a byte like others.
# Seen: a payload whose last byte is ff is an "Invalid hex string", whatever stands
#   before it and however long it is; the same byte first or in the middle is taken.
# Why it matters here: twinbeat import says at such a line that the datagram, which
#   keepalived never sent, is sent now (src/cli/import/write_check.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download keepalived=1:2.2.7-1+b2
dpkg-deb -x keepalived_*.deb root
judge()
{
	cat >one.conf <<CONF
virtual_server 192.0.2.1 53 {
  lb_algo rr
  lb_kind NAT
  protocol UDP
  real_server 192.0.2.2 53 {
    UDP_CHECK {
      payload $1
      require_reply
    }
  }
}
CONF
	# the status of -t, whatever the reason, and its words
	words=$(root/usr/sbin/keepalived -t -f one.conf 2>&1) && words=taken
	printf '%s: %s\n' "$1" "${words##*) }"
}
for payload in 01fe ff01 01ff00 01ff ffff "01 ff"; do judge "$payload"; done >seen
cat >wanted <<'SEEN'
01fe: taken
ff01: taken
01ff00: taken
01ff: Invalid hex string for UDP_CHECK payload
ffff: Invalid hex string for UDP_CHECK payload
01 ff: Invalid hex string for UDP_CHECK payload
SEEN
cat seen
diff wanted seen
