#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# prometheus-alertmanager 0.25.0-1+b4 (Debian 12), an inhibit rule with "equal: [pair]":
#   PairDown silences LinkDown of the same pair. The alerts have the label "pair", or
#   lack it.
# Guess: labels that are not there are not equal, as NULL is not in SQL; so an alert
#   without "pair" inhibits nothing, and "amtool check-config" or the log says so.
# Seen: two that lack the label are equal. A PairDown without "pair" silences each
#   LinkDown that has none, of whatever node. check-config finds the rule good with any
#   name in "equal", also one that no alert has: it silences all that it names then.
# Why it matters here: the fault of one pair hides those of others. A daemon that does not
#   answer leaves "twinbeat_up 0" without "pair" and "node", so for such a rule all of
#   them are one pair; README (Monitoring) says what to put into "equal".
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download prometheus-alertmanager=0.25.0-1+b4
dpkg-deb -x prometheus-alertmanager_*.deb root
cat >alertmanager.yml <<'CONF'
route:
  receiver: nobody
receivers:
- name: nobody
inhibit_rules:
- source_matchers: [ 'alertname="PairDown"' ]
  target_matchers: [ 'alertname="LinkDown"' ]
  equal: [ pair ]
CONF
cat >inside.sh <<'IN'
ip link set lo up
mount -t tmpfs none /usr/share
mkdir /usr/share/prometheus
cp -r root/usr/share/prometheus/alertmanager /usr/share/prometheus
tool() { root/usr/bin/amtool --alertmanager.url=http://127.0.0.1:9093 "$@"; }
for equal in pair pear; do
	sed "s/equal: .*/equal: [ $equal ]/" alertmanager.yml >$equal.yml
	root/usr/bin/amtool check-config $equal.yml >/dev/null || echo 'check failed'
	root/usr/bin/prometheus-alertmanager --config.file=$equal.yml \
		--storage.path=data-$equal --cluster.listen-address= \
		--web.listen-address=127.0.0.1:9093 >log 2>&1 &
	manager=$!
	until tool alert query >/dev/null 2>&1; do sleep 0.2; done
	show() {
		sleep 1
		tool alert query -o json -i alertname=LinkDown >list
		echo "equal: $equal, $1: silent:" \
			$(grep -o '"node":"[^"]*"' list | cut -d'"' -f4 | sort)
	}
	tool alert add alertname=LinkDown node=no-pair
	tool alert add alertname=LinkDown node=web1 pair=web
	tool alert add alertname=LinkDown node=mail1 pair=mail
	tool alert add alertname=PairDown pair=web
	show 'PairDown of web'
	tool alert add alertname=PairDown
	show 'and one without pair'
	kill $manager
	wait $manager || true
done
IN
timeout 100 unshare -n -m --propagation private sh inside.sh >out 2>err || true
cat out
cat >wanted <<'SEEN'
equal: pair, PairDown of web: silent: web1
equal: pair, and one without pair: silent: no-pair web1
equal: pear, PairDown of web: silent: mail1 no-pair web1
equal: pear, and one without pair: silent: mail1 no-pair web1
SEEN
diff wanted out
