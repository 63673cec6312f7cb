#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fence_eps (fence-agents 4.12.1-1, Debian 12), for an ePowerSwitch 8M+, played by a web
#   server that answers as the agent expects it ("p01=1 <br>").
# Guess: an agent of a stable release works with its device, or is not in the package; its
#   port is the one that "ipport" says, as of the other agents of web devices.
# Seen: it asks, gets the page, and ends with a Python error (a pattern of text on bytes),
#   exit 1, each time: "status", "monitor", "on" and "off" alike, so it never switches
#   anything. It asks on port 80 whatever "ipport" is. With a user it fails before it
#   asks, by a function that Python 3 does not have. "metadata" and "validate-all" are
#   exit 0.
# Why it matters here: Pacemaker takes it, and a fence fails when it is needed. twinbeat
#   reads each plug every monitor_s: one that cannot be read is an alert from the first
#   minute, is never proven, and so never counts (R1).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download fence-agents=4.12.1-1 python3-pexpect=4.8.0-4 \
	python3-ptyprocess=0.7.0-5 python3-pycurl=7.45.2-3 \
	libcurl3-gnutls=7.88.1-10+deb12u15
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >switch.py <<'PY'
import http.server


class Switch(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("asked", "a") as asked:
            print(self.path, file=asked)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>\np01=1 <br>\np02=1 <br>\n</html>\n")

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 80), Switch)
print("ready", flush=True)
server.serve_forever()
PY
cat >inside.sh <<'IN'
ip link set lo up
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
export PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages:$PWD/root/usr/share/fence
mkfifo it
/usr/bin/python3 switch.py >it &
switch=$!
read -r _ <it
tell() {
	: >asked
	result=0
	printf '%s\n' ip=127.0.0.1 "$@" | /usr/bin/python3 -W ignore \
		root/usr/sbin/fence_eps >told 2>&1 || result=$?
	echo "$*: exit $result, asked $(wc -l <asked)" \
		$(grep -o '^TypeError\|^AttributeError' told)
}
tell plug=01 action=validate-all
for action in status monitor on off; do tell plug=01 action=$action; done
tell plug=01 action=status ipport=8080
tell plug=01 action=status username=admin password=example
kill $switch
IN
timeout 240 unshare -n sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
plug=01 action=validate-all: exit 0, asked 0
plug=01 action=status: exit 1, asked 1 TypeError
plug=01 action=monitor: exit 1, asked 1 TypeError
plug=01 action=on: exit 1, asked 1 TypeError
plug=01 action=off: exit 1, asked 1 TypeError
plug=01 action=status ipport=8080: exit 1, asked 1 TypeError
plug=01 action=status username=admin password=example: exit 1, asked 0 AttributeError
SEEN
diff wanted out
