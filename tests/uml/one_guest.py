# SPDX-License-Identifier: GPL-3.0-or-later
"""One guest of User-Mode Linux that does a job and ends."""
import os
import shutil
import subprocess
import sys
import tempfile

from run import BOOT_S, HERE, ROOT, SKIPPED

# lines of a job on its console
BEGAN, ENDED = "job: began", "job: ended"


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as text:
            return text.read()
    except OSError:
        return ""


def run_job(job, limit_s, words=(), is_told=False, is_urgent=False,
            keep=None, cpu=None):
    """Its exit code, SKIPPED where no guest comes up. The job (a script beside
    this file) writes what it says into /out/report, or with is_told to its
    console, which is shown as it comes; and its exit code into /out/result.
    is_urgent: it is about milliseconds. keep: where a file "kept" of /out goes.
    cpu: which it has, if not the one that fits."""
    if cpu is None:
        cpu = 0 if is_urgent else os.cpu_count() - 1
    out = tempfile.mkdtemp(prefix="twinbeat-guest-")
    console = os.path.join(out, "console")
    environment = dict(os.environ)
    if is_urgent and subprocess.run(["chrt", "-r", "1", "true"], check=False,
                                    stderr=subprocess.DEVNULL).returncode == 0:
        environment["URGENT"] = "1"
    try:
        with open(console, "wb") as log:
            guest = subprocess.Popen(
                ["sh", os.path.join(HERE, "guest.sh"), "lvs",
                 os.path.join(HERE, job), out,
                 str(cpu), "mem=256M",
                 "root_dir=" + ROOT,
                 "BUILD=" + os.environ.get("BUILD", "build"), *words],
                env=environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL)
        try:
            wait(guest, BOOT_S + limit_s, console if is_told else None)
        except subprocess.TimeoutExpired:
            guest.kill()  # the unshare: its namespace dies with it
            guest.wait()
        print(read(os.path.join(out, "report")), end="")
        if keep and os.path.exists(os.path.join(out, "kept")):
            os.makedirs(os.path.dirname(keep), exist_ok=True)
            shutil.copy(os.path.join(out, "kept"), keep)
        result = read(os.path.join(out, "result")).strip()
        if result:
            return int(result)
        if not os.path.exists(os.path.join(out, "began")):
            print("uml: skipped: the guest does not come up: %s"
                  % read(console)[-300:])
            return SKIPPED
        print("the guest did not finish: %s" % read(console)[-1000:])
        return 1
    finally:
        shutil.rmtree(out)


def wait(guest, limit_s, console):
    """Until it has ended; shows its console meanwhile, if one is given."""
    if console is None:
        guest.wait(limit_s)
        return
    with open(console, encoding="utf-8", errors="replace") as text:
        left = limit_s
        while guest.poll() is None:
            show(text)
            try:
                guest.wait(0.2)
            except subprocess.TimeoutExpired:
                left -= 0.2
                if left <= 0:
                    raise
        show(text)


def show(text):
    """What the job says: the kernel's own words come before and after it."""
    for line in text:
        line = line.replace("\r", "")
        if line.startswith(BEGAN):
            show.is_on = True
        elif line.startswith(ENDED):
            show.is_on = False
        elif show.is_on:
            sys.stdout.write(line)
    sys.stdout.flush()


show.is_on = False
