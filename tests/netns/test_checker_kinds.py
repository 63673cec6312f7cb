# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of check against a real server of its protocol (aiosmtpd, dnsmasq,
the kernel's ping), and against servers that lie."""
import json
import os
import subprocess
import time

import spaces
from lab import wait_for
from puppet import Program
from test_checker import SERVICE, WEB1, Farm, seen, server, settings
from test_director import HAS_IPVS, table

SERVER = "10.99.0.21"
OWN = "10.99.0.61"  # a second address of node a: the source of some checks

# UDP: what it is asked, and from where; DNS that lies; mail that refuses; an
# agent that says what stands in a file
RUDE = r"""
import socket, struct, sys, threading, time
ip, folder = sys.argv[1:]
def udp(port, answer):
    ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ears.bind((ip, port))
    def serve():
        while True:
            packet, source = ears.recvfrom(4096)
            answer(ears, packet, source)
    threading.Thread(target=serve, daemon=True).start()
def tcp(port, answer):
    ears = socket.create_server((ip, port))
    def one(client, source):
        try:
            answer(client, source)
        except OSError:
            pass
        client.close()
    def serve():
        while True:
            threading.Thread(target=one, args=ears.accept(),
                             daemon=True).start()
    threading.Thread(target=serve, daemon=True).start()
def reply(packet, rcode=0):
    return packet[:2] + bytes([0x81, rcode]) + packet[4:]
def forged(packet):
    return bytes([packet[0] ^ 255]) + reply(packet)[1:]
udp(7, lambda ears, packet, source: ears.sendto(
    b"you are " + source[0].encode() + b" \0\xff " + packet, source))
udp(8, lambda ears, packet, source: ears.sendto(b"no", source))
udp(54, lambda ears, packet, source: ears.sendto(forged(packet), source))
udp(55, lambda ears, packet, source: (ears.sendto(forged(packet), source),
                                      ears.sendto(b"\0", source),
                                      ears.sendto(reply(packet, 5), source)))
# the right answer from another port: not of the server that was asked
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
other.bind((ip, 59))
udp(56, lambda ears, packet, source: other.sendto(reply(packet), source))
def mail(first, then):
    def serve(client, source):
        client.sendall(first)
        client.recv(100)
        client.sendall(then)
        client.recv(100)
    return serve
tcp(26, mail(b"554 not today\r\n", b""))
tcp(27, mail(b"220-slow\r\n220 ready\r\n", b"250-you\r\n250 ok\r\n"))
tcp(28, mail(b"220 ready\r\n", b"503 bad name\r\n"))
tcp(29, mail(b"HTTP/1.1 400 Bad Request\r\n\r\n", b""))
def polite(client, source):
    mail(b"220 ready\r\n", b"250 ok\r\n221 bye\r\n")(client, source)
    try:
        end = client.recv(100)
    except OSError as error:
        end = str(error).encode()
    with open(folder + "/quit", "ab") as out:
        out.write(b"<" + end + b">")
tcp(33, polite)
def reset(client, source):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 0))
tcp(32, reset)
def woken(client, source):
    with open(folder + "/woken", "a") as out:
        out.write(source[0])
tcp(34, woken)
def slow(ears, packet, source):
    time.sleep(2)
    ears.sendto(reply(packet), source)
udp(57, slow)
tcp(30, lambda client, source: client.sendall(source[0].encode()))
def agent(client, source):
    with open(folder + "/agent", "rb") as said:
        client.sendall(said.read())
tcp(9707, agent)
print("ready", flush=True)
time.sleep(1000)
"""


class Kinds(Farm):
    """One machine with all of these servers."""

    def start_server(self, *words):
        self.background.append(spaces.begin(
            self.within(self.ns, *words), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def say(self, text):
        """By the agent; replaced at once."""
        with open(self.dir + "/agent.new", "w", encoding="ascii") as out:
            out.write(text)
        os.rename(self.dir + "/agent.new", self.dir + "/agent")

    def begin(self):
        self.ns = self.neighbour("web1", WEB1)
        self.say("up ready 100%\n")
        rude = Program(self.ns, RUDE, WEB1, self.dir)
        self.background.append(rude)
        rude.stdout.readline()

    def begin_all(self):
        self.begin()
        self.start_server("/usr/bin/python3", "-m", "aiosmtpd", "-n", "-l",
                          WEB1 + ":25")
        self.start_server(
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
            "--no-resolv", "--no-hosts", "--pid-file", "--user=root",
            "--listen-address=" + WEB1, "--bind-interfaces",
            "--local=/test/", "--address=/www.test/192.0.2.80",
            "--host-record=six.test,2001:db8::80")


def one(number, check, port=80, more=""):
    return SERVICE % ("s%d" % number, "wlc", 1000 + number,
                      "checks = ( { %s } );" % check,
                      server("web", WEB1, port, more))


def test_T36_each_kind_of_check_knows_a_server_that_works(tmp_path):
    state = tmp_path / "state"
    state.write_text("40%\n")
    (tmp_path / "drain").write_text("drain\n")
    (tmp_path / "down").write_text("down # for the night\n")
    (tmp_path / "odd").write_text("well\n")
    os.mkfifo(tmp_path / "fifo")
    dns = 'type = "dns"; port = 53; query = "%s"; record = "%s"; %s'
    file = 'type = "file"; file = "%s/%%s";' % tmp_path
    every = [
        ('type = "smtp"; port = 25;', "up: smtp 250"),
        ('type = "smtp"; port = 26;', "down: smtp port 26: 554 not today"),
        ('type = "smtp"; port = 27; helo = "me.test";', "up: smtp 250"),
        ('type = "smtp"; port = 28;', "down: smtp port 28: 503 bad name"),
        ('type = "smtp"; port = 29;', "down: smtp port 29: this is no SMTP: "
         "HTTP/1.1 400"),
        ('type = "smtp"; port = 31;', "down: smtp port 31: Connection "
         "refused"),
        (dns % ("www.test", "A", 'expect = "192.0.2.80";'),
         "up: dns NOERROR"),
        (dns % ("six.test", "AAAA", 'expect = "2001:db8::80";'),
         "up: dns NOERROR"),
        (dns % ("www.test", "A", 'expect = "192.0.2.81";'),
         "down: dns NOERROR www.test: 192.0.2.81 is not in the answer"),
        (dns % ("no.test", "A", ""), "down: dns NXDOMAIN no.test"),
        (dns % ("no.test", "A", 'rcode = ( "NXDOMAIN", "NOERROR" );'),
         "up: dns NXDOMAIN"),
        # another number; another sender; garbage before the answer
        ('type = "dns"; port = 54;', "down: dns port 54: no answer within "),
        ('type = "dns"; port = 56;', "down: dns port 56: no answer within "),
        ('type = "dns"; port = 55;', "down: dns REFUSED ."),
        # the right answer, after 2 s
        ('type = "dns"; port = 57;', "down: dns port 57: no answer within "),
        ('type = "dns"; port = 58;', "down: dns port 58: Connection refused"),
        ('type = "udp"; port = 7; send = "hello"; expect = "hello";',
         "up: the expected text came"),
        ('type = "udp"; port = 7; send = "01"; expect = "00FF2001"; '
         'hex = true;', "up: the expected text came"),
        ('type = "udp"; port = 8; send = "hello"; expect = "hello";',
         "down: udp port 8: an answer without the expected text"),
        ('type = "udp"; port = 9; send = "x"; expect = "x";',
         "down: udp port 9: Connection refused"),
        ('type = "ping";', "up: ping: answered"),
        ('type = "ping"; address = "10.99.0.77";', "down: ping: no answer "
         "within 800 ms"),
        # a connection, and then a reset
        ('type = "http"; port = 32;', "down: http port 32: "),
        ('type = "tcp"; port = 32; expect = "x";', "down: tcp port 32: "),
        ('type = "smtp"; port = 32;', "down: smtp port 32: "),
        (file % "state", "up: file: 40 %"),
        (file % "drain", "up: file: drain"),
        (file % "down", "down: file: down"),
        (file % "odd", "down: file "),
        (file % "fifo", "down: file "),
        (file % "missing", "down: file "),
        # from a source that this node does not have
        ('type = "ping"; source = "10.99.0.62";', "down: ping: "),
        ('type = "tcp"; port = 30; source = "10.99.0.62";',
         "down: tcp: its source is no address of this node"),
        ('type = "smtp"; port = 33;', "up: smtp 250"),
    ]
    text = settings(*(one(i, check) for i, (check, _) in enumerate(every)))
    with Kinds(text, Kinds.begin_all) as lab:
        a, _ = lab.nodes
        for number, (_, says) in enumerate(every):
            a.wait_log("s%d: web (%s) is %s" % (number, SERVER, says))
        # QUIT, and then the end in order
        wait_for("its end", lambda: os.path.exists(lab.dir + "/quit"), 10)
        with open(lab.dir + "/quit", encoding="ascii") as ends:
            assert set(ends.read()) == set("<>")
        state.write_text("drain\n")
        os.rename(tmp_path / "drain", tmp_path / "gone")
        a.wait_log("s26: web (%s) is down: file " % SERVER)
        if HAS_IPVS:
            wait_for("the file's word", lambda: any(
                ":1025" in line and line.strip().endswith("-w 0")
                for line in table(a)), 30)
        assert a.state() == "MASTER"


def test_a_program_is_told_of_no_check_that_asks_nothing_and_of_others_at_once(
        ):
    """Its kernel's word is enough for a check without text, and who greets
    need not wait 200 ms for what is not to come."""
    greeted = ('type = "tcp"; port = 30; expect = "10.99.";',
               'type = "smtp"; port = 27;')
    text = settings(one(0, 'type = "tcp"; port = 34;'),
                    one(1, 'type = "tcp"; port = 34; source = "10.99.0.11";'),
                    *(one(2 + i, check) for i, check in enumerate(greeted)))
    with Kinds(text, Kinds.begin) as lab:
        a, b = lab.nodes

        def last(service):
            done = a.twinbeat("director", "list", "--json")
            return json.loads(done.stdout)["services"][service]["servers"][0][
                "last"] or {} if done.returncode == 0 else {}

        def half_open():
            """What the server's kernel has seen end before its program did."""
            said = spaces.read(lab.ns, "/proc/thread-self/net/netstat")
            names, values = [line.split() for line in said.splitlines()
                             if line.startswith("TcpExt:")]
            return int(values[names.index("EmbryonicRsts")])
        a.wait_log("s0: web (%s) is up: connected" % SERVER)
        a.wait_log("s1: web (%s) is up: connected" % SERVER)
        wait_for("checks", lambda: half_open() >= 12, 30)
        assert not os.path.exists(lab.dir + "/woken")
        for number in range(len(greeted)):
            a.wait_log("s%d: web (%s) is up" % (2 + number, SERVER))
            wait_for("a quick one", lambda number=number: last(
                2 + number).get("took_ms", 999) < 150, 20)
        assert b.state() == "BACKUP"


def test_T36_checks_come_from_their_source():
    own = 'source = "%s";' % OWN
    every = [
        ('type = "udp"; port = 7; send = "x"; expect = "are %s"; %s'
         % (OWN, own)),
        ('type = "tcp"; port = 30; expect = "%s"; %s' % (OWN, own)),
        ('type = "ping"; ' + own),
    ]
    text = settings(*(one(i, check) for i, check in enumerate(every)))
    with Kinds(text, Kinds.begin) as lab:
        a, _ = lab.nodes
        for number in range(3):
            a.wait_log("s%d: web (%s) is down" % (number, SERVER))
        a.inside("ip", "address", "add", OWN + "/24", "dev", "eth0")
        for number in range(3):
            a.wait_log("s%d: web (%s) is up" % (number, SERVER))


def test_T34_an_agent_says_how_much_it_wants():
    """Never out by silence, garbage or a line without an end."""
    text = settings(one(0, 'type = "tcp"; port = 30;', 80,
                        "agent = { port = 9707; inter_ms = 200; };"),
                    one(1, 'type = "tcp"; port = 30;', 80,
                        "agent = { port = 9708; inter_ms = 200; };"))
    with Kinds(text, Kinds.begin) as lab:
        a, _ = lab.nodes

        def its(service=0):
            done = a.twinbeat("director", "list", "--json")
            if done.returncode != 0:
                return {}
            return json.loads(done.stdout)["services"][service]["servers"][0]

        def wait_agent(words):
            wait_for("the agent's " + words,
                     lambda: its().get("agent") == words, 30, 0.1)
        for line, words in (("50%\n", "ready 50%"), ("drain\r\n", "drain 50%"),
                            ("failed\n", "drain 50%"),
                            ("ready up 100%\n", "ready 100%"),
                            ("maint\n", "disable 100%"),
                            ("up ready", "ready 100%"),
                            ("down # broken\n", "ready 100% down"),
                            ("x" * 1000000, "ready 100% down"),
                            ("75% up\n", "ready 75%")):
            lab.say(line)
            if words == its().get("agent"):
                time.sleep(0.6)
            wait_agent(words)
        for service in (0, 1):
            wait_for("its check passes", lambda service=service:
                     its(service).get("check") == "up", 30, 0.1)
        assert its(1)["agent"] == "ready 100%"
        # a machine that stalls may miss a check, but no agent is one
        assert seen(a, "is down: agent") == 0
        if HAS_IPVS:
            wait_for("three quarters", lambda: any(
                ":1000" in line and line.strip().endswith("-w 75")
                for line in table(a)), 30)
