#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# curl 7.88.1-10+deb12u15 with --fail, check_http of monitoring-plugins-basic
#   2.3.3-5+deb12u2 and haproxy 2.6.12-1+deb12u4 with "option httpchk" (all Debian 12),
#   of a server that answers 301, as one does that has moved or shows a login page.
# Guess: only what was asked for is a success; a redirection that is not followed is not.
# Seen: it is for all three. curl has exit 0, though nobody has taken the POST of a
#   webhook; check_http says "HTTP OK", haproxy calls the server UP. "curl --fail -L" does
#   follow, and asks by GET, without the data: exit 0 again. Of 404 curl has 22,
#   check_http is a WARNING, exit 1, and haproxy says DOWN.
# Why it matters here: a notify script with curl --fail loses each alert, exit 0.
#   twinbeat-notifier takes 2xx alone for delivered (src/notifier/send.c), and a check of
#   type http takes 200 to 299 unless "status" says more; who moves from haproxy, or has
#   check_http as a "command", finds servers down that were up.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
	monitoring-plugins-basic=2.3.3-5+deb12u2 haproxy=2.6.12-1+deb12u4 \
	libopentracing-c-wrapper0=1.1.3-3+b1 libopentracing1=1.6.0-4
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >web.py <<'PY'
import http.server


class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        size = int(self.headers.get("Content-Length", 0))
        self.rfile.read(size)
        with open("asked", "a") as asked:
            print(f"{self.command} {self.path} {size}", file=asked)
        self.send_response({"/old": 301, "/none": 404}.get(self.path, 200))
        self.send_header("Location", "/login")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_OPTIONS = do_GET

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Web)
print("ready", flush=True)
server.serve_forever()
PY
cat >haproxy.cfg <<CONF
global
  stats socket $dir/admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
backend moved
  option httpchk GET /old
  server one 127.0.0.1:8080 check inter 200ms
backend absent
  option httpchk GET /none
  server one 127.0.0.1:8080 check inter 200ms
CONF
cat >show.py <<'PY'
import csv, io, socket

admin = socket.socket(socket.AF_UNIX)
admin.connect("admin")
admin.sendall(b"show stat\n")
text = b"".join(iter(lambda: admin.recv(65536), b"")).decode()
for row in csv.DictReader(io.StringIO(text[2:])):
    if row["svname"] == "one":
        print("haproxy:", row["check_code"], row["status"])
PY
cat >inside.sh <<'IN'
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
ip link set lo up
mkfifo it
/usr/bin/python3 web.py >it &
web=$!
read -r _ <it
tell() {
	: >asked
	result=0
	"$@" >told 2>&1 || result=$?
	echo "${1##*/}: exit $result, asked:" $(tr '\n' ' ' <asked)
}
for path in old none; do
	tell root/usr/bin/curl -s --fail -d alert=1 http://127.0.0.1:8080/$path
	tell root/usr/bin/curl -s --fail -L -d alert=1 http://127.0.0.1:8080/$path
	tell root/usr/lib/nagios/plugins/check_http -I 127.0.0.1 -p 8080 -u /$path
done
root/usr/sbin/haproxy -db -f haproxy.cfg >log 2>&1 &
haproxy=$!
sleep 3
/usr/bin/python3 show.py
kill $haproxy $web
wait
IN
timeout 60 unshare -n sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
curl: exit 0, asked: POST /old 7
curl: exit 0, asked: POST /old 7 GET /login 0
check_http: exit 0, asked: GET /old 0
curl: exit 22, asked: POST /none 7
curl: exit 22, asked: POST /none 7
check_http: exit 1, asked: GET /none 0
haproxy: 301 UP
haproxy: 404 DOWN
SEEN
diff wanted out
