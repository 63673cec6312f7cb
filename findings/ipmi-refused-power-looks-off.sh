#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fence_ipmilan (fence-agents 4.12.1-1), ipmitool 1.8.19-4+deb12u2 and ipmipower
#   (freeipmi-tools 1.6.10-1+b1; all Debian 12), each asked for "off" of a BMC that
#   lets its user in and controls no power (ipmi_sim, openipmi 2.0.33-1+b1, without
#   "chassis_control"): it answers each power command with an error.
# Guess: all three fail, and so a machine that runs on is not called fenced.
# Seen: ipmitool fails, exit 1. fence_ipmilan asks for the state first, is told "off",
#   says "Already OFF", exit 0, and never sends the command. ipmipower finds "off"
#   as well, writes nothing at all on stdout or stderr, and its exit status is 0.
# Why it matters here: exit 0 of "off" is no proof. twinbeat believes an off only of
#   a plug that was read as on while the peer was heard, and one that is "already
#   off" of a living peer is a contradiction (fence/, drivers/agent).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download fence-agents=4.12.1-1 python3-pexpect=4.8.0-4 \
	python3-ptyprocess=0.7.0-5 python3-pycurl=7.45.2-3 \
	libcurl3-gnutls=7.88.1-10+deb12u15 ipmitool=1.8.19-4+deb12u2 \
	libfreeipmi17=1.6.10-1+b1 libipmiconsole2=1.6.10-1+b1 \
	libipmidetect0=1.6.10-1+b1 freeipmi-tools=1.6.10-1+b1 \
	openipmi=2.0.33-1+b1 libopenipmi0=2.0.33-1+b1
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >lan.conf <<'CONF'
name "bmc"
set_working_mc 0x20
startlan 1
addr 127.0.0.1 19623
priv_limit admin
allowed_auths_admin none md2 md5 straight
guid 00112233445566778899aabbccddeeff
endlan
user 2 true "fence" "example" admin 10 none md2 md5 straight
CONF
cat >bmc.emu <<'CONF'
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
CONF
cat >inside.sh <<'IN'
ip link set lo up
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
export PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages:$PWD/root/usr/share/fence
bin=$PWD/root/usr
mkdir state
"$bin/bin/ipmi_sim" -n -c lan.conf -f bmc.emu -s state >log 2>&1 &
bmc=$!
tell() {
	what=$1
	shift
	result=0
	"$@" >told 2>&1 </dev/null || result=$?
	echo "$what: exit $result:" $(cat told)
}
tool() {
	"$bin/bin/ipmitool" -I lanplus -H 127.0.0.1 -p 19623 -U fence -P example \
		-C 3 -N 5 -R 2 power "$1"
}
power() {
	timeout 60 "$bin/sbin/ipmipower" -h 127.0.0.1:19623 -u fence -p example \
		-D LAN_2_0 -I 3 -W opensesspriv "$@"
}
until tool status >/dev/null 2>&1; do sleep 0.1; done
tell 'ipmitool status' tool status
tell 'ipmitool off' tool off
tell 'fence_ipmilan off' /usr/bin/python3 -W ignore "$bin/sbin/fence_ipmilan" \
	--ip=127.0.0.1 --ipport=19623 --username=fence --password=example \
	--lanplus --cipher=3 --action=off --power-timeout=20 \
	--ipmitool-path="$bin/bin/ipmitool"
tell 'ipmipower stat' power --stat
tell 'ipmipower off' power --off
tell 'ipmipower wrong password' power -p wrong --off
kill $bmc
wait
IN
timeout 150 unshare -n sh inside.sh >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
ipmitool status: exit 0: Chassis Power is off
ipmitool off: exit 1: Set Chassis Power Control to Down/Off failed: Invalid data field in request
fence_ipmilan off: exit 0: Success: Already OFF
ipmipower stat: exit 0: 127.0.0.1: off
ipmipower off: exit 0:
ipmipower wrong password: exit 1: 127.0.0.1: password invalid
SEEN
diff wanted out
