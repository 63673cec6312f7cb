# SPDX-License-Identifier: GPL-3.0-or-later
"""R20: the road of an alert to a phone and of the reply back, with the real
gammu-smsd, whose phone is a folder, the real smsd of smstools, whose modem is a
socket, and with an alias of a mail server."""
import email.message
import json
import os
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import threading
import time

import pytest

from lab import BUILD, ROOT, wait_for
from test_pair import nobody_was_shot, serve
from test_question import answer

SMSD = """[gammu]
model = dummy
connection = none
device = {dir}/phone
[smsd]
service = files
inboxpath = {dir}/in/
outboxpath = {dir}/out/
sentsmspath = {dir}/sent/
errorsmspath = {dir}/failed/
logfile = {dir}/log
checksecurity = 0
commtimeout = 1
receivefrequency = 1
statusfrequency = 0
{on_receive}
"""
# as a phone has it when it came from the network
RECEIVED = """[SMSBackup000]
PDU = Deliver
DateTime = 20261129T122419Z
State = UnRead
Number = "+491701234567"
Text00 = {hex}
Coding = Default_No_Compression
Folder = 1
Length = {length}
Class = -1
"""


SMSTOOLS = """devices = GSM1
{paths}
infofile = {dir}/working
pidfile = {dir}/pid
logfile = {dir}/log
loglevel = 7
delaytime = 1
delaytime_mainprocess = 1
eventhandler = {dir}/handler
decode_unicode_text = yes
[GSM1]
device = @127.0.0.1:{port}
init =
incoming = yes
check_memory_method = 0
memory_start = 1
baudrate = 115200
"""
# a modem on a socket; its SIM card is a folder of received PDUs
MODEM = """
import os, re, socket, sys
sim, port = sys.argv[1], int(sys.argv[2])
with socket.create_server(("127.0.0.1", port)) as ear:
    print("ready", flush=True)
    while True:
        wire, _ = ear.accept()
        with wire, wire.makefile("rb") as lines:
            text = b""
            while True:
                byte = lines.read(1)
                if not byte:
                    break
                if byte not in b"\\r\\x1a":
                    text += byte
                    continue
                said, text = text.decode("latin-1").strip(), b""
                answer, path = "OK", None
                found = re.match(r"AT\\+CMG([RDS])=(\\d+)", said)
                if found:
                    path = "%s/%s" % (sim, found[2])
                if byte == b"\\x1a":
                    answer = "+CMGS: 1\\r\\n\\r\\nOK"
                elif found and found[1] == "S":
                    wire.sendall(b"\\r\\n> ")
                    continue
                elif found and found[1] == "R" and os.path.exists(path):
                    pdu = open(path).read()
                    answer = "+CMGR: 0,,%d\\r\\n%s\\r\\n\\r\\nOK" % (
                        len(pdu) // 2 - 1, pdu)
                elif found and found[1] == "D" and os.path.exists(path):
                    os.unlink(path)
                elif "CPMS?" in said:
                    answer = '+CPMS: %s\\r\\n\\r\\nOK' % ",".join(
                        ['"SM",%d,5' % len(os.listdir(sim))] * 3)
                elif "CREG?" in said:
                    answer = "+CREG: 0,1\\r\\n\\r\\nOK"
                elif "CPIN?" in said:
                    answer = "+CPIN: READY\\r\\n\\r\\nOK"
                wire.sendall(("\\r\\n%s\\r\\n" % answer).encode())
"""


def pdu_of(text):
    """An SMS as it lies on the card (3GPP TS 23.040): in UCS2 if it must be."""
    head = "0004" + "0C91947110325476"
    if text.isascii():
        bits = sum(ord(c) << 7 * i for i, c in enumerate(text))
        data = bits.to_bytes((len(text) * 7 + 7) // 8, "little")
        coding, length = "00", len(text)
    else:
        data = text.encode("utf-16-be")
        coding, length = "08", len(data)
    return head + "00" + coding + "62112141220000" + "%02X" % length + \
        data.hex().upper()


def from_readme(start):
    """The line of README that begins so, with the program that is tested."""
    with open(ROOT + "/README.md", encoding="utf-8") as f:
        lines = [line.strip() for line in f if line.startswith(start)]
    assert len(lines) == 1 and "sudo twinbeat answer" in lines[0]
    return lines[0]


def for_node(line, node):
    return line.replace("sudo twinbeat", "%s/twinbeat --run-dir %s" % (
        BUILD, node.run_dir))


class Phone:
    """gammu-smsd beside a node; what it sends, and what a person replies."""

    def __init__(self, lab, node):
        self.dir = lab.dir + "/sms"
        for name in ["in", "out", "sent", "failed"] + [
                "phone/sms/%d" % i for i in range(1, 6)]:
            os.makedirs("%s/%s" % (self.dir, name))
        self.file = self.dir + "/smsdrc"
        with open(self.file, "w", encoding="ascii") as f:
            f.write(SMSD.format(dir=self.dir, on_receive=for_node(
                from_readme("RunOnReceive"), node)))
        self.daemon = node.spawn("gammu-smsd", "-c", self.file)
        self.count = 0

    def close(self):
        self.daemon.kill()
        self.daemon.wait()

    def log(self):
        try:
            with open(self.dir + "/log", encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def sent(self):
        """The texts that went out, whole again."""
        texts = []
        for name in sorted(os.listdir(self.dir + "/sent")):
            with open(self.dir + "/sent/" + name, encoding="utf-8") as f:
                parts = re.findall(r"^Text\d\d = ([0-9A-F]*)", f.read(), re.M)
            texts.append(bytes.fromhex("".join(parts)).decode("utf-16-be"))
        return texts

    def receive(self, text):
        self.count += 1
        path = "%s/phone/sms/1/%d" % (self.dir, self.count)
        with open(self.dir + "/new", "w", encoding="ascii") as f:
            f.write(RECEIVED.format(hex=text.encode("utf-16-be").hex().upper(),
                                    length=len(text)))
        os.rename(self.dir + "/new", path)
        wait_for("the SMS is fetched", lambda: not os.path.exists(path), 20)


def write_program(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path


def ask(make_lab, command):
    """A settled pair whose standby disagrees; its alerts go to command."""
    lab = make_lab(boot=False, on_disagreement="ask")
    hook = write_program(lab.dir + "/hook", command.format(dir=lab.dir))
    lab.write_config(on_disagreement="ask", extra='notify = ( { on = ( "alert"'
                     ' ); command = "%s"; } );' % hook)
    for node in lab.nodes:
        node.power_on()
    lab.settle()
    return lab


def code_in(text):
    found = re.search(r"Reply ([A-Z2-9]{8}) and a number", text)
    return found.group(1) if found else None


def told_by(lab):
    """The words of the question, as a program got them."""
    try:
        with open(lab.dir + "/told.lb02", encoding="ascii") as f:
            return next((json.loads(line)["reason"] for line in f
                         if code_in(line)), None)
    except FileNotFoundError:
        return None


class Aliases:
    """A handler of aiosmtpd: what /etc/aliases does for a mail server."""

    def __init__(self, line):
        self.name, command = line.split(": ", 1)
        assert command[:2] == '"|' and command[-1] == '"'
        self.command = command[2:-1]
        self.said = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.split("@")[0] != self.name:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        done = subprocess.run(["sh", "-c", self.command], check=False,
                              input=envelope.content, capture_output=True)
        self.said.append((done.returncode, done.stdout + done.stderr))
        return "250 OK"


def reply(text, encoding, quoted):
    """As phones and mail programs make it of an alert."""
    message = email.message.EmailMessage()
    message["From"], message["To"] = "ops@mail.test", "twinbeat@lb02.test"
    message["Subject"] = "Re: [web/lb02] CRITICAL question"
    body = text + "\n\nVon meinem Telefon gesendet\n\n> " + quoted
    message.set_content(body, cte=encoding)
    message.add_alternative("<p>%s</p><blockquote>%s</blockquote>" % (
        text, quoted), subtype="html", cte=encoding)
    return message


@pytest.mark.parametrize("encoding", ["7bit", "quoted-printable", "base64"])
def test_R20_a_reply_by_mail_through_an_alias(make_lab, encoding):
    from aiosmtpd.controller import Controller
    lab = ask(make_lab, "cat >>{dir}/told.$TWINBEAT_NODE\n")
    lb01, lb02 = lab.nodes
    handler = Aliases(for_node(from_readme("twinbeat: "), lb02))
    server = Controller(handler, hostname="127.0.0.1", port=0)
    # port 0: aiosmtpd asks itself at the port that it was told
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server.port = free.getsockname()[1]
    server.start()
    try:
        lab.break_path()
        alert = wait_for("a program is told of it", lambda: told_by(lab))
        code = code_in(alert)

        def send(message, to="twinbeat"):
            with smtplib.SMTP("127.0.0.1", server.port) as client:
                client.send_message(message, to_addrs=[to + "@lb02.test"])
        send(reply("yes please", encoding, alert))
        assert handler.said[-1][0] == 1 and b"no code" in handler.said[-1][1]
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(reply(code + " 1", encoding, alert), "postmaster")
        assert "question" in lb02.alerts() and nobody_was_shot(lab)
        send(reply(code + " 1", encoding, alert))
        assert handler.said[-1][0] == 0, handler.said
        serve(lab, lb02)
        assert lb02.proof() == "fenced" and not lb01.is_powered()
    finally:
        server.stop()


@pytest.mark.skipif(not shutil.which("gammu-smsd"), reason="no gammu-smsd")
def test_R20_an_sms_asks_and_an_sms_answers(make_lab):
    lab = ask(make_lab, "[ $TWINBEAT_EVENT-$TWINBEAT_ALERT = "
              "alert-raised-question ] || exit 0\n"
              "exec env LC_ALL=C.UTF-8 gammu-smsd-inject -c {dir}/sms/smsdrc "
              "TEXT +491701234567 -autolen 600 -text \"$TWINBEAT_TEXT\"\n")
    lb01, lb02 = lab.nodes
    phone = Phone(lab, lb02)
    try:
        wait_for("gammu-smsd runs", phone.log, 10)
        lab.break_path()
        code = wait_for("the SMS is sent", lambda: next(
            (code_in(text) for text in phone.sent() if code_in(text)), None),
            30)
        # somebody else's number, a wrong code, no code: nothing happens
        phone.receive("ok will do")
        phone.receive("WRNGC2DE 1")
        time.sleep(1)
        assert "question" in lb02.alerts() and nobody_was_shot(lab)
        # as phones write it: small letters, a blank and a line more
        phone.receive(" %s  1\n" % code.lower())
        serve(lab, lb02, 30)
        assert lb02.proof() == "fenced" and not lb01.is_powered()
        assert "question: a wrong code was given, 1 since" in lb02.read_log()
    finally:
        print(phone.log(), phone.sent())
        phone.close()


class Smstools:
    """smsd of smstools beside a node, with README's script."""

    def __init__(self, lab, node):
        self.dir = lab.dir + "/sms"
        port = 12345    # in the node's own network
        self.sim = self.dir + "/sim"
        names = ["outgoing", "checked", "incoming", "failed", "sent"]
        for name in names + ["sim"]:
            os.makedirs("%s/%s" % (self.dir, name))
        write_program(self.dir + "/handler", for_node(
            from_readme('[ "$1" != RECEIVED'), node) + "\n")
        with open(self.dir + "/conf", "w", encoding="ascii") as f:
            f.write(SMSTOOLS.format(dir=self.dir, port=port, paths="".join(
                "%s = %s/%s\n" % (name, self.dir, name) for name in names)))
        self.processes = [node.spawn(sys.executable, "-c", MODEM, self.sim,
                                     str(port), log=self.dir + "/modem")]
        wait_for("a modem", lambda: "ready" in self.read("modem"))
        self.processes.append(node.spawn(
            "smsd", "-t", "-c" + self.dir + "/conf", log=self.dir + "/out"))

    def read(self, name):
        try:
            with open("%s/%s" % (self.dir, name), encoding="utf-8",
                      errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()

    def sent(self):
        return [self.read("sent/" + name)
                for name in os.listdir(self.dir + "/sent")]

    def receive(self, text):
        with open(self.dir + "/new", "w", encoding="ascii") as f:
            f.write(pdu_of(text))
        os.rename(self.dir + "/new", self.sim + "/1")
        wait_for("the SMS is fetched", lambda: not os.listdir(self.sim), 40)


@pytest.mark.skipif(not shutil.which("smsd"), reason="no smstools")
def test_R20_an_sms_by_smstools_answers(make_lab):
    lab = ask(make_lab, "[ $TWINBEAT_EVENT-$TWINBEAT_ALERT = "
              "alert-raised-question ] || exit 0\n"
              "printf 'To: 491701234567\\n\\n%s\\n' \"$TWINBEAT_TEXT\" "
              ">{dir}/sms/new.sms && mv {dir}/sms/new.sms {dir}/sms/outgoing\n")
    lb01, lb02 = lab.nodes
    gateway = Smstools(lab, lb02)
    try:
        wait_for("smsd runs", lambda: gateway.read("working") or
                 gateway.read("log"), 20)
        lab.break_path()
        code = wait_for("the SMS is sent", lambda: next(
            (code_in(text) for text in gateway.sent() if code_in(text)), None),
            60)
        gateway.receive("WRNGC2DE 1")
        gateway.receive("mach ich sp\u00e4ter")
        time.sleep(2)
        assert "question" in lb02.alerts() and nobody_was_shot(lab)
        gateway.receive("%s 1 \u2713" % code.lower())
        serve(lab, lb02, 30)
        assert lb02.proof() == "fenced" and not lb01.is_powered()
    finally:
        print(gateway.read("log")[-3000:], gateway.read("out"),
              gateway.read("modem"))
        gateway.close()


def test_R20_a_flood_of_guesses_keeps_nobody_out(make_lab):
    """Eight at a time guess without end; who knows the code is heard."""
    lab = ask(make_lab, "cat >>{dir}/told.$TWINBEAT_NODE\n")
    lb02 = lab.nodes[1]
    lab.break_path()
    code = code_in(wait_for("a program is told of it", lambda: told_by(lab)))
    stop = threading.Event()
    counts = [0] * 8

    def guess(which):
        while not stop.is_set():
            answer(lb02, "GUESS%dAB 1" % (which + 2))
            counts[which] += 1
    threads = [threading.Thread(target=guess, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    try:
        wait_for("many have guessed", lambda: sum(counts) > 80, 40)
        assert nobody_was_shot(lab) and "question" in lb02.alerts()
        begun = time.monotonic()
        done = answer(lb02, "%s 1" % code)
        took = time.monotonic() - begun
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert done.returncode == 0, done.stdout
    assert took < 5, took
    serve(lab, lb02)
    lines = [line for line in lb02.read_log().splitlines()
             if "a wrong code was given" in line]
    # the 1st, the 10th, the 100th: not one for each
    assert 2 <= len(lines) <= 4, lines
