// SPDX-License-Identifier: GPL-2.0
/* Who is told of members that reply differently, and how often. Kernel and hooks are stood in for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "samrd.h"
#include "services/differences.h"

static struct config_service service[] = { { .id = 42, .name = "db" } };
static struct config config = { .services = 1, .service = service };
static struct samrd d = { .config = &config };
static struct kernel_difference found;
static unsigned int hooks;
static char told[2000];

int kernel_differences(struct kernel *k, kernel_difference_fn *each, void *data,
		       char *why)
{
	(void)k;
	(void)why;
	if (found.group)
		each(&found, data);
	return 0;
}

const char *samrd_ids(const struct samrd *s, uint64_t ids, char *text,
		      size_t size)
{
	(void)s;
	snprintf(text, size, "heads %llx", (unsigned long long)ids);
	return text;
}

void hooks_run(struct hooks *h, enum hook kind, char *const *vars)
{
	(void)h;
	assert_int_equal(kind, HOOK_ALERT);
	for (told[0] = 0; *vars; vars++) {
		strcat(told, *vars);
		strcat(told, "\n");
	}
	hooks++;
}

static int before(void **state)
{
	(void)state;
	d.differences = differences_new();
	assert_non_null(d.differences);
	memset(&found, 0, sizeof(found));
	hooks = 0;
	return 0;
}

static int after(void **state)
{
	(void)state;
	free(d.differences);
	return 0;
}

static void one_that_differs_is_told_of_once(void **state)
{
	(void)state;
	differences_look(&d, d.differences);
	assert_int_equal(hooks, 0);
	found = (struct kernel_difference){
		.group = 42, .times = 1, .place = 77, .heads = 4,
		.result = SAMR_DIVERGED_RESULT_MINORITY,
	};
	differences_look(&d, d.differences);
	differences_look(&d, d.differences);
	assert_int_equal(hooks, 1);
	assert_string_equal(told, "SAMR_ALERT=service-diverged\n"
		"SAMR_ALERT_TEXT=service 42 (db): other replies than those of most come from heads 4 to the request at place 77\n"
		"SAMR_SERVICE=42\nSAMR_SERVICE_NAME=db\n");
	found.times = 2;
	found.result = SAMR_DIVERGED_RESULT_TIE;
	found.heads = 6;
	found.stopped = true;
	differences_look(&d, d.differences);
	assert_int_equal(hooks, 2);
	assert_non_null(strstr(told, "service 42 (db): different replies come from heads 6 to the request at place 77; it is stopped here\n"));
}

/* Nor is it in samr.conf; declared anew, it begins to count at 0 again. */
static void a_service_by_hand_has_no_name(void **state)
{
	(void)state;
	found = (struct kernel_difference){ .group = 9, .times = 3 };
	differences_look(&d, d.differences);
	assert_non_null(strstr(told, "service 9: different"));
	found.times = 1;
	differences_look(&d, d.differences);
	assert_int_equal(hooks, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_that_differs_is_told_of_once, before, after),
		cmocka_unit_test_setup_teardown(a_service_by_hand_has_no_name, before, after),
	};

	return cmocka_run_group_tests_name("samrd_differences", tests, NULL, NULL);
}
