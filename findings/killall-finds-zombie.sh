#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# killall of psmisc 23.6-1, pidof of sysvinit-utils 3.06-4, pgrep, pkill and ps of procps
#   2:4.0.2-3 (all Debian 12), as track scripts ask whether a service runs, when it was
#   killed and its parent has not waited for it (a zombie), and when it is stopped.
# Guess: who looks for a process by its name knows that a zombie serves nobody, and passes
#   it over; only "kill -0 PID" finds it.
# Seen: pidof alone passes it over. "killall -0", the check of most keepalived.conf, pgrep,
#   "pkill -0" and "ps -C" have exit 0, as long as the parent does not wait; and all of
#   them have it of a process that is stopped.
# Why it matters here: a container's first process or a supervisor that hangs waits for
#   nobody, and a node with a dead service keeps the address. "processes" of "track" takes
#   a zombie for gone (src/runner/processes.c), and twinbeat import makes it of such a
#   script; a check of what the service answers knows of a stopped one, too.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download psmisc=23.6-1 procps=2:4.0.2-3 libproc2-0=2:4.0.2-3 \
	sysvinit-utils=3.06-4
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >parent.py <<'PY'
import signal
import subprocess
import time

child = subprocess.Popen(["./balancerd", "1000"])
time.sleep(0.2)
child.send_signal(signal.SIGSTOP)
with open("pid", "w", encoding="ascii") as f:
    f.write(str(child.pid))
signal.sigwait([signal.SIGUSR1])
child.kill()
signal.sigwait([signal.SIGUSR1])
PY
cat >inside.sh <<'IN'
mount -t proc none /proc
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
cp /bin/sleep balancerd
/usr/bin/python3 -c "
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
exec(open('parent.py').read())" &
parent=$!
try() {
	name=$1
	shift
	result=0
	"$@" >/dev/null 2>&1 || result=$?
	echo "$state: $name: exit $result"
}
wait_for() {
	until [ -s pid ] && grep -q "^State:.$1" /proc/$(cat pid)/status; do sleep 0.1; done
}
for state in stopped zombie; do
	case $state in
	stopped) wait_for T ;;
	zombie) kill -USR1 $parent && wait_for Z ;;
	esac
	try 'kill -0' kill -0 $(cat pid)
	try 'killall -0' root/usr/bin/killall -0 balancerd
	try 'pgrep -x' root/usr/bin/pgrep -x balancerd
	try 'pkill -0' root/usr/bin/pkill -0 -x balancerd
	try 'ps -C' root/bin/ps -C balancerd
	try 'pidof' root/bin/pidof balancerd
done
kill -USR1 $parent
wait $parent
state=gone
try 'killall -0' root/usr/bin/killall -0 balancerd
IN
timeout 30 unshare -p -f -m --kill-child --propagation private sh inside.sh >out 2>err ||
	true
cat out
cat >wanted <<'SEEN'
stopped: kill -0: exit 0
stopped: killall -0: exit 0
stopped: pgrep -x: exit 0
stopped: pkill -0: exit 0
stopped: ps -C: exit 0
stopped: pidof: exit 0
zombie: kill -0: exit 0
zombie: killall -0: exit 0
zombie: pgrep -x: exit 0
zombie: pkill -0: exit 0
zombie: ps -C: exit 0
zombie: pidof: exit 1
gone: killall -0: exit 1
SEEN
diff wanted out
