#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# promtool 2.42.0 (prometheus 2.42.0+ds-5+deb12u1, Debian 12), three faults.
# Guess: each ends with an exit status that is not 0: a test whose rule_files names
#   a file that is not there; a test that asks for an alert that no rule has; and
#   rules that "check rules" itself calls FAILED.
# Seen: exit 0 of all three. The missing file is "SUCCESS" with a warning (a name
#   without "*" is a pattern, too), the unknown alert is "SUCCESS" without one, as
#   long as nothing is expected to fire; two equal rules are "FAILED" on stderr and
#   exit 0 (3 with --lint-fatal). "check config" does refuse the missing file.
# Why it matters here: a test "this must not fire" proves nothing by itself. Each
#   alert of ours has one moment where it must fire, too, in
#   tests/netns/monitoring_rules.yml.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download prometheus=2.42.0+ds-5+deb12u1
dpkg-deb -x prometheus_*.deb root
cat >rules.yml <<'YML'
groups:
- name: pair
  rules: [{alert: Down, expr: up == 0}]
YML
cat >twice.yml <<'YML'
groups:
- name: pair
  rules: [{alert: Down, expr: up == 0}, {alert: Down, expr: up == 0}]
YML
# up is 0: Down fires
judge()
{
	cat >test.yml <<YML
rule_files: [$1]
tests:
- interval: 1m
  input_series: [{series: up, values: 0x10}]
  alert_rule_test: [{eval_time: 5m, alertname: $2, exp_alerts: []}]
YML
	tell "test of $2 in $1" test rules test.yml
}
tell()
{
	what=$1 result=0
	shift
	root/usr/bin/promtool "$@" >told 2>&1 || result=$?
	echo "$what: exit $result," $(grep -oE 'SUCCESS|FAILED|WARNING' told)
}
{
	judge rules.yml Down
	judge rulez.yml Down
	judge rules.yml Dwon
	tell 'check of a rule twice' check rules twice.yml
	tell 'the same, fatal' check rules --lint-fatal twice.yml
	echo 'rule_files: [rulez.yml]' >config.yml
	tell 'config without rulez.yml' check config config.yml
} >seen
cat seen
cat >wanted <<'SEEN'
test of Down in rules.yml: exit 1, FAILED
test of Down in rulez.yml: exit 0, WARNING SUCCESS
test of Dwon in rules.yml: exit 0, SUCCESS
check of a rule twice: exit 0, FAILED
the same, fatal: exit 3, FAILED
config without rulez.yml: exit 1, FAILED
SEEN
diff wanted seen
