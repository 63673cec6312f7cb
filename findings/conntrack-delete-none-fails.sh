#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# conntrack 1:1.4.7-1+b2 (Debian 12), which a notify program calls to forget or to show
#   the connections of a virtual address, when there are none and when there is one.
# Guess: nothing to delete is no error: exit 0 as of "-L" and "-F", which find nothing
#   either.
# Seen: "-D" that finds nothing says "0 flow entries have been deleted" and has exit 1;
#   "-L" that finds nothing has exit 0, and so has "-F". The count is on stderr.
# Why it matters here: a notify program with "set -e" ends at this line on the node that
#   had no connections, which a standby mostly is, and does not do what follows it;
#   twinbeat says that it failed. Write "conntrack -D ... || :".
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download conntrack=1:1.4.7-1+b2 libnetfilter-conntrack3=1.0.9-3 \
	libnfnetlink0=1.0.2-2
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >inside.sh <<'IN'
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
ip link set lo up
tell() {
	result=0
	root/usr/sbin/conntrack "$@" >told 2>err || result=$?
	echo "$*: exit $result, $(grep -o '[0-9]* flow entr.*\|emptied' err)"
}
tell -L -d 127.0.0.1
tell -D -d 127.0.0.1
tell -F
root/usr/sbin/conntrack -I -p tcp -s 127.0.0.1 -d 127.0.0.1 --sport 40000 \
	--dport 80 --state ESTABLISHED -t 60 2>/dev/null
tell -D -d 127.0.0.1
tell -D -d 127.0.0.1
IN
timeout 60 unshare -n sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
-L -d 127.0.0.1: exit 0, 0 flow entries have been shown.
-D -d 127.0.0.1: exit 1, 0 flow entries have been deleted.
-F: exit 0, emptied
-D -d 127.0.0.1: exit 0, 1 flow entries have been deleted.
-D -d 127.0.0.1: exit 1, 0 flow entries have been deleted.
SEEN
diff wanted out
