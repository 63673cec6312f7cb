/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the settings and the keys to what a VRRP link is opened with. */
#include <stdio.h>
#include <string.h>

#include "daemon.h"
#include "vrrp_options.h"
#include "../link/vrrp/vrrp_expect.h"
#include "../wire/auth.h"

struct vrrp_hmac_options
vrrp_options_hmac(const struct settings_instance *instance)
{
	static const enum vrrp_hmac_mode modes[] = {
		[HMAC_ENFORCE] = VRRP_HMAC_ENFORCE,
		[HMAC_PERMISSIVE] = VRRP_HMAC_PERMISSIVE,
		[HMAC_RECEIVE_ONLY] = VRRP_HMAC_RECEIVE_ONLY};

	if (!instance->hmac.configured)
		return (struct vrrp_hmac_options){.mode = VRRP_HMAC_OFF};
	return (struct vrrp_hmac_options){
		.mode = modes[instance->hmac.mode],
		.is_monotonic =
			instance->hmac.anti_replay == ANTI_REPLAY_MONOTONIC,
		.window_s = settings_hmac_window_s(instance)};
}

/* RFC 9568 5.1.2.1: over IPv6 adverts come from a link-local address. */
static bool is_source(const struct ip *address, bool is_v6)
{
	return is_v6 ? ip_is_link_local(address) : ip_is_v4(address);
}

/* R2: of the pair's key, for this purpose and no other. */
static void make_key(const struct daemon *daemon, uint8_t id,
		     const char *purpose, struct vrrp_key *key)
{
	char label[SETTINGS_NAME_MAX + 40];
	int size = snprintf(label, sizeof(label), "twinbeat VRRP %s of %s",
			    purpose, daemon->settings->pair);

	key->id = id;
	key->size = VRRP_KEY_MIN;
	auth_hmac(daemon->key, sizeof(daemon->key), label, (size_t)size,
		  key->bytes, key->size);
}

/* R16: the keys that the other router may sign with; ours comes first. */
static void take_hmac_keys(const struct daemon *daemon,
			   const struct settings_hmac *hmac,
			   struct vrrp_options *options)
{
	const struct vrrp_key *keys = &daemon->hmac_keys[hmac->first_key];

	for (unsigned k = 0;
	     k < hmac->key_count && options->key_count < VRRP_KEYS_MAX; k++) {
		struct vrrp_key *to = &options->keys[options->key_count++];

		*to = keys[k];
		if (keys[k].id != hmac->active)
			continue;
		*to = options->keys[0];
		options->keys[0] = keys[k];
	}
}

void vrrp_options_make(const struct daemon *daemon,
		       const struct settings *settings, unsigned i,
		       struct ip addresses[VRRP_ADDRESSES_MAX],
		       struct vrrp_options *options)
{
	const struct settings_node *self = &settings->nodes[settings->self];
	const struct settings_instance *instance = &settings->instances[i];

	*options = (struct vrrp_options){.instance = i};
	vrrp_expect_fill(settings, i, &options->expect, addresses);
	snprintf(options->interface, sizeof(options->interface), "%s",
		 instance->interface);
	options->source = *settings_source_of(instance, settings->self);
	if (instance->unicast)
		options->destination =
			vrrp_expect_destination(&options->expect);
	for (unsigned a = 0; a < self->address_count; a++)
		if (is_source(&self->addresses[a], options->expect.is_v6) &&
		    options->source_count < VRRP_SOURCES_MAX)
			options->sources[options->source_count++] =
				self->addresses[a];
	if (instance->hmac.configured) {
		options->hmac = vrrp_options_hmac(instance);
		take_hmac_keys(daemon, &instance->hmac, options);
		return;
	}
	options->key_count = instance->sign ? VRRP_SIGNERS : 0;
	make_key(daemon, VRRP_KEY_ADVERT, "advert", &options->keys[0]);
	make_key(daemon, VRRP_KEY_LAST, "last advert", &options->keys[1]);
}

static unsigned add_vips(const struct settings *settings, unsigned i,
			 bool is_v6, struct ip vips[VRRP_ADDRESSES_MAX],
			 unsigned count)
{
	const struct settings_instance *instance = &settings->instances[i];
	const struct settings_address *from =
		&settings->addresses[instance->first_address];

	for (unsigned a = 0; a < instance->address_count; a++)
		if (is_source(&from[a].ip, is_v6) && count < VRRP_ADDRESSES_MAX)
			vips[count++] = from[a].ip;
	return count;
}

unsigned vrrp_options_vips(const struct settings *settings, unsigned i,
			   struct ip vips[VRRP_ADDRESSES_MAX])
{
	bool is_v6 = settings_instance_is_v6(settings, &settings->instances[i]);
	unsigned count = add_vips(settings, i, is_v6, vips, 0);

	for (unsigned k = 0; k < settings->instance_count; k++)
		if (k != i)
			count = add_vips(settings, k, is_v6, vips, count);
	return count;
}
