#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# keepalived 2.2.7-1+b2 (Debian 12), a keepalived.conf of two instances of which one stands
#   in a file of its own, "include lb2.conf", and that file is not there.
# Guess: a file that is named and missing is an error, as with "#include" of C or nginx; a
#   pattern that fits nothing ("conf.d/*.conf") is none. So "keepalived -t" fails for
#   the one, and the daemon does not start, or keeps what it has at a reload.
# Seen: both are a line in the log, and "-t" has exit 0 both times. The daemon starts with
#   what is left, and at a reload it removes the addresses of the instance whose file is
#   away: nobody serves them, if the other node has the same files.
# Why it matters here: a package or a script that replaces such a file while keepalived
#   is told to reload takes the addresses away. A settings file of twinbeat that names an
#   absent file is refused, at the start and at a reload, which then changes nothing
#   (src/settings/source.c); twinbeat import names the line.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download keepalived=1:2.2.7-1+b2
dpkg-deb -x keepalived_*.deb root
instance() {
	cat <<CONF
vrrp_instance VI_$1 {
  state BACKUP
  interface eth0
  virtual_router_id $1
  priority 100
  version 3
  advert_int 0.1
  virtual_ipaddress {
    192.0.2.10$1/32
  }
}
CONF
}
instance 2 >lb2.conf
for name in lb2.conf 'conf.d/*.conf'; do
	{ instance 1; echo "include $dir/$name"; } >"lb-${name%%.*}.conf"
done
cat >inside.sh <<'IN'
ip link add eth0 type veth peer name eth1
ip address add 192.0.2.1/24 dev eth0
ip link set eth1 up && ip link set eth0 up
test_it() {
	result=0
	root/usr/sbin/keepalived -t -f "$PWD/$2" >told 2>&1 || result=$?
	echo "$1: test: exit $result," $(grep -o 'Config files missing' told)
}
addresses() {
	echo "$1:" $(ip -o address show dev eth0 | grep -oE '192\.0\.2\.10[12]')
}
test_it 'file there' lb-lb2.conf
test_it 'pattern without a file' lb-conf.conf
root/usr/sbin/keepalived -n -l -D -P -f "$PWD/lb-lb2.conf" -p k.pid -r v.pid >log 2>&1 &
daemon=$!
until [ "$(grep -c 'Entering MASTER' log)" = 2 ]; do sleep 0.1; done
sleep 0.5
addresses 'file there'
mv lb2.conf lb2.away
test_it 'file away' lb-lb2.conf
kill -HUP $daemon
sleep 3
addresses 'file away, reload'
kill $daemon
wait $daemon
root/usr/sbin/keepalived -n -l -D -P -f "$PWD/lb-lb2.conf" -p k.pid -r v.pid >log 2>&1 &
daemon=$!
until grep -q 'Entering MASTER' log; do sleep 0.1; done
sleep 1
addresses 'file away, start'
kill $daemon
wait $daemon
IN
timeout 60 unshare -n -m --propagation private sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
file there: test: exit 0,
pattern without a file: test: exit 0, Config files missing
file there: 192.0.2.101 192.0.2.102
file away: test: exit 0, Config files missing
file away, reload: 192.0.2.101
file away, start: 192.0.2.101
SEEN
diff wanted out
