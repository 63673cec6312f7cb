# SPDX-License-Identifier: GPL-3.0-or-later
"""Web servers of a lab: Debian's nginx, each in a namespace of its own."""
import os
import subprocess

import spaces
from lab import VIP, have_vip

NGINX = """daemon off; master_process off; error_log {dir}/error; pid {dir}/pid;
user root;
events {{ worker_connections 4096; }}
http {{ access_log {dir}/access; client_body_temp_path {dir};
  proxy_temp_path {dir}; fastcgi_temp_path {dir}; uwsgi_temp_path {dir};
  scgi_temp_path {dir};
  {servers} }}
"""
PLAIN = "server {{ listen {address}:80; root {dir}; {more} }}"
TLS = """server {{ listen {ip}:443 ssl; root {dir};
    ssl_certificate {certificates}/server.pem;
    ssl_certificate_key {certificates}/server.pem; {more} }}"""


class Nginx:
    """A web server that can be stopped. certificates: a folder of
    make_certificates(), then it speaks HTTPS too. is_direct: it has the VIP
    on its lo, as a server behind DR has. more: of its configuration."""

    def __init__(self, lab, name, ip, certificates=None, is_direct=False,
                 more=""):
        self.lab, self.name, self.ns = lab, name, lab.neighbour(name, ip)
        self.dir = os.path.join(lab.dir, name)
        os.mkdir(self.dir)
        with open(self.dir + "/up", "w", encoding="ascii") as page:
            page.write("x" * 5000 + "all is well" + "y" * 5000)
        servers = [PLAIN.format(address=address, dir=self.dir, more=more)
                   for address in ([ip, VIP] if is_direct else [ip])]
        if certificates:
            servers.append(TLS.format(ip=ip, dir=self.dir,
                                      certificates=certificates, more=more))
        with open(self.dir + "/conf", "w", encoding="ascii") as conf:
            conf.write(NGINX.format(dir=self.dir, servers=" ".join(servers)))
        if is_direct:
            self.take_vip()
        self.process = None
        self.start()

    def take_vip(self):
        have_vip(self.ns)

    def start(self):
        self.process = spaces.begin(self.lab.within(
            self.ns, "nginx", "-c", self.dir + "/conf"),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.lab.background.append(self.process)

    def stop(self):
        self.process.kill()
        self.process.wait()
