// SPDX-License-Identifier: GPL-2.0
/* What samrctl takes from samrd's answers, also from those that make little sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "samrd.h"

static struct samrd s;

static json_t *json_of(const char *text)
{
	json_t *j = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(j);
	return j;
}

static void take(const char *status, const char *devices)
{
	json_t *list = json_of(devices);

	memset(&s, 0, sizeof(s));
	samrd_take(&s, json_of(status), 7, 1);
	samrd_take_devices(&s, list);
	json_decref(list);
}

#define HEAD1	"{\"id\":1,\"self\":true,\"fence\":{\"state\":\"none\",\"text\":\"is not asked for\"}}"

static void fences(void **state)
{
	(void)state;
	take("{\"id\":7,\"nodes\":[" HEAD1 ","
	     "{\"id\":2,\"name\":\"beta\",\"fence\":{\"state\":\"retry\",\"text\":\"is tried again\",\"failed\":3,\"last\":\"unreachable\"}},"
	     "{\"id\":3,\"fence\":{\"state\":\"manual\",\"text\":\"waits for an admin\"}}]}", "[]");
	assert_false(s.foreign);
	assert_string_equal(s.fence[1].text, "");
	assert_string_equal(s.name[2], "beta");
	assert_string_equal(s.fence[2].text,
			    "is tried again (failed 3 times, the last time: unreachable)");
	assert_true(s.fence[2].failed);
	assert_false(s.fence[2].manual);
	assert_true(s.fence[3].manual);
	assert_false(s.fence[3].failed);
	samrd_free(&s);
	take("{\"id\":7,\"nodes\":[" HEAD1 ","
	     "{\"id\":2,\"fence\":{\"state\":\"turn\",\"text\":\"waits\",\"failed\":1,\"last\":\"refused\"}},"
	     "{\"id\":3,\"fence\":{\"state\":\"none\",\"text\":\"is not asked for\",\"left_off\":true}}]}", "[]");
	assert_string_equal(s.fence[2].text, "waits (failed once: refused)");
	assert_true(s.fence[3].left_off);
	assert_string_equal(s.fence[3].text, "");
	samrd_free(&s);
}

static void start(void **state)
{
	(void)state;
	take("{\"id\":7,\"nodes\":[" HEAD1 "],\"start\":{\"wait\":\"heads\",\"text\":\"waits for b\"}}", "[]");
	assert_string_equal(s.waits, "waits for b");
	samrd_free(&s);
	take("{\"id\":7,\"nodes\":[" HEAD1 "],\"start\":{\"wait\":\"none\",\"text\":\"nothing\"}}", "[]");
	assert_string_equal(s.waits, "");
	samrd_free(&s);
}

static void another_head(void **state)
{
	(void)state;
	take("{\"id\":8,\"nodes\":[" HEAD1 "]}", "[]");
	assert_true(s.foreign);
	samrd_free(&s);
	take("{\"id\":7,\"nodes\":[{\"id\":2,\"self\":true,\"fence\":{\"state\":\"manual\",\"text\":\"x\"}}]}", "[]");
	assert_true(s.foreign);
	assert_string_equal(s.fence[2].text, "");
	samrd_free(&s);
}

static void roles(void **state)
{
	(void)state;
	take("{\"id\":7,\"nodes\":[" HEAD1 "],\"roles\":["
	     "{\"id\":1,\"role\":{\"state\":\"active\",\"elected\":\"alpha\",\"drbd\":{\"suspended\":false}}},"
	     "{\"id\":2,\"role\":{\"state\":\"standby\",\"elected\":\"beta\"}},"
	     "{\"id\":3,\"role\":{\"state\":\"waiting\",\"text\":\"no proof\",\"step\":\"\",\"failed\":\"\"}},"
	     "{\"id\":4,\"role\":{\"state\":\"stuck\",\"step\":\"umount\",\"failed\":\"busy\"}},"
	     "{\"id\":5,\"role\":{\"state\":\"active\",\"drbd\":{\"suspended\":true}}},"
	     "{\"id\":6,\"role\":null}]}", "[]");
	assert_int_equal(s.roles, 5);
	assert_string_equal(s.role[0].text, "active here");
	assert_true(s.role[0].good);
	assert_string_equal(s.role[1].text, "standby, it belongs on beta");
	assert_true(s.role[1].good);
	assert_string_equal(s.role[2].text, "waiting here: no proof");
	assert_false(s.role[2].good);
	assert_string_equal(s.role[3].text, "stuck here, runs umount; busy");
	assert_false(s.role[4].good);
	assert_non_null(strstr(s.role[4].text, "DRBD writes nothing"));
	samrd_free(&s);
}

static void devices(void **state)
{
	(void)state;
	take("{\"id\":7,\"nodes\":[" HEAD1 "]}",
	     "[{\"node\":2,\"devices\":[{\"device\":\"bmc\",\"kind\":\"ipmi\",\"timeout_ms\":20000},"
	     "{\"device\":\"pdu\",\"kind\":\"agent\",\"timeout_ms\":5000}],"
	     "\"last\":{\"devices\":[{\"device\":\"bmc\",\"result\":\"refused\",\"text\":\"wrong password\"},"
	     "{\"device\":\"pdu\",\"result\":\"on\",\"text\":\"\"}]}},"
	     "{\"node\":3,\"devices\":[{\"device\":\"hand\",\"kind\":\"manual\",\"timeout_ms\":1}]}]");
	assert_int_equal(s.devices, 3);
	assert_true(s.device[0].used);
	assert_false(s.device[0].works);
	assert_string_equal(s.device[0].text, "refused, wrong password");
	assert_true(s.device[1].works);
	assert_int_equal(s.device[1].timeout_ms, 5000);
	assert_int_equal(s.device[2].node, 3);
	assert_false(s.device[2].used);
	samrd_free(&s);
}

static void services(void **state)
{
	(void)state;
	take("{\"id\":7,\"nodes\":[" HEAD1 "],\"services\":["
	     "{\"id\":42,\"name\":\"db\",\"members\":0,\"last\":{\"end\":\"stalled\",\"on_exit\":\"leave\",\"text\":\"is out\",\"age_ms\":12,\"count\":3}},"
	     "{\"id\":43,\"name\":\"web\",\"members\":1},"
	     "{\"id\":44,\"name\":\"fs\",\"members\":1,\"last\":{\"text\":\"is out\"}}]}", "[]");
	assert_int_equal(s.exits, 2);
	assert_int_equal(s.exit[0].group, 42);
	assert_string_equal(s.exit[0].name, "db");
	assert_string_equal(s.exit[0].on_exit, "leave");
	assert_string_equal(s.exit[0].text, "is out");
	assert_int_equal(s.exit[0].age_ms, 12);
	assert_int_equal(s.exit[0].count, 3);
	assert_false(s.exit[0].back);
	assert_true(s.exit[1].back);
	samrd_free(&s);
}

static void watchdogs(void **state)
{
	(void)state;
	take("{\"id\":7,\"nodes\":[" HEAD1 ","
	     "{\"id\":2,\"watchdog\":{\"relied\":true,\"armed_ms\":0}},"
	     "{\"id\":3,\"watchdog\":{\"relied\":true,\"armed_ms\":8000}},"
	     "{\"id\":4,\"watchdog\":{\"relied\":false,\"armed_ms\":0}}]}", "[]");
	assert_int_equal(s.unarmed, 1 << 2);
	samrd_free(&s);
}

/* An answer of another version, or of what is no samrd. */
static void nonsense(void **state)
{
	static const char *const answers[] = {
		"[]", "3", "null", "{}", "{\"id\":\"x\",\"nodes\":7}",
		"{\"id\":7,\"nodes\":[{\"id\":-1},{\"id\":1e3},[],null,{\"id\":99999,\"self\":true,\"fence\":[]}]}",
		"{\"id\":7,\"nodes\":[" HEAD1 "],\"start\":[],\"watchdog\":1,\"services\":[3,{\"last\":7}]}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		take(answers[i], answers[i]);
		assert_string_equal(s.waits, "");
		samrd_free(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fences),
		cmocka_unit_test(start),
		cmocka_unit_test(another_head),
		cmocka_unit_test(roles),
		cmocka_unit_test(devices),
		cmocka_unit_test(services),
		cmocka_unit_test(watchdogs),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests_name("samrctl samrd", tests, NULL, NULL);
}
