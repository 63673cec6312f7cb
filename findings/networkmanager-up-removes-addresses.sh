#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# NetworkManager 1.42.4 (1.42.4-1+deb12u1, Debian 12), an interface with a profile
#   (method=manual), and an address on it that another program put there.
# Guess: NetworkManager takes care of the addresses of its profile. To activate it
#   again, or to reapply it, adds what is missing and leaves the other address.
# Seen: its start, stop and SIGKILL leave the other address alone, but
#   "nmcli connection up NAME" of the active profile and "nmcli device reapply"
#   remove it; neither says so, and both report success.
# Why it matters here: an owner of a virtual address puts it back at once, and a
#   person's "connection up" is no reason for a takeover (src/keeper).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download network-manager=1.42.4-1+deb12u1 libnm0=1.42.4-1+deb12u1 \
	libndp0=1.8-1+deb12u1 libjansson4=2.14-2 libpsl5=0.21.2-1 \
	libcurl3-gnutls=7.88.1-10+deb12u15 dbus-daemon=1.14.10-1~deb12u1 \
	libdbus-1-3=1.14.10-1~deb12u1
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >bus.conf <<'CONF'
<busconfig><type>system</type>
<listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/>
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy>
</busconfig>
CONF
cat >nm.conf <<'CONF'
[main]
plugins=keyfile
dns=none
rc-manager=unmanaged
auth-polkit=false
no-auto-default=*
[keyfile]
path=/run/nm/connections
unmanaged-devices=except:interface-name:eth0
CONF
cat >eth0.nmconnection <<'CONF'
[connection]
id=office
uuid=11111111-2222-3333-4444-555555555555
type=ethernet
interface-name=eth0
[ipv4]
method=manual
address1=192.0.2.11/24
[ipv6]
method=disabled
CONF
cat >inside.sh <<'IN'
root=$1
mount -t sysfs -o ro none /sys # as in a container: no udev to wait for
mount -t tmpfs none /run
mount -t tmpfs none /var/lib
mkdir -p /run/dbus /run/NetworkManager /run/nm/connections /var/lib/NetworkManager
cp eth0.nmconnection /run/nm/connections
chmod 600 /run/nm/connections/eth0.nmconnection
for lib in "$root"/usr/lib/*-linux-gnu; do
	export LD_LIBRARY_PATH="$lib:$root${lib#"$root/usr"}"
done
ip link add eth0 type veth peer name eth1
ip link set lo up && ip link set eth1 up && ip link set eth0 up
"$root/usr/bin/dbus-daemon" --config-file=bus.conf --nofork --nopidfile &
bus=$!
nmcli() { "$root/usr/bin/nmcli" "$@"; }
begin() {
	"$root/usr/sbin/NetworkManager" --debug --config=nm.conf \
		--config-dir=/run/nm/none --system-config-dir=/run/nm/none \
		--intern-config=/run/nm/intern.conf --state-file=/run/nm/state \
		--pid-file=/run/NetworkManager/pid >>log 2>&1 &
	manager=$!
	n=0
	until nmcli -g GENERAL.STATE device show eth0 2>/dev/null |
		grep -q '(connected'; do
		n=$((n + 1))
		[ $n -lt 150 ] || exit 1
		sleep 0.2
	done
}
end() {
	kill "-$1" $manager
	wait $manager || true
}
put() { ip address replace 192.0.2.100/32 dev eth0; }
# Removed at once or not at all; 3 s are for a machine under load.
tell() {
	sleep 3
	there() { ip -4 -o address show dev eth0 | grep -c " 192.0.2.$1/" || true; }
	echo "$1: its own address: $(there 11), the other: $(there 100)"
}
until [ -S /run/dbus/system_bus_socket ]; do sleep 0.1; done
begin
put
end TERM
tell stop
begin
tell start
end KILL
tell SIGKILL
begin
tell 'start again'
nmcli connection up office
tell 'connection up'
put
nmcli device reapply eth0
tell 'device reapply'
end TERM
kill $bus
wait
IN
timeout -s KILL 150 unshare -n -m -p -f --mount-proc --kill-child \
	--propagation private sh inside.sh "$dir/root" >out 2>&1 || true
cat out
for what in stop start SIGKILL 'start again'; do
	grep -qx "$what: its own address: 1, the other: 1" out
done
grep -q '^Connection successfully activated' out
grep -qx 'connection up: its own address: 1, the other: 0' out
grep -q "^Connection successfully reapplied to device 'eth0'" out
grep -qx 'device reapply: its own address: 1, the other: 0' out
