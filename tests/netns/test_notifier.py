# SPDX-License-Identifier: GPL-3.0-or-later
"""Alerts that reach a person: twinbeat-notifier against real servers of mail
and web (post_server.py), with TLS, a login, refusals and outages."""
import fcntl
import hashlib
import hmac
import json
import os
import re
import signal
import socket
import struct
import subprocess
import time

import aiosmtpd.controller  # of the servers: once, not for each of them
import pytest

import post_server
from puppet import Program
from test_daemon import BUILD, wait_for

KEY = "a key of the webhook"
SERVER = """import post_server, sys
post_server.main(*sys.argv[1:3], int(sys.argv[3]))"""


class Post:
    """A server in the daemon's network; the daemon is told of it."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.dir = daemon.dir
        self.process = None
        post_server.make_certificates(self.dir)
        for name, secret in (("password", post_server.PASSWORD),
                             ("webhook.key", KEY)):
            with open(os.path.join(self.dir, name), "w",
                      encoding="ascii") as f:
                f.write(secret + "\n")
            os.chmod(f.name, 0o600)

    def start(self, kind, port):
        self.stop()
        self.process = Program(
            "/proc/%d/ns/net" % self.daemon.holder.pid, SERVER, kind, self.dir,
            str(port))
        assert self.process.stdout.readline() == "ready\n"
        return self

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
            self.process = None

    def answer(self, **what):
        with open(self.dir + "/answers.new", "w", encoding="ascii") as f:
            json.dump(what, f)
        os.rename(f.name, self.dir + "/answers")

    def got(self, kind):
        try:
            with open(self.dir + "/got", encoding="utf-8") as f:
                lines = f.read().split("\n")[:-1]
        except FileNotFoundError:
            return []
        return [one for one in map(json.loads, lines) if kind in one]

    def mail_settings(self, to=("ops@mail.test",), port=587, tls="starttls",
                      **more):
        keys = {"server": "127.0.0.1", "port": port, "tls": tls,
                "ca_file": self.dir + "/ca.pem", "user": post_server.LOGIN,
                "password_file": self.dir + "/password", "interval_s": 0,
                "gather_ms": 100, **more}
        return "notify = ( { mail = true; } ); mail = { to = ( %s ); %s };" % (
            ", ".join('"%s"' % one for one in to),
            " ".join("%s = %s;" % (key, json.dumps(value))
                     for key, value in keys.items()))

    def webhook_settings(self, **more):
        return 'notify = ( { webhook = "https://127.0.0.1:8443/hook"; ' \
            'ca_file = "%s/ca.pem"; key_file = "%s/webhook.key"; %s } );' % (
                self.dir, self.dir, " ".join(
                    "%s = %s;" % (key, json.dumps(value))
                    for key, value in more.items()))


@pytest.fixture
def post(daemon):
    made = Post(daemon)
    yield made
    made.stop()


def receivers(daemon):
    return daemon.status()["notify"]


def notifiers(daemon):
    """The pids of the runner's children of that name."""
    runner = daemon.helpers()["runner"]
    with open("/proc/%d/task/%d/children" % (runner, runner),
              encoding="ascii") as f:
        pids = f.read().split()
    found = []
    for pid in pids:
        try:
            with open("/proc/%s/cmdline" % pid, encoding="ascii") as line:
                if line.read().startswith("twinbeat-notifier"):
                    found.append(int(pid))
        except OSError:
            pass
    return found


def rights_of(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in f
                     if ":\t" in line)
    return {key: lines[key] for key in ("CapEff", "CapPrm", "CapBnd",
                                        "NoNewPrivs")}


def wait_receiver(daemon, state, seconds=10, which=0):
    return wait_for("receiver is " + state, lambda: [
        one for one in [receivers(daemon)[which]] if one["state"] == state],
        seconds)[0]


def subjects(mails):
    return [re.search(r"^Subject: (.*?)\r?$", one["mail"], re.M)[1]
            for one in mails]


def numbers(mails):
    """The events that the bodies tell, by number."""
    return [int(n) for one in mails
            for n in re.findall(r"^20\S+Z #(\d+) ", one["mail"], re.M)]


def happen(daemon):
    """Something that is told: two changes of state."""
    def state():
        return daemon.status()["instances"][0]["state"]
    daemon.inside("ip", "link", "set", "eth0", "down")
    wait_for("FAULT", lambda: state() == "FAULT")
    daemon.inside("ip", "link", "set", "eth0", "up")
    wait_for("fit again", lambda: state() != "FAULT")


# ---- mail ----

@pytest.mark.parametrize("kind, port, tls", [("smtp", 587, "starttls"),
                                             ("smtps", 465, "tls")])
def test_mail_goes_with_tls_and_login_and_the_notifier_ends(
        daemon, post, kind, port, tls):
    post.start(kind, port)
    daemon.write(lease_s=5, dead_ms=2000,
                 extra=post.mail_settings(port=port, tls=tls))
    daemon.serve()
    mails = wait_for("mail of MASTER", lambda: [
        one for one in post.got("mail") if "VI_1 is MASTER" in one["mail"]])
    assert mails[0]["tls"] and mails[0]["login"]
    assert mails[0]["to"] == ["ops@mail.test"]
    assert mails[0]["sender"] == "twinbeat@lb01"
    assert mails[0]["helo"] == "lb01"
    assert subjects(mails)[0].startswith("[twinbeat web] lb01: ")
    assert "\nAuto-Submitted: auto-generated" in mails[0]["mail"]
    told = wait_receiver(daemon, "fine")
    assert told["to"] == "mail:ops@mail.test"
    # an alert that came meanwhile is on its way, too
    wait_for("all of it", lambda: not receivers(daemon)[0]["waiting"])
    # idle: no process, nothing on disk; and it comes again when it must
    wait_for("it ends", lambda: not notifiers(daemon), 15)
    assert not os.path.exists(daemon.state_dir + "/notify")
    assert daemon.status()["instances"][0]["state"] == "MASTER"
    before = len(post.got("mail"))
    happen(daemon)
    wait_for("more mail", lambda: len(post.got("mail")) > before)
    assert sorted(set(numbers(post.got("mail")))) == list(
        range(1, max(numbers(post.got("mail"))) + 1))


def test_mail_greylisted_by_450_is_tried_again(daemon, post):
    post.answer(**{"ops@mail.test": "450 4.7.1 Greylisted, come again"})
    post.start("smtp", 587)
    daemon.write(lease_s=5, dead_ms=2000, extra=post.mail_settings())
    daemon.serve()
    told = wait_receiver(daemon, "later")
    assert "Greylisted" in told["text"] and told["waiting"] > 0
    assert os.path.exists(daemon.state_dir + "/notify")
    assert "notify-failed" not in daemon.alerts()
    post.answer()
    wait_receiver(daemon, "fine", 20)
    mails = post.got("mail")
    assert sorted(numbers(mails)) == list(range(1, 1 + len(numbers(mails))))
    tries = [one["at"] for one in post.got("rcpt")]
    assert tries[1] - tries[0] > 4.5
    assert "notify-failed" not in daemon.alerts()


def test_mail_refused_by_550_is_not_tried_again_and_shown(daemon, post):
    post.answer(**{"gone@mail.test": "550 5.1.1 No such user here"})
    post.start("smtp", 587)
    daemon.write(lease_s=5, dead_ms=2000, extra=post.mail_settings(
        to=("gone@mail.test", "ops@mail.test"), gather_ms=1000))
    daemon.serve()
    told = wait_receiver(daemon, "refused")
    assert told["to"] == "mail:gone@mail.test"
    assert "550 5.1.1 No such user" in told["text"]
    wait_for("the alert", lambda: "notify-failed" in daemon.alerts())
    text = [one["text"] for one in daemon.status()["alerts"]
            if one["name"] == "notify-failed"][0]
    assert "mail:gone@mail.test is not told: 550 5.1.1" in text
    # the other one is told all the same
    wait_for("ops", lambda: [one for one in post.got("mail")
                             if one["to"] == ["ops@mail.test"]])
    # each event is refused once: what is tried now is younger
    wait_for("the alert's own mail", lambda: [
        one for one in post.got("mail") if "notify-failed" in one["mail"]])
    wait_for("the last event", lambda: [
        one for one in post.got("mail") if "no-standby" in one["mail"]], 15)
    wait_for("nothing waits", lambda: not any(
        one["waiting"] for one in receivers(daemon)), 15)

    def asked():
        """How often for it; and what may have been a reason to ask: what a busy
        machine makes happen is told to the other one, too, and who hears no end
        of an answer asks again."""
        to = [one["rcpt"] for one in post.got("rcpt")]
        return to.count("gone@mail.test"), to.count("ops@mail.test") + \
            daemon.text().count("mail:gone@mail.test: tried again")
    before = asked()
    time.sleep(6)       # a retry would come after 5 s
    after = asked()
    assert after[0] - before[0] <= after[1] - before[1]
    post.answer()
    happen(daemon)
    wait_receiver(daemon, "fine", 15)
    wait_for("it ends", lambda: "notify-failed" not in daemon.alerts())
    first = [one for one in post.got("mail")
             if one["to"] == ["gone@mail.test"]][0]
    assert re.search(r"\d+ events before these could not be told",
                     first["mail"])


def test_mail_is_not_given_to_a_server_whose_certificate_is_wrong(daemon,
                                                                  post):
    with open(post.dir + "/is_stranger", "w", encoding="ascii"):
        pass
    post.start("smtp", 587)
    daemon.write(lease_s=5, dead_ms=2000, extra=post.mail_settings())
    daemon.serve()
    told = wait_receiver(daemon, "later")
    assert "certificate" in told["text"].lower(), told
    assert told["waiting"] > 0 and not post.got("rcpt")
    os.unlink(post.dir + "/is_stranger")
    post.start("smtp", 587)
    wait_receiver(daemon, "fine", 30)
    assert numbers(post.got("mail"))[0] == 1


def test_mail_with_a_wrong_password_is_kept(daemon, post):
    with open(post.dir + "/password", "w", encoding="ascii") as f:
        f.write("not this one\n")
    post.start("smtp", 587)
    daemon.write(lease_s=5, dead_ms=2000, extra=post.mail_settings())
    daemon.serve()
    told = wait_receiver(daemon, "later")
    assert told["waiting"] > 0 and not post.got("rcpt"), told
    assert "not this one" not in daemon.text()
    with open(post.dir + "/password", "w", encoding="ascii") as f:
        f.write(post_server.PASSWORD + "\n")    # read for each mail
    wait_receiver(daemon, "fine", 30)
    assert numbers(post.got("mail"))[0] == 1


def test_mail_refused_by_a_server_that_offers_no_login_is_kept(daemon, post):
    """libcurl goes on without the login that the settings have then: the 530
    is said to a stranger."""
    post.start("no-login", 587)
    daemon.write(lease_s=5, dead_ms=2000, extra=post.mail_settings())
    daemon.serve()
    told = wait_receiver(daemon, "later")
    assert "it offers no login: 530" in told["text"], told
    assert told["waiting"] > 0 and not post.got("rcpt")
    post.start("smtp", 587)
    wait_receiver(daemon, "fine", 30)
    assert numbers(post.got("mail"))[0] == 1


def test_outage_of_the_mail_server_is_an_alert_and_nothing_is_lost(daemon,
                                                                   post):
    daemon.write(lease_s=5, dead_ms=2000, extra=post.mail_settings())
    daemon.serve()
    wait_receiver(daemon, "later")
    # killed, and started again: what it had is on disk
    os.kill(wait_for("it runs", lambda: notifiers(daemon))[0], signal.SIGKILL)
    wait_receiver(daemon, "failing", 40)
    wait_for("the alert", lambda: "notify-failed" in daemon.alerts())
    # whom a mail is for says nothing of where it was to be handed in
    assert receivers(daemon)[0]["text"].startswith("127.0.0.1: ")
    happen(daemon)
    assert daemon.status()["instances"][0]["state"] in ("MASTER", "BACKUP")
    # over a restart of the daemon, too
    assert daemon.stop() == 0
    wait_for("what waits", lambda: os.path.exists(
        daemon.state_dir + "/notify"))
    post.start("smtp", 587)
    daemon.start()
    wait_for("mail", lambda: post.got("mail"), 30)
    wait_receiver(daemon, "fine", 30)
    told = numbers(post.got("mail"))
    first_run = told[:told.index(max(told)) + 1]
    assert first_run == list(range(1, len(first_run) + 1))
    assert "notify-failed" not in daemon.alerts()


def test_a_reload_that_corrects_the_mail_server_counts_at_once(daemon, post):
    """Also while a mail waits that the wrong one does not take."""
    post.start("smtp", 587)
    daemon.write(lease_s=5, dead_ms=2000,
                 extra=post.mail_settings(port=588))
    daemon.serve()
    wait_receiver(daemon, "later")
    first = notifiers(daemon)
    daemon.write(lease_s=5, dead_ms=2000, extra=post.mail_settings())
    assert daemon.ask('{"command":"reload"}\n', 15)[-1]["ok"]
    wait_for("mail", lambda: post.got("mail"), 15)
    wait_receiver(daemon, "fine", 15)
    assert first != notifiers(daemon)
    told = numbers(post.got("mail"))
    assert told == sorted(set(told)), told


# ---- web ----

def test_webhook_is_signed_and_tried_again_after_503(daemon, post):
    post.answer(post=503)
    post.start("https", 8443)
    daemon.write(lease_s=5, dead_ms=2000, extra=post.webhook_settings())
    daemon.serve()
    told = wait_receiver(daemon, "later")
    assert told["to"] == "webhook:127.0.0.1:8443" and "503" in told["text"]
    post.answer()
    wait_receiver(daemon, "fine", 20)
    wait_for("all of it", lambda: not receivers(daemon)[0]["waiting"])
    events = []
    for one in post.got("post"):
        digest = hmac.new(KEY.encode(), one["post"].encode(),
                          hashlib.sha256).hexdigest()
        assert one["headers"]["X-Twinbeat-Signature"] == "sha256=" + digest
        assert one["headers"]["Content-Type"] == "application/json"
        assert one["path"] == "/hook"
        if one["status"] == 204:
            events.append(json.loads(one["post"]))
    # each once, in order
    assert [one["seq"] for one in events] == list(range(1, len(events) + 1))
    assert len({one["run"] for one in events}) == 1
    master = [one for one in events if one["event"] == "master"][0]
    assert master["instance"] == "VI_1" and master["proof"] == "operator"


def test_webhook_refused_by_404_is_shown(daemon, post):
    post.answer(post=404)
    post.start("https", 8443)
    daemon.write(lease_s=5, dead_ms=2000,
                 extra=post.webhook_settings(on=["MASTER"]).replace(
                     "[", "(").replace("]", ")"))
    daemon.serve()
    told = wait_receiver(daemon, "refused")
    assert "404" in told["text"] and told["waiting"] == 0
    wait_for("the alert", lambda: "notify-failed" in daemon.alerts())
    assert len(post.got("post")) == 1


def test_servers_that_never_answer_hold_up_nothing(daemon, post):
    """A web server that is silent; no route to the mail server."""
    post.answer(hang=3600)
    post.start("https", 8443)
    web = post.webhook_settings()
    mail = post.mail_settings(server="10.98.0.77", connect_ms=60000)
    daemon.write(lease_s=5, dead_ms=2000, extra=web.replace(
        " } );", " }, { mail = true; } );") + mail.split(";", 2)[2])
    daemon.serve()
    wait_for("it tries", lambda: notifiers(daemon))
    # it reads what strangers answer: nothing is left to take from it
    wait_for("it has given up root's rights", lambda: all(
        rights_of(pid) == {"CapEff": "0" * 16, "CapPrm": "0" * 16,
                           "CapBnd": "0" * 16, "NoNewPrivs": "1"}
        for pid in notifiers(daemon)) and notifiers(daemon))
    worst = 0
    for _ in range(40):
        begin = time.monotonic()
        assert daemon.status()["instances"][0]["state"] == "MASTER"
        worst = max(worst, time.monotonic() - begin)
        time.sleep(0.025)
    assert worst < 1.0
    happen(daemon)
    begin = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - begin < 5
    assert not daemon.has_vip()


# ---- twinbeat-notifier by itself ----

def put_at(*fds):
    """For preexec_fn: these become 3, 4, ..."""
    def move():
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 60) for fd in fds]
        for to, fd in enumerate(high, 3):
            os.dup2(fd, to)
    return move


def sealed_settings(daemon):
    """As twinbeat-loader hands them to the daemon."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        loader = subprocess.Popen(
            ["nsenter", "-t", str(daemon.holder.pid), "-n",
             BUILD + "/twinbeat-loader", daemon.config, "lb01"],
            preexec_fn=put_at(theirs.fileno()), pass_fds=(3,))
        theirs.close()
        while True:
            data, fds, _, _ = socket.recv_fds(ours, 4096, 1)
            assert data, "the loader said no"
            if struct.unpack_from("I", data)[0] == 2:
                loader.wait()
                assert fds, data
                return fds[0]


class Notifier:
    """Plays twinbeat-runner for it."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.settings = sealed_settings(daemon)
        self.queue = daemon.dir + "/queue"
        self.process = self.socket = None
        self.taken = 0

    def start(self):
        self.socket, theirs = socket.socketpair(socket.AF_UNIX,
                                                socket.SOCK_SEQPACKET)
        parent = os.pidfd_open(os.getpid())
        with theirs:
            self.process = subprocess.Popen(
                ["nsenter", "-t", str(self.daemon.holder.pid), "-n",
                 BUILD + "/twinbeat-notifier", self.queue],
                preexec_fn=put_at(theirs.fileno(), self.settings, parent),
                pass_fds=(3, 4, 5))
        os.close(parent)
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.socket.close()

    def tell(self, seq, alert="link-down", to="raised"):
        self.socket.send(json.dumps({
            "seq": seq, "run": "00c0ffee", "at": "2026-11-29T03:04:05Z",
            "boottime_ms": 1000 + seq, "pair": "web", "node": "lb01",
            "peer": "lb02", "event": "alert-" + to, "kind": "alert",
            "instance": None, "from": None, "to": to, "proof": None,
            "alert": alert, "state": None, "priority": None,
            "reason": "number %d" % seq}).encode())

    def take(self):
        """How many it has on disk by now."""
        self.socket.setblocking(False)
        try:
            while True:
                data = self.socket.recv(4096)
                kind, count = struct.unpack_from("II", data)
                if not data:
                    break
                self.taken += count if kind == 1 else 0
        except (BlockingIOError, struct.error):
            pass
        self.socket.setblocking(True)
        return self.taken


@pytest.fixture
def notifier(daemon, post):
    made = []

    def make(settings):
        daemon.write(extra=settings)
        made.append(Notifier(daemon))
        return made[0].start()
    yield make
    for one in made:
        if one.process.poll() is None:
            one.kill()
        os.close(one.settings)


def test_a_thousand_alerts_in_a_second_are_one_mail_with_their_number(
        post, notifier):
    post.start("smtp", 587)
    one = notifier(post.mail_settings(gather_ms=2000, interval_s=60))
    begin = time.monotonic()
    for seq in range(1, 1001):
        one.tell(seq, to="cleared" if seq % 2 == 0 else "raised")
        one.take()
    took = time.monotonic() - begin
    wait_for("on disk", lambda: one.take() == 1000)
    mails = wait_for("the mail", lambda: post.got("mail"))
    assert took < 2.0 and len(mails) == 1
    assert "1000 events; " in subjects(mails)[0]
    assert re.search(r"\.\.\. \d+ events more \.\.\.", mails[0]["mail"])
    assert numbers(mails)[0] == 1 and numbers(mails)[-1] == 1000
    assert "Resolved here: 500" in mails[0]["mail"]
    assert one.process.wait(timeout=15) == 0    # nothing left to do
    assert not os.path.exists(one.queue)
    assert len(post.got("mail")) == 1


def test_a_notifier_killed_in_the_middle_loses_nothing(post, notifier):
    """Killed again and again; what was not acknowledged is sent again, as
    the runner does."""
    post.start("https", 8443)
    one = notifier(post.webhook_settings())
    for turn in range(8):
        until = (turn + 1) * 25
        for seq in range(one.taken + 1, until + 1):
            one.tell(seq)
        wait_for("some on disk", lambda: one.take() > turn * 25)
        one.kill()
        one.start()
    for seq in range(one.taken + 1, 201):
        one.tell(seq)
    wait_for("all posted", lambda: {
        json.loads(got["post"])["seq"] for got in post.got("post")} ==
        set(range(1, 201)), 60)
    assert one.process.wait(timeout=15) == 0
    assert not os.path.exists(one.queue)


@pytest.mark.parametrize("damage", [b"", b"\0" * 5000, b"twinbeat-notify 1\n"
                                    b"receiver 3 mail:ops@mail.test\n"
                                    b"event 1 {\"seq\":\nevent zz {}\n"])
def test_a_damaged_queue_is_told_and_the_next_event_arrives(post, notifier,
                                                            damage):
    with open(post.dir + "/queue", "wb") as f:
        f.write(damage)
    post.start("smtp", 587)
    one = notifier(post.mail_settings())
    one.tell(1)
    wait_for("the mail", lambda: 1 in numbers(post.got("mail")))
