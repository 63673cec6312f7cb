#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# corosync 3.1.7-1+deb12u2 (Debian 12), the configuration of two nodes of which one
#   runs, with "two_node: 1" once right and once written "two_nodes: 1".
# Guess: "corosync -t", the test of a configuration, refuses a key that it does not
#   know, as it refuses a number that is none; or at least warns.
# Seen: exit 0 without a word, in "quorum" and in "totem" alike ("tokn: 3000"), and
#   the daemon starts with it, without a word, too. The lone node of a pair then has
#   no quorum: it waits for the dead one, and Pacemaker stops what it runs.
# Why it matters here: who grows into Pacemaker finds it out when a node dies. README
#   (Growing into Pacemaker) names what to look for while both live: the flag 2Node.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in corosync libcfg7 libcmap4 libcorosync-common4 libcpg4 libquorum5 \
	libvotequorum8; do
	apt-get -qq download "$package=3.1.7-1+deb12u2"
done
apt-get -qq download libknet1=1.25-1 libnozzle1=1.25-1 libqb100=2.0.6-2 \
	libstatgrab10=0.92.1-1.1
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >inside.sh <<'IN'
mount -t tmpfs none /dev/shm
mount -t tmpfs none /run
ip link set lo up
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
mkdir state
write() { # the key and value of totem, those of quorum
	cat >pair.conf <<CONF
system {
 state_dir: $PWD/state
}
totem {
 version: 2
 cluster_name: pair
 transport: udpu
 $1
}
quorum {
 provider: corosync_votequorum
 wait_for_all: 0
 $2
}
nodelist {
 node {
  ring0_addr: 127.0.0.1
  nodeid: 1
  name: lb01
 }
 node {
  ring0_addr: 127.0.0.2
  nodeid: 2
  name: lb02
 }
}
logging {
 to_syslog: no
}
CONF
	result=0
	root/usr/sbin/corosync -t -c "$PWD/pair.conf" >told 2>&1 || result=$?
	echo "$1, $2: test: exit $result," "$(grep -cE 'error|warn' told) complaints"
}
write 'token: 3000x' 'two_node: 1'
write 'tokn: 3000' 'two_node: 1'
for key in two_node two_nodes; do
	write 'token: 3000' "$key: 1"
	root/usr/sbin/corosync -f -c "$PWD/pair.conf" >log 2>&1 &
	daemon=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sleep 1
		root/usr/sbin/corosync-quorumtool -s >told 2>&1 || true
		! grep -q '^Quorate:' told || break
	done
	echo "$key:" $(grep -E '^(Quorate|Flags):' told)
	kill $daemon
	wait $daemon || true
	echo "$key: $(grep -c "$key" log) lines of the log name it"
done
IN
timeout 100 unshare -nmi --propagation private sh inside.sh >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
token: 3000x, two_node: 1: test: exit 8, 1 complaints
tokn: 3000, two_node: 1: test: exit 0, 0 complaints
token: 3000, two_node: 1: test: exit 0, 0 complaints
two_node: Quorate: Yes Flags: 2Node Quorate
two_node: 0 lines of the log name it
token: 3000, two_nodes: 1: test: exit 0, 0 complaints
two_nodes: Quorate: No Flags:
two_nodes: 0 lines of the log name it
SEEN
diff wanted out
