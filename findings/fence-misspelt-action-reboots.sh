#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fence_dummy (fence-agents 4.12.1-1, Debian 12) with a file in place of a plug, asked on
#   stdin as Pacemaker and scripts ask, with the key "action" or its value misspelt.
# Guess: what an agent that cuts power does not know it refuses, exit 1, and does nothing.
# Seen: so of a value ("action=statsu"). A key that it does not know is a warning on
#   stderr, and it goes on without: "aktion=status" or "act=status" is no action, and
#   the default is "reboot": exit 0, and the power was off and on. So is a question
#   without any action, whereas "-o" on the command line wants its value. It comes from
#   fencing.py, so from each agent of the package.
# Why it matters here: a script or a monitoring check that only wanted to read cuts the
#   node. twinbeat writes "action" itself, refuses a key that the agent's metadata does
#   not have (drivers/agent), and reads before it cuts (R5).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download fence-agents=4.12.1-1 python3-pexpect=4.8.0-4 \
	python3-ptyprocess=0.7.0-5 python3-pycurl=7.45.2-3 \
	libcurl3-gnutls=7.88.1-10+deb12u15
for package in *.deb; do dpkg-deb -x "$package" root; done
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
export PYTHONPATH="$PWD/root/usr/lib/python3/dist-packages:$PWD/root/usr/share/fence"
try() {
	printf on >plug
	touch -d '2020-01-01 00:00:00 UTC' plug
	result=0
	printf '%s\n' type=file "status_file=$dir/plug" "$@" |
		/usr/bin/python3 -W ignore root/usr/sbin/fence_dummy >told 2>err ||
		result=$?
	switched='not switched'
	[ "$(stat -c %Y plug)" = 1577836800 ] || switched=switched
	echo "$*: exit $result, $switched:" $(cat told) \
		"$(grep -c 'unknown option' err) warnings"
}
{
	try action=status
	try action=statsu
	try aktion=status
	try act=status
	try
} >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
action=status: exit 0, not switched: Status: ON 0 warnings
action=statsu: exit 1, not switched: 0 warnings
aktion=status: exit 0, switched: Success: Rebooted 1 warnings
act=status: exit 0, switched: Success: Rebooted 1 warnings
: exit 0, switched: Success: Rebooted 0 warnings
SEEN
diff wanted out
