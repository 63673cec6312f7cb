#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# curl with libcurl4 7.88.1-10+deb12u15, msmtp 1.8.23-1 and swaks 20201014.0-2 (all Debian
#   12), a mail for two recipients of whom the server refuses one (550), as the first or
#   as the second.
# Guess: the mail goes to the other one, as with every mail server's queue, and the exit
#   status tells of the one that was refused.
# Seen: neither. libcurl (error 55) and msmtp (65) send it to nobody, whichever of
#   the two it was. swaks sends it to the other one, and its exit status is 0; so
#   does curl with --mail-rcpt-allowfails.
# Why it matters here: who has left the company silences the alerts for all who are
#   still there. twinbeat-notifier sends each recipient a mail of its own and says of each
#   whether it was taken (src/notifier/send.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 \
	msmtp=1.8.23-1 libsecret-1-0=0.20.5-3 libgsasl18=2.2.0-1+deb12u2 \
	libidn12=1.41-1 libntlm0=1.6-4 libgssglue1=0.7-1.1 swaks=20201014.0-2
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >server.py <<'PY'
import socketserver


class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        def say(text):
            self.wfile.write(text + b"\r\n")

        taken = []
        say(b"220 mail")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"RCPT":
                bad = b"gone@" in line
                taken += [] if bad else [line]
                say(b"550 no such user" if bad else b"250 ok")
            elif word == b"DATA":
                say(b"354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                with open("mails", "a") as mails:
                    print(f"a mail to {len(taken)}", file=mails)
                say(b"250 ok")
            elif word == b"QUIT":
                return say(b"221 bye")
            else:
                say(b"250 ok")


socketserver.TCPServer.allow_reuse_address = True
with socketserver.ThreadingTCPServer(("127.0.0.1", 2525), Mail) as server:
    print("ready", flush=True)
    server.serve_forever()
PY
printf 'Subject: alert\r\n\r\nserver-down\r\n' >text
cat >inside.sh <<'IN'
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
ip link set lo up
mkfifo it
/usr/bin/python3 server.py >it &
server=$!
read -r _ <it
try() {
	name=$1
	shift
	: >mails
	result=0
	"$@" <text >told 2>&1 || result=$?
	echo "$name: exit $result," $(cat mails)
}
send() {
	try "$3 curl" root/usr/bin/curl -s smtp://127.0.0.1:2525 -T text \
		--mail-from a@example.org --mail-rcpt "$1" --mail-rcpt "$2"
	try "$3 curl, allowfails" root/usr/bin/curl -s smtp://127.0.0.1:2525 -T text \
		--mail-rcpt-allowfails --mail-from a@example.org \
		--mail-rcpt "$1" --mail-rcpt "$2"
	try "$3 msmtp" root/usr/bin/msmtp --host=127.0.0.1 --port=2525 --tls=off \
		--from=a@example.org "$1" "$2"
	try "$3 swaks" perl root/usr/bin/swaks --server 127.0.0.1:2525 \
		--from a@example.org --to "$1,$2" --data @text
}
send gone@example.org here@example.org first
send here@example.org gone@example.org second
kill $server
IN
timeout 60 unshare -n sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
first curl: exit 55,
first curl, allowfails: exit 0, a mail to 1
first msmtp: exit 65,
first swaks: exit 0, a mail to 1
second curl: exit 55,
second curl, allowfails: exit 0, a mail to 1
second msmtp: exit 65,
second swaks: exit 0, a mail to 1
SEEN
diff wanted out
