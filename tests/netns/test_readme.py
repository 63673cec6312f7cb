# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command that README.md shows is run here, as shown.

In one sandbox: a mount, network and UTS namespace whose /etc, /usr and
/var/lib are overlays and whose /run is empty, so that even `make install` is
the real one. Commands that need a real machine are listed by name, and only
their syntax is checked. A command that is in neither group fails the test.
"""
import os
import re
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# Real machines, and commands with tests of their own.
ELSEWHERE = {
    "make demo": "its own test; two minutes",
    "make demo-lvs": "a stage of its own; a guest, a minute",
    "make check": "runs this test",
    "systemctl mask --now serial-getty@ttyS1.service": "systemd",
    "systemctl enable --now twinbeat": "systemd",
    "udevadm control --reload": "udev",
    "udevadm trigger --subsystem-match=tty --subsystem-match=usb": "udev",
    "scp -p /etc/twinbeat/key /etc/twinbeat/twinbeat.conf "
    "root@lb02:/etc/twinbeat/": "a second machine",
}


def readme():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        return file.read()


def blocks(kind):
    return re.findall(r"^```%s\n(.*?)^```" % kind, readme(), re.M | re.S)


def commands():
    lines = []
    for block in blocks("sh"):
        lines += [line.strip() for line in
                  block.replace("\\\n", " ").splitlines() if line.strip()]
    return lines


def inside(folder):
    """Runs in the sandbox: each command on a terminal, names typed."""
    sys.path.insert(0, HERE)
    from fake_daemon import STATUS, FakeDaemon, plugs
    for path in ("/etc", "/usr", "/var/lib"):
        upper = folder + path.replace("/", "_")
        os.makedirs(upper + ".upper")
        os.makedirs(upper + ".work")
        subprocess.run(
            ["mount", "-t", "overlay", "overlay", "-o",
             f"lowerdir={path},upperdir={upper}.upper,workdir={upper}.work",
             path], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "run", "/run"], check=True)
    subprocess.run(["hostname", "lb02"], check=True)
    os.makedirs("/etc/udev/rules.d", exist_ok=True)
    os.makedirs("/run/twinbeat")
    done = {"done": True, "ok": True, "text": "done"}
    answers = {(name, None): [done] for name in
               ("confirm", "handover", "standby", "online", "maintenance")}
    for action, state in (("off", "off"), ("on", "on"), ("status", "on")):
        answers[("fence", action)] = [dict(done, result=state,
                                           plugs=plugs(state))]
    with FakeDaemon("/run/twinbeat", answers, STATUS):
        for command in commands():
            if command in ELSEWHERE:
                continue
            code, said = on_terminal(command)
            print(f"$ {command}\n{said}-> {code}", flush=True)
            if command == "make install":
                # Step 3 of "Set up a pair": the one of the next section.
                with open("/etc/twinbeat/twinbeat.conf", "w",
                          encoding="ascii") as file:
                    file.write(blocks("libconfig")[0])
            if code:
                sys.exit(1)


def on_terminal(command):
    import pty
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.environ["TERM"] = "dumb"
        os.execvp("sh", ["sh", "-c", command])
    said = ""
    while True:
        try:
            data = os.read(fd, 4096)
        except OSError:
            break
        if not data:
            break
        said += data.decode()
        asked = re.search(r"Type the name (\S+) to go on.*: $", said)
        if asked:
            os.write(fd, (asked.group(1) + "\n").encode())
            said += "\n"
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said


def test_every_command_of_readme_runs_as_shown(tmp_path):
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--uts", "--propagation", "private",
         "/usr/bin/python3", os.path.abspath(__file__), "inside",
         str(tmp_path)], text=True, capture_output=True, timeout=300,
        stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    ran = re.findall(r"^\$ (.*)$", done.stdout, re.M)
    assert ran == [c for c in commands() if c not in ELSEWHERE]
    assert "make install" in ran and "twinbeat status" in ran


@pytest.mark.parametrize("command", sorted(ELSEWHERE))
def test_commands_for_a_real_machine_are_at_least_shell(command):
    assert command in commands(), "README.md does not show it any more"
    subprocess.run(["sh", "-n", "-c", command], check=True)
    if command.startswith("make "):
        target = command.split()[1]
        with open(os.path.join(ROOT, "Makefile"), encoding="ascii") as file:
            assert re.search(r"^%s:" % target, file.read(), re.M), target


@pytest.mark.parametrize("node", ["lb01", "lb02"])
def test_the_configuration_walked_through_has_no_error(tmp_path, node):
    twinbeat = os.path.join(ROOT, os.environ.get("BUILD", "build"), "twinbeat")
    conf, key = tmp_path / "twinbeat.conf", tmp_path / "key"
    subprocess.run([twinbeat, "keygen", key], check=True)
    text = blocks("libconfig")[0]
    assert text.count("/etc/twinbeat/key") == 1
    conf.write_text(text.replace("/etc/twinbeat/key", str(key)))
    done = subprocess.run([twinbeat, "--node", node, "check", conf],
                          text=True, capture_output=True, check=False)
    assert done.returncode == 0 and ": 0 errors, " in done.stdout, done.stdout


def test_readme_names_every_command_and_no_other():
    help_ = subprocess.run(
        [os.path.join(ROOT, os.environ.get("BUILD", "build"), "twinbeat"),
         "--help"], text=True, capture_output=True, check=True).stdout
    known = set(re.findall(r"^  ([a-z]+) ", help_, re.M))
    table = readme().split("## Commands")[1].split("\n\nExit")[0]
    cells = " ".join(re.findall(r"^\| (`[^|]*) \|", table, re.M))
    named = set(re.findall(r"`(?:twinbeat )?([a-z]+)", cells)) \
        - {"off", "json"}
    assert named == known, "the table under Commands of README.md lacks %s, " \
        "and names %s, which src/cli/twinbeat.c lacks" % (
            sorted(known - named), sorted(named - known))
    assert set(re.findall(r"`twinbeat ([a-z]+)", readme())) <= known


if __name__ == "__main__" and sys.argv[1:2] == ["inside"]:
    inside(sys.argv[2])
