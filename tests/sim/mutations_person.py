# SPDX-License-Identifier: GPL-3.0-or-later
"""The breakages of what a person answers (R20), as in mutations.py."""

MUTATIONS = [
    ("who-is-to-ask-shoots", "R20", "question.c",
     "return !is_asked_for(core, kind) || core->",
     "return true || core->"),
    ("a-wrong-code-is-as-good", "R20", "question.c",
     "if (strcmp(code, question->code) != 0)",
     "if (false)"),
    ("a-code-is-good-twice", "R20", "question.c",
     "\tquestion->code[0] = '\\0';\n\tquestion->state = state;\n",
     "\tquestion->state = state == QUESTION_NONE ? QUESTION_OPEN : state;\n"),
    ("nobody-answered-is-a-yes", "R20", "question.c",
     "\tif (cuts)\n\t\tquestion->may_cut_for = question->about;\n",
     "\tquestion->may_cut_for = question->about;\n"),
    ("an-answer-never-comes-too-late", "R20", "question.c",
     "\t\tif (core->now_us >= question->until_us)\n\t\t\tnobody_answered(core);\n\t\telse\n",
     "\t\t"),
    ("a-yes-outlives-its-reason", "R20", "question.c",
     "\tif (question->may_cut_for != need->kind || is_in_maintenance(core))\n",
     "\tif (false)\n"),
    ("a-question-outlives-its-reason", "R20", "question.c",
     "if (is_in_maintenance(core) || need->kind == NEED_NONE)\n\t\treturn true;",
     "if (is_in_maintenance(core) || need->kind == NEED_NONE)\n\t\treturn false;"),
    ("a-refused-confirm-ends-the-question", "R20", "question.c",
     "if (operator_confirm(core, &confirm))",
     "operator_confirm(core, &confirm);\n\t\tif (true)"),
]
