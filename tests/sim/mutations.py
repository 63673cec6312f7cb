# SPDX-License-Identifier: GPL-3.0-or-later
"""The breakages: name, rule, file in src/core, text, text put in its place.

Each takes one thought out of the core, as a slip of the keyboard or a
misunderstanding might. The text must stand in the file exactly once.

Left out, for another check says the same and alone catches nothing: is_over
in holds_obituary() (what ends it also ends PEER_RELEASED), peer_is_heard() in
holds_fence_proof() (a sign of life ends FENCE_STATE_CONFIRMED), the two-way
link in holds_resigned() (advert_resigned() asked, and a beat forgets it).
"""

MUTATIONS = [
    ("permit-on-time-out", "R1", "permit.c",
     "	else\n"
     "		return false;\n",
     "	else if (core->drained && core->peer.state == PEER_SILENT)\n"
     "		proof = PROOF_SILENCE;\n"
     "	else\n"
     "		return false;\n"),
    ("obituary-of-an-old-generation-believed", "R12", "peer.c",
     "	if (beat->generation != peer->generation ||",
     "	if ("),
    ("permit-on-want-alone", "R17", "permit.c",
     "!(peer->statement.own & bit) &&\n",
     "true &&\n"),
    ("permit-though-the-peer-wants", "R17", "permit.c",
     "!(peer->statement.want & bit) &&\n",
     "true &&\n"),
    ("want-acknowledged-by-an-older-sequence", "R17", "permit.c",
     "peer_acknowledges(core, instance->want_sequence)",
     "peer_acknowledges(core, 0)"),
    ("released-without-a-want", "R17", "permit.c",
     "return instance->want && peer",
     "return peer"),
    ("silence-of-a-never-link-counts", "R2", "table.c",
     "core->links[i].state != LINK_DOWN)",
     "false)"),
    ("alive-is-ignored", "R4", "table.c",
     "\tif (peer_is_heard(core))\n"
     "\t\treturn; /* alive",
     "\tif (false)\n"
     "\t\treturn; /* alive"),
    ("second-does-not-wait", "R5", "table.c",
     "* (we_go_first(core) ? 1 : 2)",
     "* 0"),
    ("both-go-first", "R5", "table.c",
     "* (we_go_first(core) ? 1 : 2)",
     "* 1"),
    ("disagreement-needs-no-word", "R4", "table.c",
     "!peer_acknowledges(core, instance->silent_sequence + 1)",
     "false"),
    ("shoots-with-unequal-settings", "R15", "table.c",
     "if (!peer_digest_agrees(core) ||\n",
     "if (\n"),
    ("no-start-up-wait", "R8", "table.c",
     "core->now_us < core->startup_until_us) {\n"
     "\t\tcore_wake_at",
     "false) {\n"
     "\t\tcore_wake_at"),
    ("own-cleared-before-removal", "R10", "instance.c",
     "\tinstance->releasing = true;\n"
     "\tinstance->released_us",
     "\tinstance->own = false;\n"
     "\tinstance->releasing = true;\n"
     "\tinstance->released_us"),
    ("failed-removal-is-a-release", "R10", "instance.c",
     "\tif (failed > 0) {\n",
     "\tif (false) {\n"),
    ("want-of-before-our-claim-is-honoured", "R17", "instance.c",
     "peer_acknowledges(core, core->instances[i].own_sequence)",
     "true"),
    ("carrier-loss-keeps-the-vip", "R4", "instance.c",
     "} else if (!core->carrier[interface]) {",
     "} else if (false) {"),
    ("unfit-claims", "R3", "instance.c",
     "instance->releasing || !instance->fit ||\n",
     "instance->releasing ||\n"),
    ("stop-does-not-release", "R17", "instance.c",
     "\tif (held && !timed_out) {\n",
     "\tif (false) {\n"),
    ("standby-is-fit", "R13", "instance.c",
     "\tif (core->standby)\n",
     "\tif (false)\n"),
    ("both-want-nobody-drops", "R17", "want.c",
     "if (!(beat->want & bit) || outranks_peer(core, i))",
     "if (true)"),
    ("preempts-at-once", "R9", "want.c",
     "\tif (core->now_us < due_us) {\n",
     "\tif (false) {\n"),
    ("preempts-unasked", "R9", "want.c",
     "if (!settings->preempt || core",
     "if (core"),
    ("replays-are-believed", "R7", "peer.c",
     "beat->sequence <= l->sequence) ||",
     "false) ||"),
    ("obituary-for-an-old-life-of-ours-believed", "R12", "peer.c",
     "beat->ack_generation != core->generation || peer->is_over)",
     "peer->is_over)"),
    ("stranger-is-believed", "R17", "peer.c",
     "\t\tif (beat->ack_generation != core->generation ||\n"
     "\t\t    beat->ack_sequence <= peer->own_sequence_then) {",
     "\t\tif (false) {"),
    ("obituary-not-heard", "R12", "peer.c",
     "\tif (beat->type == BEAT_OBITUARY) {",
     "\tif (false) {"),
    ("no-stall-check", "R11", "stall.c",
     "if (away_us <= limit_us || core->deadline_us == 0)",
     "if (true)"),
    ("generation-not-renewed-after-a-stall", "R11", "stall.c",
     "\tgeneration_renew(core);\n"
     "\tlinks_reset(core);",
     "\tlinks_reset(core);"),
    ("stall-keeps-the-vip", "R11", "stall.c",
     "if (instance->own && !instance->releasing)\n",
     "if (false)\n"),
    ("contradiction-ignored", "R6", "fence.c",
     "\t\tif (core->now_us >= limit_us)\n"
     "\t\t\tfence_contradict",
     "\t\tif (false)\n"
     "\t\t\tfence_contradict"),
    ("verifies-at-once", "R6", "fence.c",
     "\tif (peer_is_heard(core)) {\n"
     "\t\tif (core->now_us >= limit_us)",
     "\tif (false) {\n"
     "\t\tif (core->now_us >= limit_us)"),
    ("unknown-counts-as-off", "R6", "fence.c",
     "if (!off || done->digest",
     "if (done->digest"),
    ("unproven-plug-proves", "R1", "fence.c",
     "\tif (!proven) {\n",
     "\tif (false) {\n"),
    ("fence-loop-unguarded", "R6", "fence.c",
     "\tif (settings->fence.max_per_window &&\n",
     "\tif (false &&\n"),
    ("maintenance-ignored", "R13", "fence.c",
     "\tif (is_in_maintenance(core))\n",
     "\tif (false)\n"),
    ("no-retry", "R6", "fence.c",
     "\t\telse if (core->now_us >= fence->retry_us)\n",
     "\t\telse if (false)\n"),
    ("shoots-after-a-first-silent-start", "R8", "fence.c",
     "\tif (need->kind == NEED_STARTUP && startup_blocks(core))\n",
     "\tif (false)\n"),
    ("miswired-plug-is-proven", "R14", "plug.c",
     "\t       !(core->memory.plug_miswired >> plug & 1);",
     "\t       true;"),
    ("confirm-of-the-living", "R13", "operator.c",
     "\tif (peer_is_heard(core)) {\n"
     "\t\torder_reply(core, token, true, false,\n"
     "\t\t\t    \"refused: %s is alive",
     "\tif (false) {\n"
     "\t\torder_reply(core, token, true, false,\n"
     "\t\t\t    \"refused: %s is alive"),
    ("fences-itself", "R13", "operator.c",
     "\tif (node == core->self) {\n",
     "\tif (false) {\n"),
    ("split-brain-unseen", "R7", "split.c",
     "\t\tif (!instance->own || instance->releasing ||\n"
     "\t\t    !(beat->own >> i & 1) ||",
     "\t\tif (true ||"),
    ("adverts-of-a-rival-unseen", "R7", "split.c",
     "\tif (++instance->rival_adverts == 2)",
     "\tif (false)"),
    ("own-plugs-taken-for-the-peers", "R1", "plug.c",
     "\tif (core->monitor_read_node != core->peer_index)\n"
     "\t\treturn;\n",
     ""),
    ("already-off-without-power-wait", "R8", "plug.c",
     "core->seen_off_us + MS(done->power_wait_ms)",
     "core->seen_off_us"),
    ("already-off-under-other-settings", "R15", "plug.c",
     "\t    done->digest != core->settings->fence_digest ||\n"
     "\t    !plugs_level_off(core, done)) {\n",
     "\t    !plugs_level_off(core, done)) {\n"),
    ("shot-without-a-look-at-our-plug", "R5", "fence.c",
     "action->fence.guard = kind == CORE_FENCE_OFF &&",
     "action->fence.guard = false && kind == CORE_FENCE_OFF &&"),
    ("a-dark-plug-of-ours-blocks-for-ever", "R5", "fence.c",
     "!fence->outrun && !drill_is_running(core);",
     "!drill_is_running(core);"),
    ("takeover-by-a-node-that-was-cut", "R6", "fence.c",
     "!core->fence.contradicted && !core->fence.outrun;",
     "!core->fence.contradicted;"),
]
