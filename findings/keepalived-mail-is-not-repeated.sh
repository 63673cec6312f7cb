#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# keepalived 2.2.7-1+b2 (Debian 12), smtp_alert, with a mail server that is not there when
#   the state changes and there two seconds later, as one behind the address that has
#   just moved; then the state changes twice more.
# Guess: a mail that nobody took is kept for a while and tried again, as mail is.
# Seen: it is tried once and dropped. The log says "smtp fd 15 returned write error", not
#   which mail, nor that it is lost; no later mail speaks of it. The mails that follow
#   are sent.
# Why it matters here: the mail of a takeover is the one that is lost. twinbeat-notifier
#   keeps a message and tries it again, after 5 s at first (src/notifier/queue.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download keepalived=1:2.2.7-1+b2
dpkg-deb -x keepalived_*.deb root
cat >lb.conf <<'CONF'
global_defs {
  notification_email {
    admin@example.org
  }
  notification_email_from lb@example.org
  smtp_server 127.0.0.1 2525
  smtp_connect_timeout 2
  smtp_alert
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 55
  priority 100
  version 3
  advert_int 0.1
  virtual_ipaddress {
    192.0.2.100/32
  }
}
CONF
cat >server.py <<'PY'
import socketserver


class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        def say(text):
            self.wfile.write(text + b"\r\n")

        say(b"220 mail")
        for line in self.rfile:
            if line[:4].upper() == b"DATA":
                say(b"354 go on")
                for text in iter(self.rfile.readline, b".\r\n"):
                    if text.startswith(b"Subject:"):
                        with open("mails", "ab") as mails:
                            mails.write(text.split(b" - ")[-1].strip() + b"\n")
            elif line[:4].upper() == b"QUIT":
                return say(b"221 bye")
            say(b"250 ok")


socketserver.TCPServer.allow_reuse_address = True
with socketserver.ThreadingTCPServer(("127.0.0.1", 2525), Mail) as server:
    print("ready", flush=True)
    server.serve_forever()
PY
cat >inside.sh <<'IN'
ip link set lo up
ip link add eth0 type veth peer name eth1
ip address add 192.0.2.1/24 dev eth0
ip link set eth1 up && ip link set eth0 up
: >mails
mkfifo it
root/usr/sbin/keepalived -n -l -D -P -f lb.conf -p k.pid -r v.pid >log 2>&1 &
daemon=$!
until grep -q 'Entering MASTER' log; do sleep 0.1; done
sleep 2
/usr/bin/python3 server.py >it &
server=$!
read -r _ <it
sleep 20
echo "server away at MASTER, 20 s later:" $(cat mails)
ip link set eth1 down
until grep -q 'Entering FAULT' log; do sleep 0.1; done
sleep 2
ip link set eth1 up
until [ "$(grep -c 'Entering MASTER' log)" = 2 ]; do sleep 0.1; done
sleep 3
echo "fault and back:" $(cut -d' ' -f2- mails | tr '\n' ';')
grep -om1 'smtp fd .* returned write error' log | sed 's/fd [0-9]*/fd N/'
kill $daemon $server
wait
IN
timeout 90 unshare -n sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
server away at MASTER, 20 s later:
fault and back: FAULT state;BACKUP state;MASTER state;
smtp fd N returned write error
SEEN
diff wanted out
