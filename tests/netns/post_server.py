# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers for what twinbeat-notifier sends: SMTP (aiosmtpd) and HTTPS.

    post_server.py smtp|smtps|https|no-login FOLDER PORT

no-login is smtp that has lost who checks passwords: it offers no AUTH, and
takes no mail without.

Each mail, and each request, is a line of JSON in FOLDER/got. FOLDER/answers,
if it is there, says what is answered instead of yes: for a recipient an SMTP
answer, for "post" an HTTP status, for "hang" seconds in silence. It runs in
the network namespace that it is started in, on every address of it.
"""
import datetime
import http.server
import json
import os
import ssl
import sys
import time

LOGIN, PASSWORD = "lb", "correct horse"


def make_certificates(folder, name="mail.test", address="127.0.0.1"):
    """A root (ca.pem), a server's certificate for name and address, and one
    of the same name that nobody vouches for (stranger.pem)."""
    import ipaddress
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    def write(path, certificate, key):
        with open(os.path.join(folder, path), "wb") as f:
            f.write(certificate.public_bytes(serialization.Encoding.PEM))
            if key:
                f.write(key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption()))

    def make(subject, key, issuer, issuer_key, is_ca):
        def named(text):
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
        now = datetime.datetime.utcnow()
        return (x509.CertificateBuilder()
                .subject_name(named(subject)).issuer_name(named(issuer))
                .public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(days=1))
                .not_valid_after(now + datetime.timedelta(days=1))
                .add_extension(x509.SubjectAlternativeName(
                    [x509.DNSName(subject), x509.IPAddress(
                        ipaddress.ip_address(address))]), False)
                .add_extension(x509.BasicConstraints(is_ca, None), True)
                .sign(issuer_key, hashes.SHA256()))

    root, server, stranger = (ec.generate_private_key(ec.SECP256R1())
                              for _ in range(3))
    write("ca.pem", make("root", root, "root", root, True), None)
    write("server.pem", make(name, server, "root", root, False), server)
    write("stranger.pem", make(name, stranger, name, stranger, False),
          stranger)


class Folder:
    def __init__(self, path):
        self.path = path

    def answer(self, key):
        try:
            with open(self.path + "/answers", encoding="ascii") as f:
                return json.load(f).get(key)
        except FileNotFoundError:
            return None

    def keep(self, **what):
        with open(self.path + "/got", "a", encoding="utf-8") as f:
            f.write(json.dumps(what) + "\n")


class Mailbox:
    """aiosmtpd's handler."""

    def __init__(self, folder):
        self.folder = folder

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusal = self.folder.answer(address)
        self.folder.keep(rcpt=address, answer=refusal, at=time.monotonic())
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.folder.keep(
            mail=envelope.content.decode("ascii"), to=envelope.rcpt_tos,
            sender=envelope.mail_from, helo=session.host_name,
            tls=server.transport.get_extra_info("ssl_object") is not None,
            login=session.authenticated)
        return "250 kept"


class NoLogin(Mailbox):
    async def handle_EHLO(self, server, session, envelope, hostname, answer):
        session.host_name = hostname
        return [line for line in answer if "AUTH" not in line]


def serve_smtp(folder, port, context, whole, login):
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult

    def check(server, session, envelope, mechanism, data):
        good = (data.login, data.password) == (LOGIN.encode(),
                                               PASSWORD.encode())
        return AuthResult(success=good, handled=good)
    options = {"ssl_context": context, "auth_require_tls": False} if whole \
        else {"tls_context": context, "require_starttls": True}
    handler = Mailbox(folder) if login else NoLogin(folder)
    controller = Controller(handler, hostname="0.0.0.0", port=port,
                            authenticator=check, auth_required=True,
                            ready_timeout=20, **options)
    controller.start()
    return controller


class Poster(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.folder.answer("post") or 204
        time.sleep(self.folder.answer("hang") or 0)
        self.folder.keep(post=body.decode("ascii"), path=self.path,
                         status=status, headers=dict(self.headers))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def main(kind, path, port):
    folder = Folder(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path + "/" + (
        "stranger.pem" if os.path.exists(path + "/is_stranger")
        else "server.pem"))
    if kind == "https":
        Poster.folder = folder
        server = http.server.ThreadingHTTPServer(("0.0.0.0", port), Poster)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print("ready", flush=True)
        server.serve_forever()
    serve_smtp(folder, port, context, kind == "smtps", kind != "no-login")
    print("ready", flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
