# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines for Pacemaker: namespaces in which its daemons find /run, /dev/shm,
/var and /usr/sbin of their own, with our fence agent installed.

Nothing has a name outside: when process 1 of a machine dies, everything of it
is gone, as when its power is cut.
"""
import os
import subprocess
import time

from fence_lab import BUILD, TOOLS

AGENT = "fence_twinbeat_modbus"
SETUP = """
set -e
for dir in /run /dev/shm /var/log /var/lib/pacemaker /var/lib/corosync \\
	/etc/corosync; do
	mkdir -p $dir
	mount -t tmpfs tmpfs $dir
done
mkdir -p /run/lock /run/upper /run/work /run/crm /var/log/pacemaker \\
	/var/log/corosync /run/resource-agents
mkdir -p /var/lib/pacemaker/cib /var/lib/pacemaker/pengine \\
	/var/lib/pacemaker/blackbox /var/lib/pacemaker/cores
chown -R hacluster:haclient /var/lib/pacemaker /run/crm /var/log/pacemaker
chmod 0750 /var/lib/pacemaker/* /run/crm
mount -t overlay overlay \\
	-o lowerdir=/usr/sbin,upperdir=/run/upper,workdir=/run/work /usr/sbin
ln -s %(agent)s /usr/sbin/%(name)s
hostname %(host)s
ip link set lo up
"""


class Machine:
    """A host of its own but for the disk and the kernel."""

    def __init__(self, host, folder, setup=True):
        self.host, self.folder, self.daemons = host, folder, []
        words = ["unshare", "--net", "--kill-child", "--fork"]
        if setup:
            words += ["--mount", "--pid", "--ipc", "--uts", "--mount-proc",
                      "--propagation", "private"]
        self.process = subprocess.Popen(
            words + [os.path.abspath(os.path.join(TOOLS, "node_init"))])
        self.pid = self._wait_for_init()
        self.setup = setup
        if setup:
            self.shell(SETUP % dict(
                host=host, name=AGENT,
                agent=os.path.abspath(os.path.join(BUILD,
                                                   "fence_twinbeat"))))

    def _wait_for_init(self):
        """The pid outside of process 1 inside; it is there when it has become
        node_init, which is after its /proc was mounted."""
        path = "/proc/%d/task/%d/children" % (self.process.pid,
                                              self.process.pid)
        until = time.monotonic() + 5
        while time.monotonic() < until:
            with open(path, encoding="ascii") as pids:
                found = pids.read().split()
            if found:
                with open("/proc/%s/comm" % found[0],
                          encoding="ascii") as comm:
                    if comm.read().strip() == "node_init":
                        return int(found[0])
            time.sleep(0.005)
        raise TimeoutError("no process 1 for " + self.host)

    def words(self, *words):
        spaces = ["-m", "-n", "-p", "-i", "-u"] if self.setup else ["-n"]
        return ["nsenter", "-t", str(self.pid)] + spaces + list(words)

    def run(self, *words, check=True, timeout=30, **options):
        """stdout and stderr as one text, beside the exit code."""
        done = subprocess.run(self.words(*words), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True,
                              check=False, timeout=timeout, **options)
        assert not check or done.returncode == 0, (words, done.returncode,
                                                   done.stdout)
        return done

    def shell(self, text):
        return self.run("sh", "-c", text)

    def start(self, *words, **environment):
        """A daemon; what it says is in FOLDER/HOST-NAME.out."""
        name = os.path.basename(words[0])
        # pylint: disable=consider-using-with
        out = open(os.path.join(self.folder, "%s-%s.out" % (self.host, name)),
                   "w", encoding="ascii", errors="replace")
        clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C"}
        clean.update(environment)
        self.daemons.append(subprocess.Popen(
            self.words(*words), stdout=out, stderr=out, env=clean,
            stdin=subprocess.DEVNULL))
        out.close()

    def write(self, path, text):
        self.run("sh", "-c", "cat >" + path, input=text)

    def alive(self):
        return self.process.poll() is None

    def wait_until_dead(self, seconds):
        self.process.wait(timeout=seconds)

    def close(self):
        if self.alive():
            self.process.kill()
        self.process.wait()
        for daemon in self.daemons:
            daemon.kill()
            daemon.wait()

    def logs(self):
        found = ""
        for name in sorted(os.listdir(self.folder)):
            if name.startswith(self.host + "-"):
                with open(os.path.join(self.folder, name), encoding="ascii",
                          errors="replace") as text:
                    found += "== %s\n%s" % (name, text.read()[-6000:])
        return found


def wait_for(what, seconds, test):
    """test() until it is true, at most so long; how long it took."""
    start = time.monotonic()
    while not test():
        if time.monotonic() - start > seconds:
            raise TimeoutError("%s: not within %d s" % (what, seconds))
        time.sleep(0.1)
    return time.monotonic() - start
