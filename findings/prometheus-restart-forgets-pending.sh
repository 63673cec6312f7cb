#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# prometheus 2.42.0+ds-5+deb12u1 (Debian 12), an alert with "for: 25s" that is pending for 15
#   s when Prometheus is told to reload its files (SIGHUP), or is stopped and started.
# Guess: it fires 25 s after the fault, or as much later as Prometheus was away: that is
#   what the series ALERTS_FOR_STATE is kept for.
# Seen: so of the reload. A start restores only alerts whose "for" is longer than
#   --rules.alert.for-grace-period, 10 minutes; all others begin anew, and fire 25 s
#   after the start.
# Why it matters here: with "for: 5m", a Prometheus that is restarted each four minutes (out
#   of memory, a bad disk) never fires any of them, and shows them as pending. The rules
#   of ours that are about two owners or an address that nobody serves have a short
#   "for" or none (etc/monitoring); check_twinbeat and "notify" need no Prometheus.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download prometheus=2.42.0+ds-5+deb12u1
dpkg-deb -x prometheus_*.deb root
cat >rules.yml <<'RULES'
groups:
- name: pair
  interval: 1s
  rules:
  - alert: LinkDown
    expr: vector(1)
    for: 25s
RULES
cat >prometheus.yml <<'CONF'
global:
  evaluation_interval: 1s
rule_files: [ rules.yml ]
CONF
cat >inside.py <<'PY'
import json
import signal
import subprocess
import sys
import time
import urllib.request


def start(*more):
    return subprocess.Popen(
        ["root/usr/bin/prometheus", "--config.file=prometheus.yml",
         "--storage.tsdb.path=data-" + sys.argv[1],
         "--web.listen-address=127.0.0.1:9090",
         # its pages are files of another package
         "--web.console.templates=.", "--web.console.libraries=.", *more],
        stdout=subprocess.DEVNULL, stderr=open("log", "ab"))


def state():
    try:
        with urllib.request.urlopen("http://127.0.0.1:9090/api/v1/alerts",
                                    timeout=2) as page:
            alerts = json.load(page)["data"]["alerts"]
    except OSError:
        return None
    return alerts[0]["state"] if alerts else None


more = ["--rules.alert.for-grace-period=1s"] if sys.argv[1] == "grace" else []
server = start(*more)
while state() != "pending":
    time.sleep(0.2)
begun = time.monotonic()
time.sleep(15)
if sys.argv[1] == "reload":
    server.send_signal(signal.SIGHUP)
elif sys.argv[1] != "nothing":
    server.terminate()
    server.wait()
    server = start(*more)
while state() != "firing":
    time.sleep(0.2)
took = time.monotonic() - begun
print(sys.argv[1] + ":", "about 25 s" if 22 < took < 34 else
      "15 s and 25 more" if 38 < took < 55 else f"{took:.1f} s")
server.terminate()
server.wait()
PY
for way in nothing reload restart grace; do
	timeout 100 unshare -n sh -c 'ip link set lo up && exec /usr/bin/python3 inside.py "$0"' \
		$way >"out-$way" 2>"err-$way" &
done
wait
cat out-nothing out-reload out-restart out-grace | tee out
cat err-*
cat >wanted <<'SEEN'
nothing: about 25 s
reload: about 25 s
restart: 15 s and 25 more
grace: about 25 s
SEEN
diff wanted out
