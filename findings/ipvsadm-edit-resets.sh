#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ipvsadm 1:1.31-1+b1 on Linux 6.1 (user-mode-linux 6.1um4+b13, both Debian 12): a
#   real server of NAT is drained, a service is given another scheduler.
# Guess: "ipvsadm -e" (edit a server) with "-w 0" changes the weight, and "ipvsadm -E"
#   (edit a service) with "-s rr" the scheduler; what is not named stays as it is.
# Seen: what is not named is reset, exit 0 each time. "-w 0" alone turns NAT into
#   direct routing and takes the thresholds away; "-m" alone makes the weight 1. At a
#   server with a port of its own it is "No such destination" instead, since direct
#   routing has the service's port. "-s rr" ends persistence, and "-p 60" makes the
#   scheduler wlc.
# Why it matters here: who drains by hand breaks the connections that were to be
#   kept. "twinbeat director drain" changes the weight alone, and what another program
#   changed is put right within audit_s, alert director-table (src/director/table.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download user-mode-linux=6.1um4+b13 ipvsadm=1:1.31-1+b1
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >job.sh <<'JOB'
tell() {
	result=0
	ipvsadm "$@" || result=$?
	echo "$*: exit $result"
	ipvsadm -Sn
	echo "- thresholds:" $(ipvsadm -Ln --thresholds | grep -- '->.*:80')
}
ip link set lo up
modprobe -d "$dir/mods" -a ip_vs ip_vs_rr ip_vs_wlc
ipvsadm -A -t 192.0.2.100:80 -s rr -p 300
tell -a -t 192.0.2.100:80 -r 10.0.0.1:80 -m -w 5 -x 100 -y 50
tell -e -t 192.0.2.100:80 -r 10.0.0.1:80 -w 0
tell -e -t 192.0.2.100:80 -r 10.0.0.1:80 -m
tell -d -t 192.0.2.100:80 -r 10.0.0.1:80
tell -a -t 192.0.2.100:80 -r 10.0.0.1:8080 -m
tell -e -t 192.0.2.100:80 -r 10.0.0.1:8080 -w 0
tell -d -t 192.0.2.100:80 -r 10.0.0.1:8080
tell -E -t 192.0.2.100:80 -s rr
tell -E -t 192.0.2.100:80 -p 60
JOB
# process 1 of the guest, whose root is this machine's, read-only
cat >init <<'INIT'
#!/bin/sh
export PATH="$dir/root/sbin:$dir/root/usr/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
mount -t proc proc /proc
mount -t devtmpfs dev /dev
sh "$dir/job.sh" >/dev/console 2>&1
echo o >/proc/sysrq-trigger
while :; do sleep 1000; done
INIT
chmod +x init
version=$(basename root/usr/lib/uml/modules/*)
mkdir -p mods/lib/modules
mv "root/usr/lib/uml/modules/$version" mods/lib/modules
depmod -b mods "$version"
# Its own PID namespace: a guest's processes must not outlive it.
timeout -s KILL 120 unshare --net --mount --pid --fork --kill-child sh -c '
"$@"
exit $?' sh root/usr/bin/linux.uml rootfstype=hostfs rootflags=/ ro mem=128M \
	init="$dir/init" uml_dir="$dir/uml" con=null con0=null,fd:1 ssl=null quiet \
	dir="$dir" </dev/null >console 2>&1 || true
tr -d '\r' <console | grep -E '^(-|No such)' | tee out
cat >wanted <<'SEEN'
-a -t 192.0.2.100:80 -r 10.0.0.1:80 -m -w 5 -x 100 -y 50: exit 0
-A -t 192.0.2.100:80 -s rr -p 300
-a -t 192.0.2.100:80 -r 10.0.0.1:80 -m -w 5
- thresholds: -> 10.0.0.1:80 100 50 0 0
-e -t 192.0.2.100:80 -r 10.0.0.1:80 -w 0: exit 0
-A -t 192.0.2.100:80 -s rr -p 300
-a -t 192.0.2.100:80 -r 10.0.0.1:80 -g -w 0
- thresholds: -> 10.0.0.1:80 0 0 0 0
-e -t 192.0.2.100:80 -r 10.0.0.1:80 -m: exit 0
-A -t 192.0.2.100:80 -s rr -p 300
-a -t 192.0.2.100:80 -r 10.0.0.1:80 -m -w 1
- thresholds: -> 10.0.0.1:80 0 0 0 0
-d -t 192.0.2.100:80 -r 10.0.0.1:80: exit 0
-A -t 192.0.2.100:80 -s rr -p 300
- thresholds:
-a -t 192.0.2.100:80 -r 10.0.0.1:8080 -m: exit 0
-A -t 192.0.2.100:80 -s rr -p 300
-a -t 192.0.2.100:80 -r 10.0.0.1:8080 -m -w 1
- thresholds: -> 10.0.0.1:8080 0 0 0 0
No such destination
-e -t 192.0.2.100:80 -r 10.0.0.1:8080 -w 0: exit 255
-A -t 192.0.2.100:80 -s rr -p 300
-a -t 192.0.2.100:80 -r 10.0.0.1:8080 -m -w 1
- thresholds: -> 10.0.0.1:8080 0 0 0 0
-d -t 192.0.2.100:80 -r 10.0.0.1:8080: exit 0
-A -t 192.0.2.100:80 -s rr -p 300
- thresholds:
-E -t 192.0.2.100:80 -s rr: exit 0
-A -t 192.0.2.100:80 -s rr
- thresholds:
-E -t 192.0.2.100:80 -p 60: exit 0
-A -t 192.0.2.100:80 -s wlc -p 60
- thresholds:
SEEN
diff wanted out
