/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings as the other programs see them: sealed by the main process,
 * mapped read-only by the helpers. No libconfig here: it must not be locked
 * into the memory of programs that never read the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "snapshot.h"

#define SNAPSHOT_SEALS                                                         \
	(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

const char *const settings_part_names[SETTINGS_PARTS] = {
	[PART_NODES] = "nodes",		[PART_LINKS] = "links",
	[PART_INSTANCES] = "instances", [PART_ADDRESSES] = "addresses",
	[PART_DEVICES] = "devices",	[PART_FENCE] = "fence",
};

int settings_seal(const struct settings *settings)
{
	int fd = memfd_create("settings", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	const char *at = (const char *)settings;
	size_t left = sizeof(*settings);

	if (fd < 0)
		return -1;
	while (left > 0) {
		ssize_t n = write(fd, at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			goto fail;
		at += n;
		left -= (size_t)n;
	}
	if (fcntl(fd, F_ADD_SEALS, SNAPSHOT_SEALS) < 0)
		goto fail;
	return fd;
fail:
	close(fd);
	return -1;
}

/* A text that ends inside its field. */
#define ENDS(text) (memchr((text), '\0', sizeof(text)) != NULL)

static bool flags_are_sane(const struct settings *settings)
{
	const struct settings_fence *fence = &settings->fence;

	for (unsigned i = 0; i < LINKS_MAX; i++)
		if (!settings_is_bool(&settings->links[i].configured))
			return false;
	for (unsigned i = 0; i < settings->instance_count; i++)
		if (!settings_is_bool(&settings->instances[i].preempt))
			return false;
	for (unsigned i = 0; i < settings->address_count; i++)
		if (!settings_is_bool(&settings->addresses[i].excluded))
			return false;
	return settings_is_bool(&fence->required) &&
	       settings_is_bool(&fence->accept_split_brain) &&
	       settings_is_bool(&fence->defend) &&
	       settings_is_bool(&fence->disagree_probe) &&
	       settings_is_bool(&settings->realtime);
}

/* Indexes of tables at the reader's. */
static bool policies_are_sane(const struct settings_fence *fence)
{
	return fence->action <= FENCE_ACTION_REBOOT &&
	       fence->on_disagreement <= POLICY_TAKEOVER &&
	       fence->on_failure <= POLICY_TAKEOVER &&
	       fence->on_startup_silence <= POLICY_TAKEOVER;
}

/* What is in private[], only the driver can judge: driver_knows(). */
static bool device_is_sane(const struct settings_device *device)
{
	return ENDS(device->name) && ENDS(device->driver) &&
	       ENDS(device->host) && ENDS(device->place) &&
	       device->private_size <= sizeof(device->private);
}

static bool texts_are_sane(const struct settings *settings)
{
	for (unsigned i = 0; i < SETTINGS_FILES_MAX; i++)
		if (!ENDS(settings->files[i]))
			return false;
	if (!ENDS(settings->pair) || !ENDS(settings->key_file) ||
	    !ENDS(settings->user) || !ENDS(settings->notify))
		return false;
	for (unsigned i = 0; i < LINKS_MAX; i++)
		if (!ENDS(settings->links[i].type) ||
		    !ENDS(settings->links[i].name) ||
		    !ENDS(settings->links[i].interface))
			return false;
	for (unsigned i = 0; i < settings->address_count; i++)
		if (!ENDS(settings->addresses[i].dev) ||
		    !ENDS(settings->addresses[i].label))
			return false;
	for (unsigned i = 0; i < settings->device_count; i++)
		if (!device_is_sane(&settings->devices[i]))
			return false;
	return true;
}

static bool node_is_sane(const struct settings_node *node,
			 unsigned device_count)
{
	if (node->address_count > NODE_ADDRESSES_MAX ||
	    node->plug_count > PLUGS_MAX || !ENDS(node->name) ||
	    !ENDS(node->serial))
		return false;
	for (unsigned i = 0; i < node->plug_count; i++)
		if (node->plugs[i].device >= device_count ||
		    node->plugs[i].level < 1 ||
		    node->plugs[i].level > LEVELS_MAX ||
		    !ENDS(node->plugs[i].plug))
			return false;
	return true;
}

static bool instance_is_sane(const struct settings_instance *instance,
			     unsigned address_count)
{
	if (instance->track_count > TRACK_MAX ||
	    instance->first_address + instance->address_count > address_count ||
	    !ENDS(instance->name) || !ENDS(instance->interface) ||
	    !ENDS(instance->auth_pass))
		return false;
	for (unsigned i = 0; i < instance->track_count; i++)
		if (!ENDS(instance->track[i]))
			return false;
	return true;
}

/* Every index points inside and every text ends: the helpers need not look
 * again. */
static bool snapshot_is_sane(const struct settings *settings)
{
	if (settings->magic != SETTINGS_MAGIC ||
	    settings->size != sizeof(*settings) || settings->self >= NODES ||
	    settings->instance_count > INSTANCES_MAX ||
	    settings->address_count > ADDRESSES_MAX ||
	    settings->device_count > DEVICES_MAX)
		return false;
	for (unsigned i = 0; i < NODES; i++)
		if (!node_is_sane(&settings->nodes[i], settings->device_count))
			return false;
	for (unsigned i = 0; i < settings->instance_count; i++)
		if (!instance_is_sane(&settings->instances[i],
				      settings->address_count))
			return false;
	return texts_are_sane(settings) && flags_are_sane(settings) &&
	       policies_are_sane(&settings->fence);
}

const struct settings *settings_map(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	const struct settings *settings;
	struct stat st;
	void *map;

	if (seals < 0 || (seals & SNAPSHOT_SEALS) != SNAPSHOT_SEALS)
		return NULL;
	if (fstat(fd, &st) < 0 || st.st_size != sizeof(*settings))
		return NULL;
	map = mmap(NULL, sizeof(*settings), PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	settings = map;
	if (snapshot_is_sane(settings))
		return settings;
	munmap(map, sizeof(*settings));
	return NULL;
}

struct settings_place settings_where(const struct settings *settings,
				     const void *value)
{
	size_t offset = (size_t)((const char *)value - (const char *)settings);
	struct settings_place place = {0, 1};
	size_t nearest = 0;

	for (unsigned i = 0; i < settings->mark_count; i++) {
		const struct settings_mark *mark = &settings->marks[i];

		if (!mark->is_group && mark->offset == offset)
			return mark->place;
		if (mark->is_group && mark->offset <= offset &&
		    mark->offset > nearest) {
			nearest = mark->offset;
			place = mark->place;
		}
	}
	return place;
}

int settings_find_node(const struct settings *settings, const char *name)
{
	for (int i = 0; i < NODES; i++)
		if (settings->nodes[i].name[0] != '\0' &&
		    strcmp(settings->nodes[i].name, name) == 0)
			return i;
	return -1;
}

int settings_find_device(const struct settings *settings, const char *name)
{
	for (int i = 0; i < settings->device_count; i++)
		if (strcmp(settings->devices[i].name, name) == 0)
			return i;
	return -1;
}
