/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every driver has to say of itself, whichever there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../drivers/driver.h"

static void test_each_driver_answers_what_is_asked_of_all(void **state)
{
	(void)state;
	for (unsigned i = 0; driver_registry[i] != NULL; i++) {
		const struct driver *driver = driver_registry[i];
		assert_ptr_equal(driver_find(driver->name), driver);
		assert_true(strlen(driver->name) <
			    sizeof(((struct settings_device *)0)->driver));
		assert_non_null(driver->label);
		assert_non_null(driver->settle);
		assert_non_null(driver->plug);
		assert_non_null(driver->check);
		assert_non_null(driver->is_same);
		assert_true(driver->private_size <= DEVICE_PRIVATE_MAX);
		/* in every fencer, or in one for the sake of a library */
		assert_int_equal(driver->program == NULL,
				 driver->library == NULL);
		assert_int_equal(driver->program == NULL,
				 driver_is_here(driver));
	}
	assert_null(driver_find(""));
	assert_null(driver_find("apc"));
}

/* What make install links as fence_twinbeat_NAME, and what the rows say. */
static void test_no_agent_stands_where_there_is_none(void **state)
{
	(void)state;
	for (unsigned i = 0; driver_registry[i] != NULL; i++) {
		const struct driver *driver = driver_registry[i];
		char path[80], line[200], says[80];
		bool is_none = false;
		FILE *file;

		snprintf(path, sizeof(path), "drivers/%s/driver.mk",
			 driver->name);
		snprintf(says, sizeof(says), "NO_AGENT += %s\n", driver->name);
		file = fopen(path, "r");
		while (file != NULL && fgets(line, sizeof(line), file) != NULL)
			is_none = is_none || strcmp(line, says) == 0;
		if (file != NULL)
			fclose(file);
		if (is_none != (driver->as_agent == NULL))
			fail_msg("%s: as_agent and NO_AGENT differ", path);
	}
}

/* Every row lies in what all devices have, or in what the driver said that it
 * keeps; settle_ms and power_wait_ms are everybody's. */
static void test_each_key_lies_in_the_device(void **state)
{
	const size_t own = offsetof(struct settings_device, private);

	(void)state;
	for (unsigned i = 0; driver_registry[i] != NULL; i++) {
		const struct driver *driver = driver_registry[i];
		for (const struct setting_row *row = driver->rows;
		     row->key != NULL; row++) {
			size_t size =
				row->size * (row->most > 0 ? row->most : 1);

			assert_ptr_equal(device_find_row(driver, row->key),
					 row);
			assert_non_null(row->says);
			if (row->offset < own)
				assert_true(row->offset + size <= own);
			else
				assert_true(row->offset + size <=
					    own + driver->private_size);
		}
		assert_non_null(device_find_row(driver, "settle_ms"));
		assert_non_null(device_find_row(driver, "power_wait_ms"));
		if (driver->switch_key != NULL)
			assert_non_null(
				device_find_row(driver, driver->switch_key));
		assert_null(device_find_row(driver, "nonsense"));
	}
}

/* A word for a key that is no row would never be used. */
static void test_the_words_of_an_agent_are_for_its_rows(void **state)
{
	(void)state;
	for (unsigned i = 0; driver_registry[i] != NULL; i++) {
		const struct driver *driver = driver_registry[i];
		if (driver->as_agent == NULL)
			continue;
		assert_non_null(driver->as_agent->title);
		assert_non_null(driver->as_agent->about);
		for (const struct driver_parameter *words =
			     driver->as_agent->parameters;
		     words->key != NULL; words++)
			assert_non_null(device_find_row(driver, words->key));
	}
}

/* Never a crash, and never yes: the fencer trusts nobody's settings. */
static void test_an_empty_device_is_refused_with_a_sentence(void **state)
{
	(void)state;
	for (unsigned i = 0; driver_registry[i] != NULL; i++) {
		const struct driver *driver = driver_registry[i];
		struct settings_device device = {
			.name = "pdu",
			.private_size = (uint32_t)driver->private_size};
		char error[FENCE_TEXT_MAX] = "", plug[SETTINGS_NAME_MAX] = "";

		snprintf(device.driver, sizeof(device.driver), "%s",
			 driver->name);
		assert_true(driver_knows(driver, &device));
		assert_int_equal(
			driver->check(&device, "", error, sizeof(error)), -1);
		assert_true(error[0] != '\0');
		/* an only plug needs no name, and no other one is taken */
		if (driver->only_plug == NULL)
			continue;
		assert_int_equal(
			driver->plug(&device, NULL, plug, error, sizeof(error)),
			0);
		assert_string_equal(plug, driver->only_plug);
		assert_int_equal(
			driver->plug(&device, "17", plug, error, sizeof(error)),
			-1);
	}
}

static void test_private_parts_of_another_size_are_not_known(void **state)
{
	char error[FENCE_TEXT_MAX] = "";

	(void)state;
	for (unsigned i = 0; driver_registry[i] != NULL; i++) {
		const struct driver *driver = driver_registry[i];
		struct settings_device device = {
			.name = "pdu",
			.private_size = (uint32_t)driver->private_size + 1};

		snprintf(device.driver, sizeof(device.driver), "%s",
			 driver->name);
		assert_false(driver_knows(driver, &device));
		assert_int_equal(
			driver_read(&device, "1", error, sizeof(error)),
			PLUG_UNKNOWN);
		assert_true(error[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_driver_answers_what_is_asked_of_all),
		cmocka_unit_test(test_no_agent_stands_where_there_is_none),
		cmocka_unit_test(test_each_key_lies_in_the_device),
		cmocka_unit_test(test_the_words_of_an_agent_are_for_its_rows),
		cmocka_unit_test(
			test_an_empty_device_is_refused_with_a_sentence),
		cmocka_unit_test(
			test_private_parts_of_another_size_are_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
