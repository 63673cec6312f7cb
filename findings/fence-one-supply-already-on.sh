#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fence_lindypdu (fence-agents 4.12.1-1), which does switch each outlet of a list, and a
#   PDU of eight, played by snmpd 5.9.3 (5.9.3+dfsg-2+deb12u1; both Debian 12), for a
#   server with two supplies: "plug=1,2", of which the second is off.
# Guess: "on" switches on what is off, as "off" switches off what is on.
# Seen: "status" is ON, since one of them is, and "on" says "Already ON", exit 0, and
#   sends nothing: the server goes on with one supply. It comes from fencing.py, so from
#   each agent of the package. "off" and then "on" is the way to have both on.
# Why it matters here: who repairs a pair by hand or by Pacemaker leaves a node that the
#   next fault of one supply ends. "twinbeat fence NODE --action on" and our own agents
#   look at every plug and switch on what is off (read_before() in fence/attempt.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download fence-agents=4.12.1-1 python3-pexpect=4.8.0-4 \
	python3-ptyprocess=0.7.0-5 python3-pycurl=7.45.2-3 \
	libcurl3-gnutls=7.88.1-10+deb12u15
for package in snmp snmpd libsnmp40; do
	apt-get -qq download "$package=5.9.3+dfsg-2+deb12u1"
done
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >snmpd.conf <<CONF
agentaddress udp:127.0.0.1:1161
rwcommunity pair
sysObjectID .1.3.6.1.4.1.17420
pass_persist .1.3.6.1.4.1.17420.1.2.9.1.13 /usr/bin/python3 $dir/pdu.py
CONF
cat >pdu.py <<'PY'
import sys
OUTLETS = ".1.3.6.1.4.1.17420.1.2.9.1.13.0"
state = "1,0,1,1,1,1,1,1"


def read():
    return sys.stdin.readline().strip()


for verb in map(str.strip, iter(sys.stdin.readline, "")):
    if verb == "PING":
        print("PONG", flush=True)
    if verb not in ("get", "getnext", "set"):
        continue
    what = read()
    if verb == "set":
        state = read().split(" ", 1)[1].strip('"')
        print("DONE", flush=True)
    elif what == OUTLETS:
        print(f"{OUTLETS}\nstring\n{state}", flush=True)
    else:
        print("NONE", flush=True)
PY
cat >inside.sh <<'IN'
ip link set lo up
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
export PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages:$PWD/root/usr/share/fence
root/usr/sbin/snmpd -f -C -c snmpd.conf -Lf log -I -ifTable &
snmpd=$!
until root/usr/bin/snmpget -v1 -c pair 127.0.0.1:1161 .1.3.6.1.2.1.1.3.0 >/dev/null 2>&1
do sleep 0.1; done
try() {
	result=0
	printf '%s\n' ip=127.0.0.1 ipport=1161 community=pair snmp_version=1 \
		switch=1 plug=$1 action=$2 power_wait=0 power_timeout=10 \
		snmpget_path="$PWD/root/usr/bin/snmpget" \
		snmpset_path="$PWD/root/usr/bin/snmpset" \
		snmpwalk_path="$PWD/root/usr/bin/snmpwalk" |
		/usr/bin/python3 -W ignore root/usr/sbin/fence_lindypdu \
			>told 2>err || result=$?
	echo "$1: $2: exit $result:" $(cat told)
}
try 1 status
try 2 status
try 1,2 status
try 1,2 on
try 2 status
try 1,2 off
try 1 status
try 2 status
try 1,2 on
try 2 status
kill $snmpd
wait
IN
timeout 120 unshare -n sh inside.sh >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
1: status: exit 0: Status: ON
2: status: exit 2: Status: OFF
1,2: status: exit 0: Status: ON
1,2: on: exit 0: Success: Already ON
2: status: exit 2: Status: OFF
1,2: off: exit 0: Success: Powered OFF
1: status: exit 2: Status: OFF
2: status: exit 2: Status: OFF
1,2: on: exit 0: Success: Powered ON
2: status: exit 0: Status: ON
SEEN
diff wanted out
