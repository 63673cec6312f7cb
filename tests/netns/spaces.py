# SPDX-License-Identifier: GPL-3.0-or-later
"""Namespaces without a process for each step: this thread enters them, begins
what is to run there, and comes back. nsenter would be one more program, and in
front of a PID namespace one more fork: in a guest of User-Mode Linux 30 and
70 ms of processor time, for each question of a test.
"""
import contextlib
import ctypes
import fcntl
import os
import subprocess

RUN = "/run/netns"
CLONE_FS, CLONE_NEWNS, CLONE_NEWNET = 0x200, 0x20000, 0x40000000
CLONE_NEWPID = 0x20000000
MS_BIND, MS_REC, MS_SHARED, MNT_DETACH = 4096, 16384, 1 << 20, 2
KINDS = {"pid": CLONE_NEWPID, "net": CLONE_NEWNET, "mnt": CLONE_NEWNS}
libc = ctypes.CDLL(None, use_errno=True)


def check(code, what):
    if code != 0:
        number = ctypes.get_errno()
        raise OSError(number, "%s: %s" % (what, os.strerror(number)))


def of_command(words):
    """The namespaces that a command enters, {kind: path}, and what it runs
    there; none, and the words, of all that is not nsenter or ip -n as these
    tests write them."""
    if words[0] == "nsenter" and words[1].startswith("--net="):
        return {"net": words[1][len("--net="):]}, words[2:]
    if words[0] in ("ip", "bridge") and words[1:2] == ["-n"]:
        return {"net": RUN + "/" + words[2]}, words[:1] + words[3:]
    for options, kinds in ((["-p", "-m", "-n"], ("pid", "net", "mnt")),
                           (["-n"], ("net",))):
        rest = words[3 + len(options):]
        if words[:2] == ["nsenter", "-t"] and rest and \
                not rest[0].startswith("-") and \
                words[3:3 + len(options)] == options:
            return {kind: "/proc/%s/ns/%s" % (words[2], kind)
                    for kind in kinds}, rest
    return {}, words


@contextlib.contextmanager
def entered(paths):
    """This thread in these namespaces ({kind: path}, the mount namespace last).
    For little: what else this thread does would be there, too."""
    with contextlib.ExitStack() as stack:
        def look(path):
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(os.close, file)
            return file
        there = {kind: look(path) for kind, path in paths.items()}
        home = {kind: look("/proc/thread-self/ns/" + kind) for kind in paths}
        folder = None
        if "mnt" in paths:
            # only who shares its folder with no thread changes it
            check(libc.unshare(CLONE_FS), "unshare")
            folder = look(".")
        try:
            for kind, file in there.items():
                check(libc.setns(file, KINDS[kind]), "setns " + kind)
            yield
        finally:
            for kind, file in home.items():
                if libc.setns(file, KINDS[kind]) != 0:
                    raise RuntimeError("there is no way home: " + kind)
            if folder is not None:
                os.fchdir(folder)


def begin(words, is_awaited=False, **options):
    """As subprocess.Popen; where the words are to enter namespaces and that can
    be, this thread does, and what it begins there is its child. is_awaited: till
    its end, at once. A PID namespace does not end before somebody has waited for
    its dead, and its power cut would wait for us: else nsenter does that."""
    words = [str(word) for word in words]
    paths, rest = of_command(words)
    if paths and (is_awaited or "pid" not in paths):
        try:
            with entered(paths):
                return subprocess.Popen(rest, **options)
        except OSError:
            pass  # the command itself says what is wrong
    return subprocess.Popen(words, **options)


def run(words, text=None, timeout=None, **options):
    """As subprocess.run, with what it said as text."""
    with begin(words, True, stdin=None if text is None else subprocess.PIPE,
               stdout=subprocess.PIPE, text=True,
               **{"stderr": subprocess.PIPE, **options}) as process:
        try:
            out, err = process.communicate(text, timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def read(net, path):
    """A file of /proc or /proc/sys of the network namespace of this name."""
    with entered({"net": RUN + "/" + net}):
        with open(path, encoding="ascii") as file:
            return file.read()


def write(net, path, text):
    with entered({"net": RUN + "/" + net}):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)


def share():
    """What is unmounted at RUN is so in every mount namespace, as by ip(8)."""
    os.makedirs(RUN, exist_ok=True)
    folder = os.open(RUN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if libc.mount(b"", RUN.encode(), b"none", MS_SHARED | MS_REC, 0):
            check(libc.mount(RUN.encode(), RUN.encode(), b"none",
                             MS_BIND | MS_REC, 0), "mount " + RUN)
            check(libc.mount(b"", RUN.encode(), b"none", MS_SHARED | MS_REC,
                             0), "share " + RUN)
    finally:
        os.close(folder)


def add(name):
    """As ip netns add."""
    share()
    path = RUN + "/" + name
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0))
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        check(libc.unshare(CLONE_NEWNET), "unshare " + name)
        try:
            check(libc.mount(b"/proc/thread-self/ns/net", path.encode(),
                             b"none", MS_BIND, 0), "mount " + path)
        finally:
            check(libc.setns(home, CLONE_NEWNET), "setns home")
    except OSError:
        os.unlink(path)
        raise
    finally:
        os.close(home)


def delete(name):
    """As ip netns del."""
    path = RUN + "/" + name
    libc.umount2(path.encode(), MNT_DETACH)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def pids(names):
    """Of all that lives in these network namespaces."""
    def space(path):
        try:
            seen = os.stat(path)
        except OSError:
            return None
        return seen.st_dev, seen.st_ino
    spaces = {space(RUN + "/" + name) for name in names} - {None}
    return [int(pid) for pid in filter(str.isdigit, os.listdir("/proc"))
            if space("/proc/%s/ns/net" % pid) in spaces]
