#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# libcurl3-gnutls 7.88.1-10+deb12u15 (Debian 12, by python3-pycurl 7.45.2-3), a mail
#   with CURLOPT_USERNAME and CURLOPT_PASSWORD to a server that offers in its answer
#   to EHLO: AUTH LOGIN; AUTH GSSAPI alone; no AUTH.
# Guess: where it cannot log in it fails before MAIL FROM, CURLE_LOGIN_DENIED (67), in
#   both cases: who sets a password does not want to be a stranger.
# Seen: so of GSSAPI alone. Without AUTH it goes on as if no user were set: the mail
#   is sent, or MAIL FROM is refused like a stranger's (530), error 55 and no word of
#   a login. A mail server offers no AUTH while its password checker is away.
# Why it matters here: an alert was refused "for good" by such a 530 and not tried
#   again. twinbeat-notifier looks for AUTH itself, says "offers no login", and keeps
#   the mail (src/notifier/send.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download python3-pycurl=7.45.2-3 libcurl3-gnutls=7.88.1-10+deb12u15
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >send.py <<'PY'
import io, socket, threading
import pycurl


def serve(server, offer, refusal, said):
    with server.accept()[0] as talk, talk.makefile("rwb", 0) as lines:
        lines.write(b"220 mail.test\r\n")
        for line in iter(lines.readline, b""):
            verb = line.split()[0].upper().decode()
            said.append(verb)
            if verb == "EHLO":
                lines.write(b"250-mail.test\r\n" + offer + b"250 8BITMIME\r\n")
            elif verb == "AUTH":
                said[-1] = line.strip().decode()[:10]
                lines.write(b"334 VXNlcm5hbWU6\r\n")
                lines.readline()
                lines.write(b"334 UGFzc3dvcmQ6\r\n")
                lines.readline()
                lines.write(b"235 welcome\r\n")
            elif verb == "MAIL" and refusal:
                lines.write(refusal)
            elif verb == "DATA":
                lines.write(b"354 go on\r\n")
                while lines.readline().strip() != b".":
                    pass
                lines.write(b"250 kept\r\n")
            elif verb == "QUIT":
                lines.write(b"221 bye\r\n")
                return
            else:
                lines.write(b"250 fine\r\n")


print(pycurl.version.split()[1])
for offer, refusal in ((b"250-AUTH LOGIN\r\n", b""), (b"250-AUTH GSSAPI\r\n", b""),
                       (b"", b""), (b"", b"530 5.7.0 Authentication required\r\n")):
    server, said, result = socket.create_server(("127.0.0.1", 0)), [], 0
    thread = threading.Thread(target=serve, args=(server, offer, refusal, said))
    thread.start()
    curl = pycurl.Curl()
    for option, value in (
            (pycurl.URL, "smtp://127.0.0.1:%d" % server.getsockname()[1]),
            (pycurl.USERNAME, "lb"), (pycurl.PASSWORD, "example"),
            (pycurl.MAIL_FROM, "<lb@example.net>"),
            (pycurl.MAIL_RCPT, ["<ops@example.net>"]), (pycurl.UPLOAD, 1),
            (pycurl.TIMEOUT, 20),
            (pycurl.READDATA, io.BytesIO(b"Subject: alert\r\n\r\nx\r\n"))):
        curl.setopt(option, value)
    try:
        curl.perform()
    except pycurl.error as error:
        result = error.args[0]
    curl.close()
    thread.join()
    print("%s%s: error %d: %s" % (
        offer.decode().strip()[4:] or "no AUTH",
        ", 530" if refusal else "", result, ", ".join(said)))
PY
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
export PYTHONPATH="$PWD/root/usr/lib/python3/dist-packages"
timeout 120 unshare -n sh -c 'ip link set lo up && exec /usr/bin/python3 send.py' \
	>out 2>&1 || true
cat out
grep -qx 'libcurl/7.88.1' out
grep -qxE 'AUTH LOGIN: error 0: EHLO, AUTH LOGIN, MAIL, RCPT, DATA(, QUIT)?' out
grep -qxE 'AUTH GSSAPI: error 67: EHLO(, QUIT)?' out
grep -qxE 'no AUTH: error 0: EHLO, MAIL, RCPT, DATA(, QUIT)?' out
grep -qxE 'no AUTH, 530: error 55: EHLO, MAIL(, QUIT)?' out
