#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fence_apc_snmp (fence-agents 4.12.1-1) and a PDU of two outlets, played by snmpd
#   5.9.3 (5.9.3+dfsg-2+deb12u1; both Debian 12), asked for outlet 9.
# Guess: there is no such outlet, so the agent fails whatever the SNMP version, or
#   says that it does not know.
# Seen: over version 1 it fails, exit 1. Over 2c "status" says OFF, exit 2, and
#   "off" says "Already OFF", exit 0: a node that runs on is fenced, as one reads
#   it. Only "on" fails.
# Why it matters here: a wrong plug would be taken for a dead peer. twinbeat warns of
#   snmp_version 2c (drivers/agent/agent_settings.c), and an "off" proves nothing
#   of a plug that it has never read as on while the peer was heard.
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
for version in 1 2c; do
	for plug in 1 9; do
		for action in off status on; do
			result=0
			printf '%s\n' ip=127.0.0.1 ipport=1161 community=pair \
				snmp_version=$version plug=$plug \
				action=$action power_wait=0 power_timeout=10 \
				snmpget_path="$PWD/root/usr/bin/snmpget" \
				snmpset_path="$PWD/root/usr/bin/snmpset" \
				snmpwalk_path="$PWD/root/usr/bin/snmpwalk" |
				/usr/bin/python3 -W ignore \
				root/usr/sbin/fence_apc_snmp >told 2>err ||
				result=$?
			echo "$version, plug $plug: $action: exit $result:" \
				$(cat told)
		done
	done
done
kill $snmpd
wait
IN
timeout 120 unshare -n sh inside.sh >out 2>&1 || true
cat out
for version in 1 2c; do
	grep -qx "$version, plug 1: off: exit 0: Success: Powered OFF" out
	grep -qx "$version, plug 1: status: exit 2: Status: OFF" out
	grep -qx "$version, plug 1: on: exit 0: Success: Powered ON" out
	grep -qx "$version, plug 9: on: exit 1:" out
done
grep -qx '1, plug 9: off: exit 1:' out
grep -qx '1, plug 9: status: exit 1:' out
grep -qx '2c, plug 9: off: exit 0: Success: Already OFF' out
grep -qx '2c, plug 9: status: exit 2: Status: OFF' out
