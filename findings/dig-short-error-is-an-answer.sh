#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# dig of bind9-dnsutils 1:9.18.49-1~deb12u3 (Debian 12), "dig +short NAME" asks a name
#   server that is not there, and one that refuses (dnsmasq-base 2.90-4~deb12u2 whose
#   upstream servers are gone), as a check of a name server does.
# Guess: stdout has the answer's addresses and nothing else; errors go to stderr. So
#   [ -n "$(dig +short NAME @SERVER)" ] tells who answers from who does not.
# Seen: of the dead server stdout has two lines (";; communications error ..."), stderr
#   none: the test calls it good. Of the one that refuses stdout is empty and the exit
#   status 0, as of a name that has no address. The exit status knows the dead one (9).
# Why it matters here: a "command" check or a track script with this test keeps a dead
#   name server in the table. The checks of type dns take an answer by its code
#   (src/checker/dns.c); a script needs both, the exit status and "status:".
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in bind9-dnsutils bind9-libs; do
	apt-get -qq download "$package=1:9.18.49-1~deb12u3"
done
apt-get -qq download libmaxminddb0=1.7.1-1 liblmdb0=0.9.24-1 libfstrm0=0.6.1-1 \
	libprotobuf-c1=1.4.1-1+b1 libjson-c5=0.16-2 libuv1=1.44.2-1+deb12u1 \
	libjemalloc2=5.3.0-1 dnsmasq-base=2.90-4~deb12u2
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >inside.sh <<'IN'
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
ip link set lo up
root/usr/sbin/dnsmasq --no-daemon --conf-file=/dev/null --port=5301 --no-resolv \
	--no-hosts --listen-address=127.0.0.1 --bind-interfaces --user=root \
	--pid-file= >log 2>&1 &
server=$!
until grep -q started log; do sleep 0.1; done
ask() {
	result=0
	root/usr/bin/dig +short +tries=1 +time=2 @127.0.0.1 -p "$2" www.example.org \
		>told 2>errors || result=$?
	echo "$1: exit $result, lines on stdout: $(wc -l <told), on stderr: $(wc -l <errors)"
}
ask 'nobody there' 5302
head -n 1 told | grep -o '^;; communications error'
ask refuses 5301
root/usr/bin/dig +tries=1 +time=2 @127.0.0.1 -p 5301 www.example.org |
	grep -o 'status: [A-Z]*'
kill $server
IN
timeout 60 unshare -n sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
nobody there: exit 9, lines on stdout: 2, on stderr: 0
;; communications error
refuses: exit 0, lines on stdout: 0, on stderr: 0
status: REFUSED
SEEN
diff wanted out
