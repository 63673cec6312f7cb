/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines and the tree of a keepalived.conf against what keepalived 2.2.7
 * was seen to make of the same text.
 */
#include "import_text.h"
#include "../../src/cli/import/tree.h"

/* "1: a [b c] {" and "2: }": words apart, quoted ones in brackets. */
static char *show_lines(const struct lines *lines, struct arena *arena)
{
	struct text text = {.arena = arena};

	text_print(&text, "%s", "");
	for (unsigned i = 0; i < lines->count; i++) {
		const struct line *line = &lines->at[i];

		text_print(&text, "%s%u:", i ? "\n" : "", line->number);
		for (unsigned w = 0; w < line->count; w++)
			text_print(&text,
				   strpbrk(line->words[w], " \t") ||
						   !line->words[w][0]
					   ? " [%s]"
					   : " %s",
				   line->words[w]);
		if (line->kind == LINE_OPEN || line->opens)
			text_print(&text, " {");
		if (line->kind == LINE_CLOSE)
			text_print(&text, " }");
	}
	return text.at;
}

struct reading {
	const char *text, *lines;
};

static void check_readings(const struct reading *readings, size_t count,
			   const char *id)
{
	for (size_t i = 0; i < count; i++) {
		struct text_files texts = {
			{{"dir/k.conf", readings[i].text},
			 {"dir/one.conf", "one\n"},
			 {"dir/two.conf", "two {\n"},
			 {"dir/sub/three.conf", "${_PWD}\n"},
			 {"dir/loop.conf", "include loop.conf\n"}}};
		struct import_files files = {text_read, text_list, &texts};
		struct arena arena = {0};
		struct lines lines;
		const char *shown;

		import_lines_read(&lines, &arena, &files, "dir/k.conf", id);
		shown = lines.error ? lines.error : show_lines(&lines, &arena);
		if (strcmp(shown, readings[i].lines) != 0)
			fail_msg("%s\nread as\n%s\nnot\n%s", readings[i].text,
				 shown, readings[i].lines);
		arena_free(&arena);
	}
}

static void comments_begin_anywhere_outside_quotes(void **state)
{
	static const struct reading readings[] = {
		{"# all\n! all\na b#c\n", "3: a b"},
		{"auth_pass pa!ss\n", "1: auth_pass pa"},
		{"auth_pass \"pa#ss\" # x\n", "1: auth_pass pa#ss"},
		{"ab\\#cd\n", "1: ab\\"},
		{"a // b ; c\n", "1: a // b ; c"},
		{"\xef\xbc\x81 x\n", "1: \xef\xbc\x81 x"},
		{"\xef\xbb\xbf# x\n", "1: \xef\xbb\xbf"},
		{"a \"b\n", "dir/k.conf:1: a quotation mark is open: "
			    "keepalived does not start with this"},
	};

	(void)state;
	check_readings(readings, COUNT(readings), NULL);
}

static void words_end_at_blanks_and_quotes(void **state)
{
	static const struct reading readings[] = {
		{"a  b\tc\r\nd", "1: a b c\n2: d"},
		{"a\"b\"c\n", "1: a b c"},
		{"a \"b c\" \"\"\n", "1: a [b c] []"},
		{"a=b 'c d'\n", "1: a=b 'c d'"},
		{"priority\xe3\x80\x80"
		 "150\n",
		 "1: priority\xe3\x80\x80"
		 "150"},
	};

	(void)state;
	check_readings(readings, COUNT(readings), NULL);
}

static void braces_cut_lines_outside_quotes(void **state)
{
	static const struct reading readings[] = {
		{"a{\nb }c\n", "1: a {\n2: b\n2: }\n2: c"},
		{"a\n{\n}\n", "1: a\n2: {\n3: }"},
		{"a { b } # {\n", "1: a {\n1: b\n1: }"},
		{"a \"{\"\n", "1: a {"},
	};

	(void)state;
	check_readings(readings, COUNT(readings), NULL);
}

#define DOUBLED(name, of) "$" name "= \\\n$" of " \\\n$" of "\n"

static void macros_are_put_in_where_keepalived_does(void **state)
{
	static const struct reading readings[] = {
		{"$A=1\nx $A ${A}2 $A.3 $B\n", "2: x 1 12 $A.3 $B"},
		{"$A=\"a b\"\nx $A \"${A}\"\n", "2: x [a b] [] a b []"},
		{"$A=1\n$A=2\n$C=${A}x\nx $C\n", "4: x 2x"},
		{"$A=a \\\n b\nx $A\n", "3: x a\n3: b"},
		{"$A= \\\n a 1 \\\n b {\\\n c }\n$A\nx\n",
		 "5: a 1\n5: b {\n5: c\n5: }\n6: x"},
		{"$B=2\n$A=a $B \\\n b ${B}\n$A\n", "4: a 2\n4: b 2"},
		{"x ${B}\n", "1: x $ {\n1: B\n1: }"},
		{"$A = 3\n", "1: $A = 3"},
		/* lines of nothing */
		{DOUBLED("A", "B") DOUBLED("B", "C") DOUBLED("C", "D")
			 DOUBLED("D", "E") DOUBLED("E", "F") "$F=\nx\n$A\n",
		 "17: x"},
		{"$A=$B\n$B=$A\nx $A\n",
		 "dir/k.conf:3: a macro here names itself, or grows beyond "
		 "4096 bytes; keepalived 2.2.7 would not start"},
	};

	(void)state;
	check_readings(readings, COUNT(readings), NULL);
}

/* keepalived looks at each line again that a macro has put in. */
static void what_a_macro_puts_in_is_read_as_lines(void **state)
{
	static const struct reading readings[] = {
		{"$A=@lb01\n$B=@lb02\n$A x 1\n$B x 2\n", "3: x 1"},
		{"@lb01 $P=240\n@lb02 $P=200\nx $P\n", "3: x 240"},
		{"$I= \\\na ${N} \\\n@lb01 p 1 \\\n@lb02 p "
		 "2\n$N=7\n$I\n$N=8\n$I\n",
		 "6: a 7\n6: p 1\n8: a 8\n8: p 1"},
		{"$R=r${N}\n$V= \\\n$N=1 \\\n$R \\\n$N=2 \\\n$R\n$V\n",
		 "7: r1\n7: r2"},
		{"$Q= \\\n~SEQ(n,1,2) x${n} \\\ny\n$Q\n", "4: x1\n4: x2\n4: y"},
		{"$Q=a \\\nb\n@lb01 $Q\n@lb02 $Q\n", "3: a\n3: b"},
		/* several lines are put in at the end of a line alone */
		{"$Q=a \\\nb\n$Q x\n", "3: $Q x"},
		/* the comment does not end the value */
		{"$Q= \\\na # x \\\nb\n$Q\n", "4: a\n4: b"},
	};

	(void)state;
	check_readings(readings, COUNT(readings), "lb01");
}

static void what_keepalived_defines_itself_is_put_in(void **state)
{
	static const struct reading readings[] = {
		{"x \"${_PWD}/y ${_HASH} ${_BANG}\" ${_INSTANCE}\n",
		 "1: x [/etc/keepalived/y # !] lb01"},
		/* outside quotes it begins a comment there, too */
		{"x a${_HASH}b\n", "1: x a"},
		{"include sub/three.conf\n", "1: /etc/keepalived/sub"},
	};

	(void)state;
	check_readings(readings, COUNT(readings), "lb01");
}

static void sequences_repeat_the_line(void **state)
{
	static const struct reading readings[] = {
		{"~SEQ(n, 2, 2, 6) x${n}\n", "1: x2\n1: x4\n1: x6"},
		{"~SEQ(n,2) x${n}\n", "1: x1\n1: x2"},
		{"~SEQ(n, 5, 6) x${n} $n\n", "1: x5 5\n1: x6 6"},
		{"~SEQ(n,3,-1,2) x${n}\n", "1: x3\n1: x2"},
		/* keepalived.conf(5), and seen in 2.2.7 */
		{"~SEQ(n, 3, 1) x${n}\n", "1: x3\n1: x2\n1: x1"},
		{"~SEQ(n, 3, 3) x${n}\n", "1: x3"},
		{"~SEQ(n,0) x${n}\n", "1: x1\n1: x0"},
		{"~SEQ(n,-2) x${n}\n", "1: x-1\n1: x-2"},
		{"~SEQ(n, 5, 1, 1) x\ny\n", "2: y"},
		{"~LST(n, a, b) x${n} y\n", "1: xa y\n1: xb y"},
		{"x ~SEQ(n,2)\n", "1: x ~SEQ(n,2)"},
		{"~SEQ(n,1,0,2) x\ny\n", "2: y"},
		{"~SEQ(n,1,1,99999) x\ny\n", "2: y"},
		{"~SEQx(n, 144, 16, 176) x${n}\n", "1: x90\n1: xa0\n1: xb0"},
		{"~SEQx(n, 0xf, -1, 0x0e) x${n}\n", "1: xf\n1: xe"},
		{"~SEQ(n, 010, 0x9) x${n}\n", "1: x8\n1: x9"},
		{"~SEQ(n, 08, 9) x${n}\ny\n", "2: y"},
		{"$A=2\n~SEQ(n, $A, ${A}) x${n}\n", "2: x2"},
		{"~SEQ(n,1,2) ~LST(m, a, b) x${n}${m}\n",
		 "1: x1a\n1: x1b\n1: x2a\n1: x2b"},
		{"~LST({a, b}, {1,2}, {3 , 4}) ~SEQ(c,5,6) ${a}.${b}.${c}\n",
		 "1: 1.2.5\n1: 1.2.6\n1: 3.4.5\n1: 3.4.6"},
		{"~LST({a, b}, {1}, 2) x${a}y${b}\n", "1: x1y\n1: x2y"},
		{"~LST({a, b, {1}) x\ny\n", "2: y"},
		{"~SEQ({a, b}, 1, 2) x\ny\n", "2: y"},
		{"~SEQ(n, 1, -5, 3) x\ny\n", "2: y"},
		{"~SEQ(n, 1, 5, 3) x${n}\n", "1: x1"},
		{"~SEQ(a,4000) ~SEQ(b,4000) ~SEQ(c,4000) @x y\n",
		 "dir/k.conf:1: more than 100000 lines, sequences counted out: "
		 "too many to import"},
		{"~SEQ(n,1,2) @lb01 x${n}\n~SEQ(n,1,2) @^lb01 y${n}\n",
		 "2: y1\n2: y2"},
	};

	(void)state;
	check_readings(readings, COUNT(readings), NULL);
}

static void conditions_guard_one_line(void **state)
{
	static const struct reading as_lb01[] = {
		{"@lb01 a\n@lb02 b\n@^lb01 c\n@^lb02 d\ne\n",
		 "1: a\n4: d\n5: e"},
		{"@lb02 a {\nb\n}\n", "2: b\n3: }"},
		{"@LB01 a\n@lb01\tb\n", "2: b"},
	};
	static const struct reading as_nobody[] = {
		{"@lb01 a\n@^lb01 b\n", "2: b"},
	};

	(void)state;
	check_readings(as_lb01, COUNT(as_lb01), "lb01");
	check_readings(as_nobody, COUNT(as_nobody), NULL);
}

static void includes_are_relative_and_bounded(void **state)
{
	static const struct reading readings[] = {
		{"a\ninclude one.conf\nb\n", "1: a\n1: one\n3: b"},
		{"include [ot]*.conf\n}", "1: one\n1: two {\n2: }"},
		{"include none.conf\ninclude \"one.conf\"\nb\n", "3: b"},
		{"includer one.conf\nincludem one.conf\nincludew one.conf\n"
		 "includeb one.conf\nincludea one.conf\nincludex one.conf\n",
		 "1: one\n1: one\n1: one\n1: one\n1: one\n6: includex "
		 "one.conf"},
		{"$F=one.conf\ninclude $F\n@^lb01 include one.conf\n",
		 "1: one\n1: one"},
		{"include loop.conf\n",
		 "dir/loop.conf:1: an include too deep: do two files include "
		 "each other?"},
	};

	(void)state;
	check_readings(readings, COUNT(readings), NULL);
}

static void templates_and_binaries_are_refused(void **state)
{
	static const struct reading readings[] = {
		{"vrrp_instance {{ name }} {\n",
		 "dir/k.conf: this is a template: import the file that is "
		 "made of it on the node, /etc/keepalived/keepalived.conf"},
	};

	(void)state;
	check_readings(readings, COUNT(readings), NULL);
}

/* ---- the tree ---- */

static void show_items(const struct item *parent, struct text *text)
{
	for (const struct item *item = parent->first; item; item = item->next) {
		text_print(text, "%s%s%s", text->size ? " " : "",
			   item->outcome == IGNORED ? "-" : "",
			   item->words ? item->words[0] : "}");
		if (item->first != NULL) {
			text_print(text, " (");
			show_items(item, text);
			text_print(text, " )");
		}
	}
}

static void check_trees(const struct reading *readings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct text_files texts = {{{"k.conf", readings[i].text}}};
		struct import_files files = {text_read, text_list, &texts};
		struct arena arena = {0};
		struct text text = {.arena = &arena};
		struct tree tree;

		import_tree_read(&tree, &arena, &files, "k.conf", NULL);
		if (tree.error != NULL)
			text_print(&text, "%s", tree.error);
		else
			show_items(tree.root, &text);
		if (text.at == NULL || strcmp(text.at, readings[i].lines) != 0)
			fail_msg("%s\nis the tree\n%s\nnot\n%s",
				 readings[i].text, text.at, readings[i].lines);
		arena_free(&arena);
	}
}

static void blocks_nest_as_in_keepalived(void **state)
{
	static const struct reading readings[] = {
		{"vrrp_instance A {\ninterface eth0\ntrack_interface {\neth1\n"
		 "}\n}\nglobal_defs\n{\nrouter_id x\n}\n",
		 "vrrp_instance ( interface track_interface ( eth1 ) ) "
		 "global_defs ( router_id )"},
		/* an unknown word costs its line */
		{"vrrp_instance A {\nfoo bar\npriority 1\n}\n",
		 "vrrp_instance ( -foo priority )"},
		/* an unknown block inside a block ends it */
		{"vrrp_instance A {\nfoo {\npriority 1\n}\nstate MASTER\n}\n",
		 "vrrp_instance ( -foo priority ) -state -}"},
		/* at top level it costs only itself */
		{"vvrp_script a {\nscript \"b\"\nx {\n}\n}\nvrrp_script b {\n}",
		 "-vvrp_script -script -x vrrp_script"},
		/* a list without a brace eats the parent's } */
		{"vrrp_instance A {\ntrack_interface eth1\n}\n"
		 "vrrp_instance B {\npriority 3\n}\n",
		 "vrrp_instance ( -track_interface -vrrp_instance priority )"},
		/* a block left open is closed at the end, one } more ignored */
		{"vrrp_instance A {\nvirtual_ipaddress {\n192.0.2.1\n",
		 "vrrp_instance ( virtual_ipaddress ( 192.0.2.1 ) )"},
		{"global_defs {\n}\n}\n", "global_defs -}"},
		{"vrrp_instance A {\npriority\n}\n",
		 "k.conf:2: \"priority\" lacks its value: keepalived does not "
		 "start with this"},
	};

	(void)state;
	check_trees(readings, COUNT(readings));
}

static void nb_get_retry_is_known_by_http_alone(void **state)
{
	static const struct reading readings[] = {
		{"virtual_server 192.0.2.1 80 {\nreal_server 192.0.2.2 80 {\n"
		 "TCP_CHECK {\nnb_get_retry 3\n}\nHTTP_GET {\nnb_get_retry 3\n"
		 "url {\npath /\n}\n}\n}\n}\n",
		 "virtual_server ( real_server ( TCP_CHECK ( -nb_get_retry ) "
		 "HTTP_GET ( nb_get_retry url ( path ) ) ) )"},
	};

	(void)state;
	check_trees(readings, COUNT(readings));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comments_begin_anywhere_outside_quotes),
		cmocka_unit_test(words_end_at_blanks_and_quotes),
		cmocka_unit_test(braces_cut_lines_outside_quotes),
		cmocka_unit_test(macros_are_put_in_where_keepalived_does),
		cmocka_unit_test(what_a_macro_puts_in_is_read_as_lines),
		cmocka_unit_test(what_keepalived_defines_itself_is_put_in),
		cmocka_unit_test(sequences_repeat_the_line),
		cmocka_unit_test(conditions_guard_one_line),
		cmocka_unit_test(includes_are_relative_and_bounded),
		cmocka_unit_test(templates_and_binaries_are_refused),
		cmocka_unit_test(blocks_nest_as_in_keepalived),
		cmocka_unit_test(nb_get_retry_is_known_by_http_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
