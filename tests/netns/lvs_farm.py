# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers that do as they are told, and a client that counts who answers."""
import json

from lab import VIP, Lab, have_vip, run
from puppet import Program

# NAME: each port of TCP says NAME and then echoes; a word on stdin opens and
# closes ports, or makes the next answers of the health port wrong.
SERVER = r"""
import socket, sys, threading
name = sys.argv[1].encode()
ears, bad = {}, [0]
def serve(client, port):
    with client:
        try:
            if port == 7000:
                bad[0] -= 1
                client.sendall(b"no\n" if bad[0] >= 0 else b"ok\n")
                return
            client.sendall(name + b"\n")
            while True:
                got = client.recv(100)
                if not got:
                    return
                client.sendall(got)
        except OSError:
            pass
def listen(port, ear):
    while True:
        try:
            client = ear.accept()[0]
        except OSError:
            return
        threading.Thread(target=serve, args=(client, port),
                         daemon=True).start()
def open_port(port):
    ears[port] = socket.create_server(("::", port), family=socket.AF_INET6,
                                      backlog=500, dualstack_ipv6=True)
    threading.Thread(target=listen, args=(port, ears[port]),
                     daemon=True).start()
def datagrams():
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.bind((sys.argv[2], 53))
    while True:
        _, source = ear.recvfrom(100)
        ear.sendto(name, source)
for port in [*range(80, 90), 7000, 7001, 7002, 8082, 8087]:
    open_port(port)
threading.Thread(target=datagrams, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    word, number = line.split()
    if word == "open":
        open_port(int(number))
    elif word == "close":
        ears[int(number)].shutdown(socket.SHUT_RDWR)
        ears[int(number)].close()
    else:
        bad[0] = int(number)
    print("done", flush=True)
"""
# a question a line, an answer a line, as JSON
CLIENT = r"""
import collections, json, socket, struct, sys, time
held = {}
def connect(ip, port):
    wire = socket.create_connection((ip, port), 3)
    wire.settimeout(5)
    said = wire.recv(100).decode().strip()
    return wire, said or "! closed"
def ask(ip, port):
    try:
        wire, said = connect(ip, port)
        wire.close()
        return said
    except OSError as error:
        return "! %s" % (error.strerror or error)
def do_ask(ip, port, count):
    return collections.Counter(ask(ip, port) for _ in range(count))
def do_flood(ip, port, seconds):
    seen, due = collections.Counter(), time.monotonic()
    end = due + seconds
    while due < end:
        seen[ask(ip, port)] += 1
        due = max(due + 0.001, time.monotonic())
        time.sleep(max(due - time.monotonic(), 0))
    return seen
def do_map(ip, port, first, count):
    # who answers each of so many clients: ports of their own
    seen = []
    for own in range(first, first + count):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as wire:
            wire.settimeout(5)
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # closed by a reset: the port is free at once
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
            wire.bind(("", own))
            wire.connect((ip, port))
            seen.append(wire.recv(100).decode().strip())
    return seen
def do_hold(name, ip, port):
    for _ in range(50):
        wire, said = connect(ip, port)
        if name in ("", said):
            held[name, port] = wire
            return said
        wire.close()
    return "! nobody"
def do_say(name, port):
    try:
        held[name, port].sendall(b"x")
        return held[name, port].recv(1).decode() or "closed"
    except OSError as error:
        return "! %s" % error
def do_flow(ip, port):
    # one flow of UDP for ever: its answers, until somebody else answers
    if ("flow", port) not in held:
        held["flow", port] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        held["flow", port].settimeout(0.1)
        held["flow", port].connect((ip, port))
    try:
        held["flow", port].send(b"x")
        return held["flow", port].recv(100).decode()
    except OSError as error:
        return "! %s" % error
for line in sys.stdin:
    word, *more = json.loads(line)
    try:
        said = globals()["do_" + word](*more)
    except Exception as error:
        said = "! %r" % error
    print(json.dumps(said), flush=True)
"""


class Puppet:
    """A program that answers each line with one."""

    def __init__(self, lab, ns, *words):
        self.process = Program(ns, *words)
        lab.background.append(self.process)

    def begin(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self):
        return self.process.stdout.readline().strip()

    def __call__(self, line):
        self.begin(line)
        return self.end()


class Server(Puppet):
    """With the VIP on its lo, as DR wants it."""

    def __init__(self, lab, name, ip, is_direct=True):
        self.ns = lab.neighbour(name, ip)
        if is_direct:
            have_vip(self.ns)
        super().__init__(lab, self.ns, SERVER, name,
                         VIP if is_direct else ip)
        assert self.end() == "ready"

    def inside(self, script):
        run("nsenter", "--net=/run/netns/" + self.ns, "sh", "-ec", script)


class Client(Puppet):
    def __init__(self, lab):
        super().__init__(lab, lab.client_ns, CLIENT)

    def start(self, *words):
        self.begin(json.dumps(words))

    def result(self):
        return json.loads(self.end())

    def do(self, *words):
        self.start(*words)
        return self.result()


class Farm(Lab):
    """Servers, there before the nodes, and a client."""
    IP = {}     # by name

    def build(self, boot=True):
        super().build(boot=False)
        self.servers = {name: Server(self, name, ip)
                        for name, ip in self.IP.items()}
        self.prepare()
        for node in self.nodes:
            node.power_on()
        self.client = Client(self)

    def prepare(self):
        """Before the first check."""
