#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# promtool 2.42.0 (prometheus 2.42.0+ds-5+deb12u1, Debian 12), "check metrics" on the page
#   of an exporter: with one series twice, with nothing, with a type that comes too late.
# Guess: it refuses what cannot be meant, and an empty page, which is what "curl -s" of an
#   exporter that is down pipes into it.
# Seen: exit 0 and not a word of one series with two values, and of nothing at all.
#   Prometheus itself keeps the first of the two, and neither "up" nor its counter of
#   duplicates shows it. A second TYPE line is exit 1, a metric without a HELP exit 3.
# Why it matters here: "curl -s ... | promtool check metrics" passes with the exporter
#   stopped, and says nothing of the series. Our tests look for them as well
#   (tests/netns/test_metrics.py, test_exporter.py).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download prometheus=2.42.0+ds-5+deb12u1
dpkg-deb --fsys-tarfile prometheus_*.deb | tar x ./usr/bin/promtool ./usr/bin/prometheus
cat >twice <<'PAGE'
# HELP beat_age_seconds how old the last beat is
# TYPE beat_age_seconds gauge
beat_age_seconds{link="serial"} 1
beat_age_seconds{link="serial"} 2
PAGE
: >nothing
printf '%s\n' '# HELP a b' '# TYPE a gauge' 'a 1' '# TYPE a counter' >typed-twice
printf '%s\n' '# TYPE a gauge' 'a 1' >helpless
cat >web.py <<'PY'
import http.server


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("twice", "rb") as page:
            text = page.read()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 9694), Page)
print("ready", flush=True)
server.serve_forever()
PY
cat >prometheus.yml <<'CONF'
scrape_configs:
- job_name: pair
  scrape_interval: 1s
  static_configs:
  - targets: [ "127.0.0.1:9694" ]
CONF
cat >query.py <<'PY'
import json, time, urllib.request


def ask(what):
    try:
        page = urllib.request.urlopen(
            f"http://127.0.0.1:9090/api/v1/query?query={what}", timeout=5)
        return [row["value"][1] for row in json.load(page)["data"]["result"]]
    except OSError:
        return []


DROPPED = "prometheus_target_scrapes_sample_duplicate_timestamp_total"
until = time.monotonic() + 30
while time.monotonic() < until and not ask("beat_age_seconds"):
    time.sleep(0.2)
time.sleep(2)
print("prometheus: values", ask("beat_age_seconds"), "up", ask('up{job="pair"}'),
      flush=True)
page = urllib.request.urlopen("http://127.0.0.1:9090/metrics").read().decode()
dropped = [line for line in page.splitlines() if line.startswith(DROPPED)]
print("dropped some:", float(dropped[0].split()[1]) > 0)
PY
cat >inside.sh <<'IN'
ip link set lo up
for page in twice nothing typed-twice helpless; do
	result=0
	usr/bin/promtool check metrics <$page >told 2>&1 || result=$?
	echo "$page: exit $result, lines: $(wc -l <told)"
done
mkfifo it
/usr/bin/python3 web.py >it &
web=$!
read -r _ <it
usr/bin/prometheus --config.file=prometheus.yml --storage.tsdb.path=data \
	--web.listen-address=127.0.0.1:9090 >log 2>&1 &
prometheus=$!
/usr/bin/python3 query.py
kill $prometheus $web
wait
IN
timeout 60 unshare -n sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
twice: exit 0, lines: 0
nothing: exit 0, lines: 0
typed-twice: exit 1, lines: 1
helpless: exit 3, lines: 1
prometheus: values ['1'] up ['1']
dropped some: False
SEEN
diff wanted out
