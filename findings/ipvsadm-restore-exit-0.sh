#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ipvsadm 1:1.31-1+b1 on Linux 6.1 (user-mode-linux 6.1um4+b13, both Debian 12): the
#   table saved by "ipvsadm -Sn", and restored by "ipvsadm -R".
# Guess: what is saved is the table. And a restore that could not do a line says so in
#   its exit status, and either stops there or takes nothing.
# Seen: the thresholds of a server (-x, -y) are not saved. A restore says what it
#   could not do on stderr, without the line, goes on with the next one, and its exit
#   status is 0: a service whose scheduler is not there is missing, its servers, too.
# Why it matters here: Debian's unit for ipvsadm restores so at boot, and is "active"
#   with half of a table. twinbeat's director makes the table of its settings, with
#   the thresholds, compares it each audit_s, and tells what the kernel refuses (alert
#   director-table, src/director/table.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download user-mode-linux=6.1um4+b13 ipvsadm=1:1.31-1+b1
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >job.sh <<'JOB'
ip link set lo up
modprobe -d "$dir/mods" -a ip_vs ip_vs_rr
ipvsadm -A -t 192.0.2.100:80 -s rr
ipvsadm -a -t 192.0.2.100:80 -r 10.0.0.1:80 -m -x 100 -y 50
ipvsadm -Sn
ipvsadm -Sn >/dev/shm/saved
echo "- thresholds:" $(ipvsadm -Ln --thresholds | grep -- '->.*:80')
ipvsadm -C
result=0
ipvsadm -R </dev/shm/saved || result=$?
echo "- restored: exit $result"
echo "- thresholds:" $(ipvsadm -Ln --thresholds | grep -- '->.*:80')
ipvsadm -C
result=0
ipvsadm -R <<'TABLE' || result=$?
-A -t 192.0.2.100:80 -s nosuch
-a -t 192.0.2.100:80 -r 10.0.0.1:80 -m -w 1
-A -t 192.0.2.101:80 -s rr
-A -t 192.0.2.101:80 -s rr
-a -t 192.0.2.101:80 -r 10.0.0.1:80 -m -w 1
TABLE
echo "- restored: exit $result"
ipvsadm -Sn
JOB
# process 1 of the guest, whose root is this machine's, read-only
cat >init <<'INIT'
#!/bin/sh
export PATH="$dir/root/sbin:$dir/root/usr/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mkdir /dev/shm
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
tr -d '\r' <console | grep -E '^(-|Sch|Serv)' | tr -s ' ' | tee out
cat >wanted <<'SEEN'
-A -t 192.0.2.100:80 -s rr
-a -t 192.0.2.100:80 -r 10.0.0.1:80 -m -w 1
- thresholds: -> 10.0.0.1:80 100 50 0 0
- restored: exit 0
- thresholds: -> 10.0.0.1:80 0 0 0 0
Scheduler or persistence engine not found
Service not defined
Service already exists
- restored: exit 0
-A -t 192.0.2.101:80 -s rr
-a -t 192.0.2.101:80 -r 10.0.0.1:80 -m -w 1
SEEN
diff wanted out
