#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fence_apc_snmp (fence-agents 4.12.1-1) and a PDU of two outlets, played by snmpd
#   5.9.3 (5.9.3+dfsg-2+deb12u1; both Debian 12), for a server with two supplies:
#   "plug=1,2", as Pacemaker hands on pcmk_host_map="lb01:1,2".
# Guess: both outlets are switched and read: the metadata has "plug_separator" for that.
# Seen: only the first is. "off" says "Powered OFF", exit 0, and "status" says OFF, while
#   outlet 2 is on and the server runs on it: fenced, as one reads it. The agent looks
#   up the number of its outlet once and keeps it for all. "2,1" cuts 2 alone.
# Why it matters here: a node that lives counts as dead, and its address is on two
#   machines. twinbeat refuses a list as the plug of an agent and runs it for each plug
#   by itself (R6, drivers/agent/agent_names.c). README (Growing into Pacemaker) warns
#   of it.
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
sysObjectID .1.3.6.1.4.1.318.1.3.4.5
pass_persist .1.3.6.1.4.1.318.1.1.12 /usr/bin/python3 $dir/pdu.py
CONF
cat >pdu.py <<'PY'
import sys
PDU = (1, 3, 6, 1, 4, 1, 318, 1, 1, 12, 3)
CONTROL, NAME, STATE = (PDU + end for end in (
    (3, 1, 1, 4), (5, 1, 1, 2), (5, 1, 1, 4)))
has = {}
for n in (1, 2):
    has[CONTROL + (n,)] = has[STATE + (n,)] = "integer\n1"
    has[NAME + (n,)] = "string\noutlet%d" % n


def read():
    return sys.stdin.readline().strip()


for verb in map(str.strip, iter(sys.stdin.readline, "")):
    if verb == "PING":
        print("PONG", flush=True)
    if verb not in ("get", "getnext", "set"):
        continue
    what = tuple(int(part) for part in read().strip(".").split("."))
    if verb == "set":
        value = read().replace(" ", "\n")
        if what in has:
            has[what] = has[STATE + what[-1:]] = value
        print("DONE" if what in has else "not-writable", flush=True)
        continue
    if verb == "getnext":
        what = min((key for key in has if key > what), default=None)
    print("." + ".".join(map(str, what)) + "\n" + has[what]
          if what in has else "NONE", flush=True)
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
		plug=$1 action=$2 power_wait=0 power_timeout=10 \
		snmpget_path="$PWD/root/usr/bin/snmpget" \
		snmpset_path="$PWD/root/usr/bin/snmpset" \
		snmpwalk_path="$PWD/root/usr/bin/snmpwalk" |
		/usr/bin/python3 -W ignore root/usr/sbin/fence_apc_snmp \
			>told 2>err || result=$?
	echo "$1: $2: exit $result:" $(cat told)
}
try 1 status
try 2 status
try 1,2 off
try 1,2 status
try 1 status
try 2 status
try 1 on
try 2,1 off
try 1 status
try 2 status
kill $snmpd
wait
IN
timeout 120 unshare -n sh inside.sh >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
1: status: exit 0: Status: ON
2: status: exit 0: Status: ON
1,2: off: exit 0: Success: Powered OFF
1,2: status: exit 2: Status: OFF
1: status: exit 2: Status: OFF
2: status: exit 0: Status: ON
1: on: exit 0: Success: Powered ON
2,1: off: exit 0: Success: Powered OFF
1: status: exit 0: Status: ON
2: status: exit 2: Status: OFF
SEEN
diff wanted out
