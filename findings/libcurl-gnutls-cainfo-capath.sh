#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# libcurl3-gnutls 7.88.1-10+deb12u15 (Debian 12), CURLOPT_CAINFO set, CURLOPT_CAPATH
#   not.
# Guess: one file of certificates was named, so that file alone is read.
# Seen: each connection reads every file of /etc/ssl/certs as well. With
#   CURLOPT_CAPATH = NULL none of them is read.
# Why it matters here: the checker asks each server by a new connection; it spent
#   its time on 140 certificates and answered too late (src/checker/http.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download libcurl3-gnutls=7.88.1-10+deb12u15 strace=6.1-0.1
for package in *.deb; do dpkg-deb -x "$package" root; done
openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 \
	-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>/dev/null
cat >serve.py <<'PY'
import http.server, ssl
server = http.server.HTTPServer(("127.0.0.1", 4433),
                                http.server.SimpleHTTPRequestHandler)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain("cert", "key")
server.socket = tls.wrap_socket(server.socket, server_side=True)
open("ready", "w").close()
server.serve_forever()
PY
cat >ask.py <<'PY'
import ctypes, glob, sys
curl = ctypes.CDLL(glob.glob("root/usr/lib/*/libcurl-gnutls.so.4")[0])
curl.curl_easy_init.restype = ctypes.c_void_p
easy = ctypes.c_void_p(curl.curl_easy_init())
URL, CAINFO, CAPATH, NOBODY = 10002, 10065, 10097, 44
curl.curl_easy_setopt(easy, URL, b"https://127.0.0.1:4433/")
curl.curl_easy_setopt(easy, CAINFO, b"cert")
curl.curl_easy_setopt(easy, NOBODY, ctypes.c_long(1))
if len(sys.argv) > 1:
    curl.curl_easy_setopt(easy, CAPATH, None)
sys.exit(curl.curl_easy_perform(easy))
PY
cat >inside.sh <<'IN'
ip link set lo up
# the system's certificates: ten, so that the count is known
mount -t tmpfs none /etc/ssl/certs
for i in 0 1 2 3 4 5 6 7 8 9; do cp cert "/etc/ssl/certs/$i.pem"; done
python3 serve.py 2>/dev/null &
server=$!
for i in $(seq 100); do [ -e ready ] && break; sleep 0.1; done
for no in "" no; do
	result=0
	root/usr/bin/strace -f -o trace -e trace=openat python3 ask.py $no ||
		result=$?
	echo "CAPATH ${no:-untouched}: exit $result," \
		"$(grep -c '"/etc/ssl/certs/[0-9].pem"' trace || true) files"
done
kill $server
IN
unshare -n -m sh inside.sh >out 2>&1 || true
cat out
grep -qx 'CAPATH untouched: exit 0, 10 files' out &&
	grep -qx 'CAPATH no: exit 0, 0 files' out
