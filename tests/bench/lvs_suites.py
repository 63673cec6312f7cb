# SPDX-License-Identifier: GPL-3.0-or-later
"""Who directs in the bench of LVS: twinbeat, keepalived or ldirectord, in the
namespace of one node, with the same services, servers and intervals.

A suite: start(farm), stop(), pids() (of what checks and programs, not of what
speaks VRRP).
"""
import collections
import os
import signal

from lab import BUILD, VIP, children_of, run    # lvs.py has set the path
from pair import family

# services: [(name, [(ip, port) of its listeners], [ip of its servers])];
# check: a key of CHECKS; pace: inter, fastinter and timeout in ms
Farm = collections.namedtuple("Farm", "services check pace",
                              defaults=((1000, 300, 500),))
FALL = 2

# as twinbeat, keepalived and ldirectord have them; None: it has no such one
CHECKS = {
    "http": ('{ type = "http"; port = 80; path = "/up"; }',
             "HTTP_GET { url { path /up\n status_code 200 }\n "
             "connect_port 80 }",
             'service=http\n\tchecktype=negotiate\n\trequest="up"\n\t'
             'receive="all is well"'),
    "http kept": ('{ type = "http"; port = 80; path = "/small"; '
                  'keepalive = true; }',
                  "HTTP_GET { url { path /small\n status_code 200 }\n "
                  "connect_port 80 }", None),
    "tcp": ('{ type = "tcp"; port = 80; }', "TCP_CHECK { connect_port 80 }",
            "checktype=connect"),
    None: ('{ type = "none"; }', "", "checktype=on"),
}

TWINBEAT = """pair = "bench"; key_file = "{dir}/key";
nodes = ( {{ name = "lb01"; priority = 150; address = "10.99.0.11"; }},
  {{ name = "lb02"; priority = 100; address = "10.99.0.12"; kind = "vrrp"; }} );
instances = ( {{ name = "VI_1"; interface = "eth0"; vrid = 55; advert_ms = {advert};
  addresses = ( {addresses} ); }} );
director = {{ on_stop = "remove"; check = {{ inter_ms = {inter}; fastinter_ms = {fast};
  downinter_ms = {inter}; timeout_ms = {timeout}; fall = {fall}; rise = 1;
  parallel = 256; }};
  services = ( {services} ); }};
"""
KEEPALIVED = """global_defs {{ vrrp_version 3 }}
vrrp_instance VI_1 {{ state MASTER
 interface eth0
 virtual_router_id 55
 priority {priority}
 advert_int {advert_s}
 virtual_ipaddress {{ {vip}/32 }} }}
"""



class Suite:
    def __init__(self, lab, index=0):
        self.lab, self.node, self.starter = lab, lab.nodes[index], None

    def path(self, suffix):
        return os.path.join(self.node.dir, self.name + suffix)

    def write(self, suffix, text):
        with open(self.path(suffix), "w", encoding="ascii") as out:
            out.write(text)
        return self.path(suffix)

    def spawn(self, *words):
        self.starter = self.node.spawn(*words, log=self.path(".log"))

    def stop(self):
        for pid in children_of(self.starter.pid):
            os.kill(pid, signal.SIGTERM)
        try:
            self.starter.wait(timeout=30)
        finally:
            self.starter.kill()
            # rate is measured without IPVS, too
            run("ip", "netns", "exec", self.node.ns, "ipvsadm", "-C",
                check=False)


class Twinbeat(Suite):
    name = "twinbeat"

    def start(self, farm):
        check = "checks = ( %s );" % CHECKS[farm.check][0]
        inter, fast, timeout = farm.pace
        services = ", ".join(
            '{ name = "%s"; instance = "VI_1"; method = "dr"; scheduler = '
            '"rr"; on_down = "cut"; %s listen = ( %s ); servers = ( %s ); }' % (
                name, check,
                ", ".join('{ ip = "%s"; port = %d; }' % one for one in listen),
                ", ".join('{ name = "s%d"; address = "%s"; }' % (i, ip)
                          for i, ip in enumerate(servers)))
            for name, listen, servers in farm.services)
        addresses = ", ".join('{ ip = "%s/32"; }' % ip for ip in sorted(
            {ip for _, listen, _ in farm.services for ip, _ in listen}))
        self.write(".conf", TWINBEAT.format(
            dir=self.lab.dir, addresses=addresses, services=services,
            inter=inter, fast=fast, timeout=timeout, fall=FALL,
            advert=self.lab.options["advert_ms"]))
        self.spawn(BUILD + "/twinbeatd", "--foreground", "--node", "lb01",
                   "-c", self.path(".conf"), "--run-dir", self.path(".run"),
                   "--state-dir", self.path(".state"))

    def pids(self):
        found = []
        for pid in family(self.starter.pid)[1:]:
            with open("/proc/%d/comm" % pid, encoding="ascii") as name:
                # as the kernel cuts it
                if name.read().strip() in ("twinbeat-direct",
                                           "twinbeat-checke"):
                    found.append(pid)
        assert len(found) == 2, found
        return found


class Keepalived(Suite):
    name = "keepalived"

    def start(self, farm):
        inter, fast, timeout = farm.pace
        timing = "delay_loop %g\n connect_timeout %g\n retry %d\n" \
            " delay_before_retry %g\n warmup 0\n" % (
                inter / 1000, timeout / 1000, FALL - 1, fast / 1000)
        check = CHECKS[farm.check][1]
        text = KEEPALIVED.format(
            vip=VIP, priority=254 - self.node.index,
            advert_s=self.lab.options["advert_ms"] / 1000)
        for name, listen, servers in farm.services:
            if len(listen) > 1:
                text += "virtual_server_group %s {\n%s }\n" % (
                    name, "".join(" %s %d\n" % one for one in listen))
            text += "virtual_server %s {\n %s lvs_sched rr\n lvs_method DR\n" \
                " protocol TCP\n%s }\n" % (
                    "group " + name if len(listen) > 1 else
                    "%s %d" % listen[0], timing, "".join(
                        " real_server %s %d { weight 1\n %s }\n" % (
                            ip, listen[0][1], check) for ip in servers))
        self.write(".conf", text)
        self.spawn("keepalived", "-n", "-l", "-G", "-f", self.path(".conf"),
                   "-p", self.path(".pid"), "-r", self.path(".vrrp"),
                   "-c", self.path(".check"))

    def pids(self):
        # the first child of its first process; the second speaks VRRP
        return [min(children_of(children_of(self.starter.pid)[0]))]


class Ldirectord(Suite):
    name = "ldirectord"

    def start(self, farm):
        run("ip", "-n", self.node.ns, "address", "replace", VIP + "/32",
            "dev", "eth0")
        check = CHECKS[farm.check][2]
        text = "checktimeout=1\nnegotiatetimeout=1\ncheckinterval=1\n" \
            "failurecount=%d\nquiescent=no\nautoreload=no\n" % FALL
        for _, listen, servers in farm.services:
            for ip, port in listen:
                text += "virtual=%s:%d\n%s\tscheduler=rr\n\tprotocol=tcp\n" \
                    "\t%s\n" % (ip, port, "".join(
                        "\treal=%s:%d gate 1\n" % (server, port)
                        for server in servers), check)
        self.write(".cf", text)
        self.spawn("ldirectord", "-d", self.path(".cf"), "start")

    def pids(self):
        return family(self.starter.pid)[1:]

    def stop(self):
        super().stop()
        run("ip", "-n", self.node.ns, "address", "del", VIP + "/32", "dev",
            "eth0", check=False)
