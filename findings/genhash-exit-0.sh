#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# genhash of keepalived 1:2.2.7-1+b2 (Debian 12), which makes the digest of a page for
#   HTTP_GET: of a page, of the server's error 500 for it, of a port where nobody is.
# Guess: only of the page it prints a digest and exits with 0.
# Seen: exit 0 each time. Of the error it prints the digest of the error's page, as if
#   that were what the check is to find; of nobody "Connection failed", on stdout, where
#   a script reads the digest.
# Why it matters here: a digest that was made in a bad moment marks good servers as
#   down and bad ones as up, and twinbeat import takes a digest as it stands. "twinbeat
#   director probe" then shows of each server what its page is told to be.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download keepalived=1:2.2.7-1+b2
dpkg-deb -x keepalived_*.deb root
cat >web.py <<'PY'
import http.server


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = b"all is well\n" if self.path == "/good" else b"database is away\n"
        self.send_response(200 if self.path == "/good" else 500)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 8080), Page)
print("ready", flush=True)
server.serve_forever()
PY
cat >inside.sh <<'IN'
ip link set lo up
mkfifo it
/usr/bin/python3 web.py >it &
web=$!
read -r _ <it
tell() {
	result=0
	root/usr/bin/genhash -s 127.0.0.1 -p "$1" -u "$2" >told 2>err || result=$?
	echo "$1$2: exit $result:" $(cat told)
}
tell 8080 /good
tell 8080 /bad
tell 8081 /good
kill $web
IN
timeout 60 unshare -n sh inside.sh >out 2>&1 || true
cat out
grep -qx "8080/good: exit 0: $(echo 'all is well' | md5sum | cut -d' ' -f1)" out
grep -qx "8080/bad: exit 0: $(echo 'database is away' | md5sum | cut -d' ' -f1)" out
grep -qx '8081/good: exit 0: Connection failed' out
