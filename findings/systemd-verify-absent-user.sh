#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# systemd-analyze verify of systemd 252 (252.39-1~deb12u2, Debian 12) and units with
#   one wrong line each.
# Guess: it fails for each: a user, a group or a capability that is not there as much
#   as a key, a Type= or a group of system calls that nobody knows.
# Seen: of User=, Group= and AmbientCapabilities= not a word, exit 0, whatever the
#   options. The others are told on stderr, with exit 0 all the same; with
#   --recursive-errors= it is 1, and "no" does for that as well as "yes".
# Why it matters here: the exit status is no test of a unit. Ours reads stderr, too,
#   and each capability of a unit must be one of the kernel's
#   (tests/netns/test_unit.py).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download systemd=252.39-1~deb12u2 libsystemd-shared=252.39-1~deb12u2
for package in *.deb; do dpkg-deb -x "$package" root; done
LD_LIBRARY_PATH=$(dirname "$(find root -name 'libsystemd-shared-*.so')")
export LD_LIBRARY_PATH
judge()
{
	printf '[Service]\nExecStart=/bin/true\n%s\n' "$1" >one.service
	for how in '' --recursive-errors=no --recursive-errors=yes; do
		result=0
		root/usr/bin/systemd-analyze verify --man=no $how \
			./one.service 2>told >&2 || result=$?
		echo "$1 ${how#--recursive-errors}: exit $result," \
			"$(grep -c one.service: told) told"
	done
}
for line in Type=simple User=nobodyofthisname Group=nogroupofthisname \
	AmbientCapabilities=CAP_NET_ADMN SystemCallFilter=@netwrok-io \
	ProtectSystme=strict Type=notfy; do
	judge "$line"
done >seen
cat seen
for line in Type=simple User=nobodyofthisname Group=nogroupofthisname \
	AmbientCapabilities=CAP_NET_ADMN; do
	[ "$(grep -cE "^$line (=no|=yes)?: exit 0, 0 told" seen)" = 3 ]
done
for line in SystemCallFilter=@netwrok-io ProtectSystme=strict Type=notfy; do
	grep -qx "$line : exit 0, 1 told" seen
	[ "$(grep -cE "^$line =(no|yes): exit 1, 1 told" seen)" = 2 ]
done
