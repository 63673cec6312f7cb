#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# promtool 2.42.0 (prometheus 2.42.0+ds-5+deb12u1, Debian 12), which computes as Prometheus
#   does: a counter that is there with 0 and becomes 1, and one that comes into being with
#   its first event, as those of many client libraries with labels do, and says 1.
# Guess: one event each, so increase() is 1, or somewhat more or less of it, and the alert
#   "increase(x[5m]) > 0" fires for both.
# Seen: it is 1 for the first one and 0 for the second: what a series begins with counts for
#   nothing, and no alert fires; changes() and delta() say 0, too. "x unless x offset 5m"
#   finds the one that has come.
# Why it matters here: an alert of the first takeover, or the first fence, never fires.
#   twinbeat's alerts are gauges, and its counters there from the start with 0, but for
#   vrrp_drops, whose reasons come with the first drop (README, Monitoring).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download prometheus=2.42.0+ds-5+deb12u1
dpkg-deb -x prometheus_*.deb root
cat >rules.yml <<'RULES'
groups:
- name: pair
  rules:
  - alert: Takeover
    expr: increase(takeovers_total[5m]) > 0
RULES
cat >test.yml <<'TEST'
rule_files: [ rules.yml ]
evaluation_interval: 15s
tests:
- interval: 15s
  input_series:
  - series: takeovers_total{node="there"}
    values: 0x4 1x40
  - series: takeovers_total{node="new"}
    values: _x4 1x40
  promql_expr_test:
TEST
# each is expected to be nothing, so promtool says what it is
for function in increase changes delta; do
	for node in there new; do
		cat <<TEST
  - expr: $function(takeovers_total{node="$node"}[5m])
    eval_time: 3m
TEST
	done
done >>test.yml
cat >>test.yml <<'TEST'
  - expr: takeovers_total unless takeovers_total offset 1m45s
    eval_time: 2m30s
  alert_rule_test:
  - alertname: Takeover
    eval_time: 3m
  - alertname: Takeover
    eval_time: 1m
TEST
# promtool 2.42 writes what it got on the line after "exp:"
root/usr/bin/promtool test rules test.yml >told 2>&1 || true
awk '/Labels:/ {print "alert" $0}
	/expr:/ {sub(/.*expr: "/, ""); sub(/", time.*/, ""); what = $0}
	/got: .*[0-9]$/ {print what ": " $NF}' told | sed 's/\\"/"/g; s/ *Labels:/ /' >out
cat out
cat >wanted <<'SEEN'
alert {alertname="Takeover", node="there"}
increase(takeovers_total{node="there"}[5m]): 1E+00
increase(takeovers_total{node="new"}[5m]): 0E+00
changes(takeovers_total{node="there"}[5m]): 1E+00
changes(takeovers_total{node="new"}[5m]): 0E+00
delta(takeovers_total{node="there"}[5m]): 1.0416666666666667E+00
delta(takeovers_total{node="new"}[5m]): 0E+00
takeovers_total unless takeovers_total offset 1m45s: 1E+00
SEEN
diff wanted out
