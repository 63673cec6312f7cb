/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an instance tracks, as test_import_directives.c. */
#include "import_text.h"

#define CHECK(more)                                                            \
	"vrrp_script c {\nscript \"/bin/c\"\n" more                            \
	"\n}\n" WITH("track_script {\nc\n}")
#define OWNER_CHECK(more)                                                      \
	"vrrp_script c {\nscript \"/bin/c\"\n" more                            \
	"\n}\nvrrp_instance A {\ninterface eth0\nvirtual_router_id 5\n"        \
	"priority 255\nvirtual_ipaddress {\n192.0.2.1\n}\n"                    \
	"track_script {\nc\n}\n}\n"
#define TRACKED_FILE(more)                                                     \
	"track_file f {\nfile /x\n" more "\n}\n" WITH("track_file {\nf\n}")

#define SCRIPT_0 "instances.[0].track.scripts.[0]."
#define TRACK_0	 "instances.[0].track."
#define SCRIPT(command)                                                        \
	"vrrp_script c {\nscript \"" command                                   \
	"\"\n}\n" WITH("track_script {\nc\n}")

static void tracker_directives(void **state)
{
	static const struct directive directives[] = {
		{"script", CHECK(""), SCRIPT_0 "command", "/bin/c"},
		{"interval", CHECK("interval 5"), SCRIPT_0 "interval_ms",
		 "5000"},
		{"interval absent", CHECK(""), SCRIPT_0 "interval_ms", "1000"},
		{"interval 2.5", CHECK("interval 2.5"), SCRIPT_0 "interval_ms",
		 "2000", "whole seconds: 2 s"},
		{"interval .2", CHECK("interval .2"), SCRIPT_0 "interval_ms",
		 "1000"},
		{"timeout", CHECK("interval 5\ntimeout 2"),
		 SCRIPT_0 "timeout_ms", "2000"},
		{"timeout absent", CHECK("interval 5"), SCRIPT_0 "timeout_ms",
		 "5000"},
		{"fall", CHECK("fall 3"), SCRIPT_0 "fall", "3"},
		{"rise", CHECK("rise 2"), SCRIPT_0 "rise", "2"},
		{"user", CHECK("user www"), SCRIPT_0 "user", "www"},
		{"user and group", CHECK("user www adm"), SCRIPT_0 "user",
		 "www", "not with adm alone"},
		{"script_user", "global_defs {\nscript_user web\n}\n" CHECK(""),
		 SCRIPT_0 "user", "web"},
		{"user and script_user",
		 "global_defs {\nscript_user web\n}\n" CHECK("user www"),
		 SCRIPT_0 "user", "www"},
		{"no user", CHECK(""), SCRIPT_0 "user", "-",
		 "runs it as its own user, twinbeat; if it needs root"},
		{"no user, nor in global_defs",
		 "global_defs {\nrouter_id a\n}\n" CHECK(""), SCRIPT_0 "user",
		 "-", "runs it as its own user, twinbeat; if it needs root"},
		{"a user needs root", CHECK("user www"), SCRIPT_0 "user", "www",
		 "the daemon has to be root: twinbeat-root.conf"},
		{"init_fail", CHECK("init_fail"), NULL, NULL,
		 "a rule of its own"},
		{"script_user in it", CHECK("script_user root"), NULL, NULL,
		 "does not know \"script_user\""},
		{"weight, one file", CHECK("weight -20"), "instances.[0].track",
		 "-", "give its file with --peer"},
		{"weight of an owner, one file", OWNER_CHECK("weight -60"),
		 "instances.[0].track", "-", "ignores weights at priority 255"},
		{"weight that turns", CHECK("weight -60"), SCRIPT_0 "command",
		 "/bin/c", "its weight -60 alone turned the order", LOWER("")},
		{"weight that never does", CHECK("weight -20"),
		 "instances.[0].track", "-",
		 "150 - 20 is still above 100: this check never moved",
		 LOWER("")},
		{"weight that ends equal", CHECK("weight -50"),
		 "instances.[0].track", "-", "150 - 50 is still equal to 100",
		 LOWER("")},
		{"positive weight", CHECK("weight 2"), "instances.[0].track",
		 "-", "150 is still above 100 + 2", LOWER("")},
		{"weight 0", CHECK("weight 0"), SCRIPT_0 "command", "/bin/c",
		 "here the owner stays", LOWER("")},
		{"weight at its use",
		 "vrrp_script c {\nscript \"/bin/c\"\n}\n" WITH(
			 "track_script {\nc weight -60\n}"),
		 SCRIPT_0 "command", "/bin/c", "weight -60", LOWER("")},
		{"undefined", WITH("track_script {\nc\n}"),
		 "instances.[0].track", "-", "there is no c in the file"},
		{"script without quotes",
		 "vrrp_script c {\nscript /bin/c now\n}\n" WITH(
			 "track_script {\nc\n}"),
		 SCRIPT_0 "command", "/bin/c", "drops \"now\""},
		{"killall -0",
		 "vrrp_script c {\nscript \"killall -0 nginx\"\n}\n" WITH(
			 "track_script {\nc\n}"),
		 "instances.[0].track.processes.[0]", "nginx",
		 "without a script"},
		{"pidof",
		 "vrrp_script c {\nscript \"pidof nginx\"\n}\n" WITH(
			 "track_script {\nc\n}"),
		 "instances.[0].track.processes.[0]", "nginx",
		 "this check always failed"},
		{"pgrep",
		 "vrrp_script c {\nscript \"/usr/bin/pgrep nginx\"\n}\n" WITH(
			 "track_script {\nc\n}"),
		 "instances.[0].track.processes.[0]", "nginx"},
		{"track_process",
		 "vrrp_track_process p {\nprocess nginx\n}\n" WITH(
			 "track_process {\np\n}"),
		 "instances.[0].track.processes.[0]", "nginx"},
		{"track_interface", WITH("track_interface {\neth1\neth0\n}"),
		 "instances.[0].track.interfaces", "1 elements"},
		{"track_interface, two on a line",
		 WITH("track_interface {\neth1 eth2\n}"),
		 "instances.[0].track.interfaces", "1 elements",
		 "\"eth2\" was never tracked"},
		{"track_process, quorum 1",
		 "vrrp_track_process p {\nprocess nginx\nquorum 1\n"
		 "fork_delay 2\n}\n" WITH("track_process {\np\n}"),
		 NULL, NULL, "1 not carried"},
		{"track_bfd", WITH("track_bfd {\nb\n}"), NULL, NULL,
		 "twinbeat has no BFD"},
		{"enable_script_security without a user",
		 "global_defs {\nenable_script_security\n}\n" CHECK(""),
		 "instances.[0].track", "-", "the node is always fit"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

static void programs_that_are_searched_for(void **state)
{
	static const struct directive directives[] = {
		{"a program by its name", SCRIPT("logger up"),
		 SCRIPT_0 "command", "/usr/bin/logger up",
		 "is it on the nodes?"},
		{"a program that is not here", SCRIPT("nc -z lo 80"),
		 "instances.[0].track", "-", "searches for \"nc\""},
		{"a word of a shell", SCRIPT("! test -e /x"),
		 "instances.[0].track", "-", "the node is always fit"},
		{"a variable", SCRIPT("A=1 /bin/c"), "instances.[0].track", "-",
		 "finds no program \"A=1\""},
		{"what a shell begins with", SCRIPT("</dev/tcp/127.0.0.1/443"),
		 "instances.[0].track", "-", "/dev/tcp always failed there"},
		{"| without a shell", SCRIPT("/bin/c | /bin/d"),
		 SCRIPT_0 "command", "/bin/c | /bin/d", "no shell reads this"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

static void tracked_files(void **state)
{
	static const struct directive directives[] = {
		{"track_file, weight 0", TRACKED_FILE("weight 0"),
		 TRACK_0 "file.[0]", "/x",
		 "here the node is unfit until it says 0"},
		{"vrrp_track_file", "vrrp_" TRACKED_FILE("weight 0"),
		 TRACK_0 "file.[0]", "/x"},
		{"track_file, weight 0 at its use",
		 "track_file f {\nfile /x\nweight 3\n}\n" WITH(
			 "track_file {\nf weight 0\n}"),
		 TRACK_0 "file.[0]", "/x"},
		{"track_file, no weight", TRACKED_FILE(""),
		 "instances.[0].track", "-", "number times 1 to the priority"},
		{"track_file, a large weight", TRACKED_FILE("weight -1000"),
		 "instances.[0].track", "-", "times -1000 to the priority"},
		{"track_file, reverse", TRACKED_FILE("weight 0 reverse"),
		 "instances.[0].track", "-", "reverse"},
		{"init_file", TRACKED_FILE("weight 0\ninit_file 0"),
		 TRACK_0 "file.[0]", "/x", "must write 0 to /x"},
		{"track_file without a file",
		 "track_file f {\nweight 0\n}\n" WITH("track_file {\nf\n}"),
		 "instances.[0].track", "-", "has no file"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

static void group_and_process_directives(void **state)
{
	static const struct directive directives[] = {
		{"full_command",
		 "vrrp_track_process p {\nprocess \"nginx: master\"\n"
		 "full_command\n}\n" WITH("track_process {\np\n}"),
		 "instances.[0].track", "-", "compares the whole command line"},
		{"a member's weight in a group that counts them",
		 "vrrp_sync_group G {\ngroup {\nA\n}\n"
		 "sync_group_tracking_weight\n}\n" CHECK("weight -60"),
		 SCRIPT_0 "command", "/bin/c", "alone turned the order",
		 "vrrp_sync_group G {\ngroup {\nA\n}\n"
		 "sync_group_tracking_weight\n}\n" LOWER("")},
		{"a member's weight in a group",
		 "vrrp_sync_group G {\ngroup {\nA\n}\n}\n" CHECK("weight -60"),
		 "instances.[0].track", "-", "it moves nothing",
		 "vrrp_sync_group G {\ngroup {\nA\n}\n}\n" LOWER("")},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tracker_directives),
		cmocka_unit_test(group_and_process_directives),
		cmocka_unit_test(programs_that_are_searched_for),
		cmocka_unit_test(tracked_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
