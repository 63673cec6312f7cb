/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests of what must agree, and the sealed snapshot that helpers map. */
#include "settings_text.h"

#include "../../src/settings/walk.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static uint32_t digest_of(const char *old, const char *new, const char *node,
			  struct settings *settings)
{
	char *text = edited(old, new);
	struct loaded *loaded = load_text_as(text, node);
	uint32_t digest = loaded->settings.digest;

	if (loaded->result < 0)
		fail_msg("%s", loaded->text);
	if (settings != NULL)
		*settings = loaded->settings;
	free(loaded);
	free(text);
	return digest;
}

static void test_R15_both_nodes_see_the_same_digest(void **state)
{
	static const struct edit same[] = {
		/* what may differ, or says the same in other words */
		{"pair =", "user = \"root\"; pair ="},
		{"pair =", "realtime = false; pair ="},
		{"pair =", "notify = \"/bin/true\"; pair ="},
		{"pair =", "key_file = \"/root/key\"; pair ="},
		{"/dev/two", "/dev/ttyS0"},
		{"serial = { }", "serial = { baud = 115200; }"},
		{"plug = 1", "plug = \"1\""},
		{"vrid = 55", "vrid = 0x37"},
		{"required = true", "tie_ms = 3000L"},
	};
	struct settings *one = malloc(sizeof(*one));
	struct settings *two = malloc(sizeof(*two));
	uint32_t digest = digest_of("web", "web", "lb01", one);

	(void)state;
	assert_int_equal(digest_of("web", "web", "lb02", two), digest);
	assert_int_not_equal(digest, 0);
	assert_memory_equal(one->part_digest, two->part_digest,
			    sizeof(one->part_digest));
	assert_int_equal(one->fence_digest, two->fence_digest);
	for (size_t i = 0; i < COUNT(same); i++)
		if (digest_of(same[i].old, same[i].new, "lb02", NULL) != digest)
			fail_msg("%s changed the digest", same[i].new);
	free(one);
	free(two);
}

/* Nodes of two versions compare them: whatever becomes of the rows, the bytes
 * of a file's digests stay, and a new key changes none while it is not set. */
static void test_R15_the_digests_of_a_file_are_as_ever(void **state)
{
	static const uint16_t parts[SETTINGS_PARTS] = {
		0x9dd2, 0xe6d3, 0x176b, 0xc079, 0x8a11, 0xd055, 0x1dd9};
	struct loaded *loaded = load_file("tests/unit/golden.conf", "lb01");

	(void)state;
	assert_int_equal(loaded->result, 0);
	for (unsigned i = 0; i < SETTINGS_PARTS; i++)
		assert_int_equal(loaded->settings.part_digest[i], parts[i]);
	assert_int_equal(loaded->settings.digest, 0x19cedfef);
	assert_int_equal(loaded->settings.fence_digest, 0x0ab78a11);
	assert_int_equal(loaded->settings.devices[0].digest, 0xaf6c4561);
	free(loaded);
}

static void test_R15_each_fact_changes_the_digest_of_its_part(void **state)
{
	static const struct {
		const char *old, *new;
		enum settings_part part;
	} edits[] = {
		{"web", "bew", PART_NODES},
		{"192.0.2.12", "192.0.2.13", PART_NODES},
		{"\"192.0.2.12\"", "( \"192.0.2.12\", \"192.0.2.13\" )",
		 PART_NODES},
		{"serial = { }", "serial = { baud = 57600; }", PART_LINKS},
		{"serial = { }", "serial = { dead_ms = 500; }", PART_LINKS},
		{"vrid = 55", "vrid = 56", PART_INSTANCES},
		{"vrid = 55", "vrid = 55; advert_ms = 110", PART_INSTANCES},
		{"vrid = 55", "vrid = 55; preempt = true", PART_INSTANCES},
		{"vrid = 55",
		 "vrid = 55; track = { interfaces = ( \"eth1\" ); }",
		 PART_INSTANCES},
		{"192.0.2.100/32", "192.0.2.101/32", PART_ADDRESSES},
		{"192.0.2.100/32", "192.0.2.100/24", PART_ADDRESSES},
		{"/32\"", "/32\"; label = \"eth0:1\"", PART_ADDRESSES},
		{"pair =", "vip = { lease_s = 4; }; pair =", PART_ADDRESSES},
		{"203.0.113.20", "203.0.113.21", PART_DEVICES},
		{"host =", "base = 1; host =", PART_DEVICES},
		{"host =", "power_wait_ms = 1; host =", PART_DEVICES},
		{"plug = 2", "plug = 3", PART_DEVICES},
		{"plug = 2", "plug = 2; level = 2", PART_DEVICES},
		{"required = true", "tie_ms = 4000", PART_FENCE},
		{"required = true", "action = \"reboot\"", PART_FENCE},
		{"pair =", "startup_ms = 1; pair =", PART_FENCE},
	};
	struct settings *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));
	uint32_t digest = digest_of("web", "web", "lb01", a);

	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		bool fence = edits[i].part == PART_DEVICES;

		assert_int_not_equal(
			digest_of(edits[i].old, edits[i].new, "lb01", b),
			digest);
		for (unsigned part = 0; part < SETTINGS_PARTS; part++) {
			bool differs =
				a->part_digest[part] != b->part_digest[part];

			if (differs != (part == edits[i].part))
				fail_msg("%s: part %s", edits[i].new,
					 settings_part_names[part]);
		}
		assert_int_equal(a->fence_digest != b->fence_digest, fence);
	}
	free(a);
	free(b);
}

/* Every value of a snapshot, found by its rows. */
struct value {
	char path[80];
	const struct setting_row *row;
	size_t offset;
	unsigned part;
	bool may_differ, is_idle;
};

struct values {
	struct value list[512];
	unsigned count;
};

static bool take_value(const struct settings *settings,
		       const struct walk_step *step, void *arg)
{
	struct values *values = arg;
	struct value *value = &values->list[values->count];

	/* a name in another group is told by its place */
	if (step->event != WALK_VALUE || step->row->type == SETTING_NODE)
		return true;
	assert_true(values->count++ < COUNT(values->list));
	*value = (struct value){.row = step->row,
				.offset = (size_t)((const char *)step->at -
						   (const char *)settings),
				.part = step->part,
				.may_differ = step->may_differ,
				.is_idle = step->is_idle};
	snprintf(value->path, sizeof(value->path), "%s", step->path);
	return true;
}

/* With a bit of everything that lists can hold. */
static struct loaded *load_rich(struct values *values)
{
	struct loaded *loaded = load_edited(
		"vrid = 55;",
		"vrid = 55; track = { interfaces = ( \"eth1\" ); };\n"
		"priorities = ( { node = \"lb02\"; priority = 254; } );\n"
		"excluded = ( { ip = \"192.0.2.101\"; } );");

	assert_string_equal(loaded->text, "");
	values->count = 0;
	assert_true(settings_walk(&loaded->settings, take_value, values));
	assert_true(values->count > 90);
	return loaded;
}

/* Another value that may stand there; false: there is none. */
static bool change(const struct value *value, struct settings *settings)
{
	const struct setting_row *row = value->row;
	unsigned char *at = (unsigned char *)settings + value->offset;

	if (row->type == SETTING_HOST || row->type == SETTING_SUBNET)
		at[15] ^= 1; /* the last byte of an address */
	else if (row->type == SETTING_DEVICE)
		return false; /* there is one */
	else
		at[0] ^= 1;
	return true;
}

static void test_R15_every_value_is_in_the_digest_of_its_part(void **state)
{
	static struct values values;
	struct loaded *loaded = load_rich(&values);
	struct settings *b = malloc(sizeof(*b));

	(void)state;
	assert_non_null(b);
	for (unsigned i = 0; i < values.count; i++) {
		const struct value *value = &values.list[i];
		bool counts = !value->may_differ && !value->is_idle;

		*b = loaded->settings;
		/* of another driver's device other values would count */
		if (strstr(value->path, ".driver") != NULL ||
		    strstr(value->path, ".transport") != NULL ||
		    !change(value, b))
			continue;
		assert_int_equal(settings_make_digests(b), 0);
		if ((b->digest != loaded->settings.digest) != counts)
			fail_msg("%s: %s", value->path,
				 counts ? "in no digest" : "in the digest");
		for (unsigned part = 0; part < SETTINGS_PARTS; part++)
			if (b->part_digest[part] !=
				    loaded->settings.part_digest[part] &&
			    part != value->part &&
			    strstr(value->path, "].name") == NULL)
				fail_msg("%s changes part %s", value->path,
					 settings_part_names[part]);
	}
	free(b);
	free(loaded);
}

static void test_a_sealed_snapshot_maps_back(void **state)
{
	struct loaded *loaded = load_text(GOOD);
	int fd = settings_seal(&loaded->settings);
	const struct settings *mapped;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	mapped = settings_map(fd);
	assert_non_null(mapped);
	assert_memory_equal(mapped, &loaded->settings, sizeof(*mapped));
	assert_int_equal(settings_find_node(mapped, "lb02"), 1);
	assert_int_equal(settings_find_node(mapped, "lb03"), -1);
	assert_int_equal(settings_find_node(mapped, ""), -1);
	assert_int_equal(settings_find_device(mapped, "pdu"), 0);
	assert_int_equal(settings_find_device(mapped, "pd"), -1);
	munmap((void *)(uintptr_t)mapped, sizeof(*mapped));
	close(fd);
	free(loaded);
}

/* Seals what settings_seal() would not make, and expects a refusal. */
static void assert_refused(const struct settings *settings)
{
	int fd = settings_seal(settings);

	assert_true(fd >= 0);
	assert_null(settings_map(fd));
	close(fd);
}

static void test_a_snapshot_of_another_kind_is_refused(void **state)
{
	struct loaded *loaded = load_text(GOOD);
	struct settings *s = &loaded->settings, good = *s;

	(void)state;
	s->magic++;
	assert_refused(s);
	*s = good;
	s->size--;
	assert_refused(s);
	*s = good;
	s->self = NODES;
	assert_refused(s);
	*s = good;
	s->instance_count = INSTANCES_MAX + 1;
	assert_refused(s);
	*s = good;
	s->address_count = ADDRESSES_MAX + 1;
	assert_refused(s);
	*s = good;
	s->device_count = DEVICES_MAX + 1;
	assert_refused(s);
	*s = good;
	s->nodes[1].plug_count = PLUGS_MAX + 1;
	assert_refused(s);
	*s = good;
	s->nodes[1].plugs[0].device = 1;
	assert_refused(s);
	*s = good;
	s->nodes[1].plugs[0].level = 0;
	assert_refused(s);
	*s = good;
	s->instances[0].address_count = 2;
	assert_refused(s);
	*s = good;
	memset(s->nodes[0].name, 'x', sizeof(s->nodes[0].name));
	assert_refused(s);
	*s = good;
	memset(&s->instances[0].preempt, 101, sizeof(bool));
	assert_refused(s);
	*s = good;
	s->links[0].type[0]++; /* of no kind */
	assert_refused(s);
	*s = good;
	s->links[1].configured = true;
	assert_refused(s);
	*s = good; /* of a kind, but not the one of this place */
	snprintf(s->links[0].type, sizeof(s->links[0].type), "udp");
	assert_refused(s);
	*s = good;
	s->link_counts[1] = 1; /* and none there */
	assert_refused(s);
	free(loaded);
}

/* Each kind has places of its own, by which its keys are found. */
static void test_a_link_of_the_kind_of_another_place_is_refused(void **state)
{
	struct loaded *loaded = load_edited(
		"links = { serial = { }; };",
		"links = { serial = { }; udp = ( { name = \"direct\"; "
		"interface = \"eth9\"; "
		"addresses = ( \"198.51.100.1\", \"198.51.100.2\" ); } ); };");
	struct settings *s = &loaded->settings, good = *s;
	int fd = settings_seal(s);
	const struct settings *mapped = settings_map(fd);

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_non_null(mapped);
	munmap((void *)(uintptr_t)mapped, sizeof(*mapped));
	close(fd);
	snprintf(s->links[1].type, sizeof(s->links[1].type), "serial");
	assert_refused(s);
	*s = good;
	snprintf(s->links[0].type, sizeof(s->links[0].type), "udp");
	assert_refused(s);
	free(loaded);
}

static void test_a_value_out_of_its_range_is_refused(void **state)
{
	static struct values values;
	struct loaded *loaded = load_rich(&values);
	struct settings *s = &loaded->settings, good = *s;

	(void)state;
	for (unsigned i = 0; i < values.count; i++) {
		const struct setting_row *row = values.list[i].row;
		unsigned char *at = (unsigned char *)s + values.list[i].offset;
		/* the largest that fits into it */
		int64_t most = (INT64_C(1) << 8 * row->size % 64) - 1;
		bool is_number =
			row->type == SETTING_INT || row->type == SETTING_MS;

		if (row->type == SETTING_FLAGS ||
		    (is_number && (values.list[i].is_idle || row->max >= most)))
			continue;
		memset(at, row_is_text(row) ? 'x' : 0xff, row->size);
		if (row->type != SETTING_HOST)
			assert_refused(s);
		*s = good;
	}
	free(loaded);
}

static void test_a_snapshot_that_could_change_is_refused(void **state)
{
	struct loaded *loaded = load_text(GOOD);
	const struct settings *s = &loaded->settings;
	int fd = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int ends[2];

	(void)state;
	assert_int_equal(write(fd, s, sizeof(*s)), sizeof(*s));
	assert_null(settings_map(fd));
	/* may still grow and be resealed */
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK),
			 0);
	assert_null(settings_map(fd));
	close(fd);
	fd = memfd_create("short", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(write(fd, s, sizeof(*s) - 1), sizeof(*s) - 1);
	assert_int_equal(
		fcntl(fd, F_ADD_SEALS,
		      F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
		0);
	assert_null(settings_map(fd));
	close(fd);
	assert_int_equal(pipe(ends), 0);
	assert_null(settings_map(ends[0]));
	close(ends[0]);
	close(ends[1]);
	assert_null(settings_map(-1));
	free(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R15_both_nodes_see_the_same_digest),
		cmocka_unit_test(test_R15_the_digests_of_a_file_are_as_ever),
		cmocka_unit_test(
			test_R15_each_fact_changes_the_digest_of_its_part),
		cmocka_unit_test(
			test_R15_every_value_is_in_the_digest_of_its_part),
		cmocka_unit_test(test_a_sealed_snapshot_maps_back),
		cmocka_unit_test(test_a_snapshot_of_another_kind_is_refused),
		cmocka_unit_test(
			test_a_link_of_the_kind_of_another_place_is_refused),
		cmocka_unit_test(test_a_value_out_of_its_range_is_refused),
		cmocka_unit_test(test_a_snapshot_that_could_change_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
