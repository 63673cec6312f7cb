# SPDX-License-Identifier: GPL-3.0-or-later
"""The modem lines of a lab's serial ports: ptys have none, and
tests/tools/preload/modem_shim.c answers for them, in every program of the node,
as a file says."""
import os

from lab import BUILD

SHIM = os.path.abspath(BUILD + "/tests/modem_shim.so")
CTS, DCD, DSR, SENSE, BRIDGED = 0x20, 0x40, 0x100, 0x10000, 0x20000
PROBED = 0x40000


def path_of(node):
    return os.path.join(node.lab.dir, "lines-" + node.name)


def show(node, lines):
    """In its place: the programs of the node hold it open."""
    fd = os.open(path_of(node), os.O_WRONLY | os.O_CREAT, 0o644)
    os.pwrite(fd, b"%-12s" % hex(lines).encode(), 0)
    os.close(fd)


def wire(node, lines):
    """For the daemons that are started from now on."""
    show(node, lines)
    node.environment = {"LD_PRELOAD": SHIM, "TWINBEAT_SHIM_FILE": path_of(node)}
