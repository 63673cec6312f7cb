# SPDX-License-Identifier: GPL-3.0-or-later
"""Python programs in network namespaces, without a start of Python for each: in
a guest of User-Mode Linux that is a second of processor time."""
import ctypes
import gc
import os
import signal
import sys
import traceback

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def be(ns, pipes, source, words):
    """What the child does, till its program ends."""
    for number, pipe in enumerate(pipes):
        os.dup2(pipe, number)
    # also the ends of other pipes, whose other ends wait for that
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    net = os.open(os.path.join("/run/netns", ns), os.O_RDONLY)
    if libc.setns(net, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns " + ns)
    os.close(net)
    gc.freeze()
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
    sys.argv = ["-c", *words]
    exec(compile(source, "puppet", "exec"), {"__name__": "__main__"})
    sys.stdout.flush()


class Program:
    """A fork of this process that runs a program's source, as `python3 -c` with
    pipes as its stdin and stdout: what subprocess.Popen has of it. ns: the name
    of a network namespace, or its path."""

    def __init__(self, ns, source, *words):
        their_in, our_in = os.pipe()
        our_out, their_out = os.pipe()
        self.code = None
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                be(ns, (their_in, their_out), source, words)
                code = 0
            except BaseException:
                os.write(2, traceback.format_exc().encode())
            finally:
                os._exit(code)
        os.close(their_in)
        os.close(their_out)
        self.stdin = os.fdopen(our_in, "w")
        self.stdout = os.fdopen(our_out)

    def kill(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self):
        if self.code is None:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code
