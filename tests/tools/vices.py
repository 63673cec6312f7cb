#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands before a Modbus/TCP power switch and gives it the manners of others.

    vices.py ADDRESS:PORT SWITCH-ADDRESS:PORT [VICE=VALUE...]

What is switched and what is so, the switch behind knows; here is what small
boards, serial gateways and slow controllers do to those who ask:

  slots=N hold=S   N sockets; one that was closed is free again S seconds later,
                   and who finds none is reset
  deaf=S           what comes in the first S seconds of a connection is dropped
  ids=KIND         echo; zero or count: ids of its own; swap: two clients that
                   ask at the same time get each other's answers; restamp: and
                   with their own id
  fill             a coil that is on is the byte 0xff
  row              a read of one coil is answered with all eight, unshifted
  least=N          a read of fewer is exception 3
  lag=S            a write is confirmed at once, and happens S seconds later
  close            each answer ends its connection
  split=S          an answer comes in two halves, S seconds apart
  busy=S           exception 6 for S seconds from the first question on
  mute=N           after N answers a connection is silent, and stays open
  cut=N            the first N answers end in the middle, by a reset

Each event is a line on stdout: SECONDS, what happened, how many are in use.
"""
import selectors
import socket
import struct
import sys
import threading
import time

NUMBERS = {"slots": int, "hold": float, "deaf": float, "least": int,
           "lag": float, "split": float, "busy": float, "mute": int,
           "cut": int}
SWAP_WAIT_S = 0.15


class Client:
    def __init__(self, connection):
        self.connection, self.since = connection, time.monotonic()
        self.data, self.answers = b"", 0


class Vices:
    """The switch behind, and its manners; a thread serves it."""

    def __init__(self, switch, address=("127.0.0.1", 0), say=None, **vices):
        self.behind, self.vices, self.say = switch, vices, say
        self.listener = socket.create_server(address)
        self.host, self.port = self.listener.getsockname()
        self.name = "pdu"
        self.events = []        # (seconds since start, "open" ...)
        self.began = time.monotonic()
        self.first = None       # when the first question came
        self.freed = []         # when closed sockets are free again
        self.later = []         # (when, what) of writes
        self.held = []          # (client, question, since) that may be swapped
        self.clients = {}
        self.cuts, self.running = 0, True
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def get(self, vice, default=0):
        return self.vices.get(vice, default)

    def log(self, what):
        self.events.append((time.monotonic() - self.began, what))
        if self.say:
            self.say("%.3f %s, %d in use" % (*self.events[-1], self.in_use()))

    def count(self, what):
        return [name for _, name in self.events].count(what)

    def stop(self):
        self.running = False
        self.thread.join()
        for connection in list(self.clients):
            connection.close()
        self.listener.close()
        self.selector.close()

    # ---- sockets ----

    def in_use(self):
        now = time.monotonic()
        self.freed = [at for at in self.freed if at > now]
        return len(self.clients) + len(self.freed)

    def welcome(self):
        connection, _ = self.listener.accept()
        if self.get("slots") and self.in_use() >= self.get("slots"):
            self.reset(connection)
            self.log("refused")
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.clients[connection] = Client(connection)
        self.selector.register(connection, selectors.EVENT_READ)
        self.log("open")

    @staticmethod
    def reset(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack("ii", 1, 0))
        connection.close()

    def drop(self, client, reset=False):
        if self.clients.pop(client.connection, None) is None:
            return
        self.selector.unregister(client.connection)
        self.held = [h for h in self.held if h[0] is not client]
        self.freed.append(time.monotonic() + self.get("hold"))
        if reset:
            self.reset(client.connection)
        else:
            client.connection.close()
        self.log("closed")

    def send(self, client, answer):
        try:
            if self.cuts < self.get("cut"):
                self.cuts += 1
                client.connection.sendall(answer[:len(answer) // 2])
                time.sleep(0.01)
                self.drop(client, reset=True)
                return
            if self.get("split"):
                client.connection.sendall(answer[:8])
                time.sleep(self.get("split"))
                answer = answer[8:]
            client.connection.sendall(answer)
        except OSError:
            self.drop(client)
            return
        client.answers += 1
        if self.get("close"):
            self.drop(client)

    # ---- questions ----

    def ask_behind(self, question):
        with socket.create_connection(self.behind, timeout=2) as connection:
            connection.sendall(question)
            answer = b""
            while len(answer) < 6 or len(answer) < 6 + struct.unpack(
                    ">H", answer[4:6])[0]:
                piece = connection.recv(300)
                if not piece:
                    return None
                answer += piece
        return answer

    @staticmethod
    def refuse(question, code):
        return question[:4] + b"\0\3" + question[6:7] + bytes(
            [question[7] | 0x80, code])

    def answer(self, question):
        """The frame, or None: silence."""
        function = question[7]
        count = struct.unpack(">H", question[10:12])[0]
        if self.first is None:
            self.first = time.monotonic()
        if time.monotonic() - self.first < self.get("busy"):
            return self.refuse(question, 6)
        if function <= 4 and count < self.get("least", 1):
            return self.refuse(question, 3)
        if function > 4 and self.get("lag"):
            self.later.append((time.monotonic() + self.get("lag"), question))
            return question
        if function == 1 and count == 1 and self.get("row"):
            question = question[:8] + b"\0\0\0\x08"
        answer = self.ask_behind(question)
        if answer and function == 1 and count == 1 and self.get("fill"):
            answer = answer[:9] + (b"\xff" if answer[9] else b"\0")
        return answer

    def stamp(self, answer):
        kind = self.get("ids", "echo")
        if kind == "zero":
            return b"\0\0" + answer[2:]
        if kind == "count":
            return b"\0\7" + answer[2:]
        return answer

    def take(self, client, question):
        self.log("question")
        if time.monotonic() - client.since < self.get("deaf"):
            return
        if self.get("mute") and client.answers >= self.get("mute"):
            return
        if self.get("ids", "echo") in ("swap", "restamp"):
            self.held.append((client, question, time.monotonic()))
            self.swap()
            return
        answer = self.answer(question)
        if answer is not None:
            self.send(client, self.stamp(answer))

    def swap(self):
        """Two at once get each other's; one alone, after a while, its own."""
        own = self.get("ids") == "restamp"
        while len(self.held) >= 2:
            (a, asked_a, _), (b, asked_b, _) = self.held[:2]
            self.held = self.held[2:]
            for client, asked, other in ((a, asked_a, asked_b),
                                         (b, asked_b, asked_a)):
                answer = self.answer(other)
                if own:
                    answer = asked[:2] + answer[2:]
                self.log("swapped")
                self.send(client, answer)
        if self.held and time.monotonic() - self.held[0][2] > SWAP_WAIT_S:
            client, asked, _ = self.held.pop(0)
            self.send(client, self.answer(asked))

    def hear(self, client):
        try:
            piece = client.connection.recv(300)
        except OSError:
            piece = b""
        if not piece:
            self.drop(client)
            return
        client.data += piece
        while len(client.data) >= 6:
            size = 6 + struct.unpack(">H", client.data[4:6])[0]
            if len(client.data) < size:
                break
            question, client.data = client.data[:size], client.data[size:]
            self.take(client, question)

    def serve(self):
        while self.running:
            for key, _ in self.selector.select(0.01):
                if key.fileobj is self.listener:
                    self.welcome()
                elif key.fileobj in self.clients:
                    self.hear(self.clients[key.fileobj])
            self.swap()
            now = time.monotonic()
            for _, question in [d for d in self.later if d[0] <= now]:
                self.ask_behind(question)
            self.later = [d for d in self.later if d[0] > now]


def split_address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def main():
    vices = {}
    for word in sys.argv[3:]:
        key, _, value = word.partition("=")
        vices[key] = NUMBERS[key](value) if key in NUMBERS else value or True
    server = Vices(split_address(sys.argv[2]), split_address(sys.argv[1]),
                   lambda line: print(line, flush=True), **vices)
    print("ready", flush=True)
    server.thread.join()


if __name__ == "__main__":
    main()
