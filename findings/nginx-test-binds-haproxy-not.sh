#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# nginx 1.22.1-9+deb12u11 and haproxy 2.6.12-1+deb12u4 (Debian 12) on the standby
#   of a pair: a listener on an address that the other node has.
# Guess: "nginx -t" and "haproxy -c" read the file and say that it is good on both
#   nodes; to start fails on the standby, of both.
# Seen: "nginx -t" opens the listeners as well and fails there, "Cannot assign requested
#   address", also beside an nginx that runs with this file since it had the address,
#   and that takes a reload without a word. "haproxy -c" says "valid", and haproxy does
#   not start. With net.ipv4.ip_nonlocal_bind = 1 all of it works on both nodes.
# Why it matters here: a script of "nginx -t && systemctl reload nginx" never reloads a
#   standby, which serves old settings after the handover. twinbeat doctor says so of a
#   program that listens on a virtual address (src/cli/doctor_listen.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download nginx=1.22.1-9+deb12u11 haproxy=2.6.12-1+deb12u4 \
	libopentracing-c-wrapper0=1.1.3-3+b1 libopentracing1=1.6.0-4 \
	liblua5.3-0=5.3.6-2
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >nginx.conf <<CONF
pid $dir/nginx.pid;
error_log $dir/nginx.log;
events {}
http {
  access_log off;
  client_body_temp_path $dir/body;
  proxy_temp_path $dir/proxy;
  fastcgi_temp_path $dir/fastcgi;
  uwsgi_temp_path $dir/uwsgi;
  scgi_temp_path $dir/scgi;
  server { listen 192.0.2.100:8080; }
}
CONF
cat >haproxy.cfg <<'CONF'
defaults
  mode tcp
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend web
  bind 192.0.2.100:8081
CONF
cat >inside.sh <<'IN'
ip link set lo up
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
tell() {
	what=$1
	shift
	result=0
	"$@" >told 2>&1 || result=$?
	echo "$what: exit $result" $(grep -o 'Cannot assign requested address' told)
}
nginx() {
	root/usr/sbin/nginx -c "$PWD/nginx.conf" -e "$PWD/nginx.log" "$@"
}
haproxy() {
	root/usr/sbin/haproxy -f haproxy.cfg "$@"
}
for nonlocal in 0 1; do
	sysctl -qw net.ipv4.ip_nonlocal_bind=$nonlocal
	ip address add 192.0.2.100/32 dev lo
	tell "$nonlocal, owner: nginx -t" nginx -t
	tell "$nonlocal, owner: nginx" nginx
	ip address del 192.0.2.100/32 dev lo
	tell "$nonlocal, standby: nginx -t" nginx -t
	tell "$nonlocal, standby: nginx -s reload" nginx -s reload
	tell "$nonlocal, standby: nginx -s stop" nginx -s stop
	while [ -e nginx.pid ]; do sleep 0.1; done
	tell "$nonlocal, standby: haproxy -c" haproxy -c
	tell "$nonlocal, standby: haproxy" haproxy -D -p haproxy.pid
	[ ! -s haproxy.pid ] || kill $(cat haproxy.pid)
done
IN
unshare -nm sh -c 'mount -t sysfs sys /sys && exec timeout 60 sh inside.sh' >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
0, owner: nginx -t: exit 0
0, owner: nginx: exit 0
0, standby: nginx -t: exit 1 Cannot assign requested address
0, standby: nginx -s reload: exit 0
0, standby: nginx -s stop: exit 0
0, standby: haproxy -c: exit 0
0, standby: haproxy: exit 1 Cannot assign requested address
1, owner: nginx -t: exit 0
1, owner: nginx: exit 0
1, standby: nginx -t: exit 0
1, standby: nginx -s reload: exit 0
1, standby: nginx -s stop: exit 0
1, standby: haproxy -c: exit 0
1, standby: haproxy: exit 0
SEEN
diff wanted out
