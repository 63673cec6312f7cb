# SPDX-License-Identifier: GPL-3.0-or-later
# An agent that speaks by an agent would be none.
NO_AGENT += agent
