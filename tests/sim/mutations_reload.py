# SPDX-License-Identifier: GPL-3.0-or-later
"""The breakages of what new settings may change in a core that runs."""

MUTATIONS = [
    ("another-interface-is-the-same-instance", "R15", "reload.c",
     "a->version == b->version &&\n"
     "\t       strcmp(old->interfaces[a->interface],\n"
     "\t\t      new->interfaces[b->interface]) == 0;",
     "a->version == b->version;"),
    ("another-version-is-the-same-instance", "R15", "reload.c",
     "a->version == b->version &&", "true &&"),
    ("a-device-by-its-name-alone", "R1", "reload.c",
     "\t\t\told->device_digests[d] ==\n"
     "\t\t\t\tnew->device_digests[map->devices[d]];",
     "\t\t\ttrue;"),
    ("another-nodes-name-while-it-runs", "R15", "reload.c",
     "strcmp(old->nodes[1].name, new->nodes[1].name) != 0)", "false)"),
    ("who-is-self-changes-while-it-runs", "R15", "reload.c",
     "if (old->self != new->self ||", "if ("),
    # by its place instead of its key: the simulator catches each
    ("an-instance-by-its-place", "R15", "reload.c",
     "return strcmp(a->name, b->name) == 0 && a->vrid == b->vrid &&",
     "return i == k &&"),
    ("what-is-new-takes-what-stood-there", "R15", "reload.c",
     "else if (!is_kept[k])", "else if (k >= count)"),
    ("bits-that-move-are-no-move", "R15", "reload.c",
     "map->bits_move || map->instances[i] != (int)i;",
     "map->bits_move || map->instances[i] < 0;"),
    ("bits-that-go-are-no-move", "R15", "reload.c",
     "map->bits_move || map->instances[i] != (int)i;",
     "map->bits_move || (map->instances[i] != (int)i &&\n"
     "\t\t\t map->instances[i] >= 0);"),
    ("a-bit-is-used-again", "R15", "reload.c",
     "map->bits_move || map->instances[i] != (int)i;",
     "map->bits_move || (map->instances[i] != (int)i &&\n"
     "\t\t\t (map->instances[i] >= 0 || i < new->instance_count));"),
    ("reload-while-a-fence-runs", "R6", "reload.c",
     "\tif (fence_is_busy(core))\n"
     "\t\treturn \"a fence is being carried out\";\n", ""),
    ("reload-while-a-drill-runs", "R6", "reload.c",
     "\tif (drill_is_running(core))\n"
     "\t\treturn \"a drill is under way\";\n", ""),
    ("reload-in-a-handover", "R17", "reload.c",
     "\tif (core->handover_token)\n"
     "\t\treturn \"a handover is under way\";\n", ""),
    ("reload-while-it-stops", "R12", "reload.c",
     "\tif (core->stopping)\n"
     "\t\treturn \"twinbeatd is stopping\";\n", ""),
    ("reload-without-a-keeper", "R12", "reload.c",
     "\tif (!core->keeper_ready)\n"
     "\t\treturn \"twinbeat-keeper is not ready\";\n", ""),
    ("a-permit-for-its-old-place", "R15", "reload.c",
     "core->instances[k].permit.instance = k;", "{}"),
    ("a-new-instance-need-not-wait", "R8", "reload.c",
     "core->startup_is_over ? INSTANCE_BACKUP : INSTANCE_INIT;",
     "INSTANCE_BACKUP;"),
    ("a-new-link-was-heard", "R2", "reload.c",
     "core->links[k].is_broken = new->links[k].configured;",
     "core->links[k].is_broken = false;"),
    ("a-word-outlives-its-link", "R17", "reload.c",
     "\tcore->peer.statement_us = 0;\n"
     "\tmemset(&core->peer.statement, 0, sizeof(core->peer.statement));\n}",
     "}"),
    ("a-view-of-another-plug", "R1", "reload.c",
     "\t\t\tif (map->is_same_plug[n][i])\n", ""),
    ("a-last-word-by-the-old-places", "R12", "reload.c",
     "\tcore->obituary_for = core->obituary_of = 0;\n", ""),
    ("what-the-peer-said-by-old-places", "R15", "reload.c",
     "\tpeer->statement_us = 0;\n"
     "\tmemset(&peer->statement, 0, sizeof(peer->statement));\n", ""),
    ("levels-read-under-the-old-settings", "R1", "reload.c",
     "\tcore->dark_levels = 0;\n", ""),
    # while both nodes take one file
    ("the-peers-digest-stays-while-both-reload", "R15", "place.c",
     "\tcore->peer.digest_seen = 0;\n", ""),
    ("names-are-forgotten-while-both-reload", "R15", "place.c",
     "\tif (peer_digest_agrees(core))\n\t\tplaces_remember(core);\n", ""),
]
