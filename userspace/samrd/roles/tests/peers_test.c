// SPDX-License-Identifier: GPL-2.0
/* Whose power is known to be off, and what DRBD is told: with a kernel and fence devices that are played. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "roles/peers.h"
#include "roles/roles.h"
#include "samrd.h"

/* ---- what is played ---- */

struct control_client {
	char answer[400];
};

static struct config config = {
	.nodes = 3, .fence_delay_ms = 50, .limits = { .dead_us = 20000 },
	.node = { { .id = 1, .name = "alpha", .self = true },
		  { .id = 2, .name = "beta", .host = "beta.example.com" },
		  { .id = 3, .name = "gamma" } },
};
static struct samrd d = { .config = &config };
static const struct control_verb *verb;
static struct fence_request job;
static unsigned int jobs, updates;
static struct drbd_resource drbd;
static bool drbd_known;

int control_serve(struct control *c, const struct control_verb *verbs, void *data)
{
	(void)c;
	verb = verbs;
	assert_ptr_equal(data, d.peers);
	return 0;
}

void control_answer(struct control_client *c, json_t *result)
{
	char *text = json_dumps(result, JSON_COMPACT);

	assert_string_equal(c->answer, "");
	snprintf(c->answer, sizeof(c->answer), "%s", text);
	free(text);
	json_decref(result);
}

void control_refuse(struct control_client *c, const char *format, ...)
{
	va_list args;

	assert_string_equal(c->answer, "");
	va_start(args, format);
	vsnprintf(c->answer, sizeof(c->answer), format, args);
	va_end(args);
}

int fence_start(struct fence *f, const struct fence_request *rq)
{
	(void)f;
	assert_false(rq->automatic);
	job = *rq;
	jobs++;
	return 0;
}

const char *fence_report_text(const struct fence_report *r, char *text,
			      size_t size)
{
	(void)r;
	snprintf(text, size, "played");
	return text;
}

const char *fence_result_text(enum fence_result r)
{
	return r == FENCE_IS_OFF ? "off" : "not off";
}

const struct drbd_resource *roles_drbd(const struct roles *r, const char *name)
{
	(void)r;
	return drbd_known && !strcmp(name, "r0") ? &drbd : NULL;
}

void roles_update(struct roles *r)
{
	(void)r;
	updates++;
}

const char *samrd_name(const struct samrd *s, uint32_t id)
{
	(void)s;
	return id == 2 ? "beta" : "other";
}

const struct config_node *config_node(const struct config *c, uint32_t id)
{
	size_t i;

	for (i = 0; i < c->nodes; i++)
		if (c->node[i].id == id)
			return &c->node[i];
	return NULL;
}

/* ---- helpers ---- */

static void turn(unsigned int ms)
{
	struct timespec t, begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		sd_event_run(d.event, 5000);
		clock_gettime(CLOCK_MONOTONIC, &t);
	} while ((t.tv_sec - begin.tv_sec) * 1000 +
		 (t.tv_nsec - begin.tv_nsec) / 1000000 < (long)ms);
}

static void hear(uint32_t id, bool heard)
{
	d.now.node[id].links = heard;
	peers_kernel(d.peers);
}

static void ask(struct control_client *c, const char *peer, int ms)
{
	json_t *rq = json_pack("{s:s, s:s, s:i}", "resource", "r0", "peer",
			       peer, "limit_ms", ms);

	*c = (struct control_client){ };
	assert_true(verb->change);
	verb->run(c, rq, d.peers);
	json_decref(rq);
}

static void end_job(enum fence_result result)
{
	const struct fence_report r = { .node = job.node, .over = true,
					.result = result };

	job.report(&r, job.data);
}

/* A member of a view in force, on which beta is heard. */
static int set_up(void **state)
{
	(void)state;
	jobs = updates = 0;
	drbd_known = false;
	drbd = (struct drbd_resource){ .there = 1 };
	d.now = (struct kernel_state){ .present = true, .carrier = true,
				       .state = SAMR_RUN_STATE_UP };
	d.known = true;
	d.now.node[2] = (struct kernel_node){ .links = 1, .inc = 9 };
	if (sd_event_new(&d.event) < 0 || peers_new(&d.peers, &d))
		return -1;
	peers_kernel(d.peers);
	return peers_serve(d.peers);
}

static int tear_down(void **state)
{
	(void)state;
	peers_free(d.peers);
	sd_event_unref(d.event);
	return 0;
}

/* ---- cases ---- */

/* It was read as off before it came on again, and that is told when it is silent once more. */
static void an_answer_of_before(void **state)
{
	struct control_client c;

	(void)state;
	hear(2, false);
	turn(80);
	ask(&c, "beta", 5000);
	turn(30);
	assert_int_equal(jobs, 1);
	hear(2, true);
	hear(2, false);
	end_job(FENCE_IS_OFF);
	turn(30);
	assert_false(peers_dead(d.peers, 2));
	assert_string_equal(c.answer, "");
	/* The next one is of this silence. */
	turn(700);
	assert_int_equal(jobs, 2);
	end_job(FENCE_IS_OFF);
	assert_true(peers_dead(d.peers, 2));
	assert_string_equal(c.answer, "{\"fate\":\"off\"}");
}

static void confirmed(void **state)
{
	struct control_client c;

	(void)state;
	ask(&c, "beta.example.com", 5000);
	turn(30);
	assert_string_equal(c.answer, "");
	/* The policy's fence ends while the kernel's last word is still that it lives. */
	peers_confirmed(d.peers, 2);
	assert_false(peers_dead(d.peers, 2));
	hear(2, false);
	turn(30);
	assert_true(peers_dead(d.peers, 2));
	assert_string_equal(c.answer, "{\"fate\":\"off\"}");
	assert_true(updates > 0);
	ask(&c, "beta", 5000);
	turn(30);
	assert_string_equal(c.answer, "{\"fate\":\"off\"}");
	assert_int_equal(jobs, 0);
}

static void heard_again(void **state)
{
	struct control_client c;

	(void)state;
	hear(2, false);
	peers_confirmed(d.peers, 2);
	turn(30);
	assert_true(peers_dead(d.peers, 2));
	hear(2, true);
	assert_false(peers_dead(d.peers, 2));
	/* What is said of one that is heard is not believed. */
	peers_confirmed(d.peers, 2);
	turn(30);
	assert_false(peers_dead(d.peers, 2));
	ask(&c, "beta", 100);
	turn(700);
	assert_non_null(strstr(c.answer, "beta is not known to be off: it is "
			       "heard"));
}

/* Nobody else fences it: its power is cut, but only after the delay. */
static void cut(void **state)
{
	struct control_client c;

	(void)state;
	ask(&c, "beta", 60000);
	turn(600);
	assert_int_equal(jobs, 0);
	hear(2, false);
	turn(20);
	assert_int_equal(jobs, 0);
	turn(600);
	assert_int_equal(jobs, 1);
	assert_int_equal(job.node, 2);
	assert_int_equal(job.action, FENCE_OFF);
	end_job(FENCE_UNREACHABLE);
	turn(600);
	assert_int_equal(jobs, 1);	/* again only after PEERS_RETRY_MS */
	assert_string_equal(c.answer, "");
	hear(2, true);
	hear(2, false);
	turn(700);
	assert_int_equal(jobs, 2);
	end_job(FENCE_IS_OFF);
	assert_string_equal(c.answer, "{\"fate\":\"off\"}");
}

/* It came back while its power was cut: what was read is of no use. */
static void off_and_heard(void **state)
{
	struct control_client c;

	(void)state;
	ask(&c, "beta", 60000);
	hear(2, false);
	turn(700);
	assert_int_equal(jobs, 1);
	hear(2, true);
	end_job(FENCE_IS_OFF);
	turn(30);
	assert_false(peers_dead(d.peers, 2));
	assert_string_equal(c.answer, "");
}

static void only_looked_at(void **state)
{
	(void)state;
	peers_want(d.peers, 2, true);
	d.now.fence[2] = (struct kernel_fence){ .done = true, .inc = 9 };
	hear(2, false);
	turn(700);
	assert_int_equal(jobs, 1);
	assert_int_equal(job.action, FENCE_STATUS);
	end_job(FENCE_IS_ON);
	assert_false(peers_dead(d.peers, 2));
	peers_want(d.peers, 2, false);
}

static void the_policy_s(void **state)
{
	(void)state;
	peers_want(d.peers, 2, true);
	d.now.fence[2].asked = true;
	hear(2, false);
	turn(700);
	assert_int_equal(jobs, 0);
	d.now.fence[2].asked = false;
	d.now.state = SAMR_RUN_STATE_WEDGED;
	turn(700);
	assert_int_equal(jobs, 0);
	d.now.state = SAMR_RUN_STATE_UP;
	turn(700);
	assert_int_equal(jobs, 1);
	peers_want(d.peers, 2, false);
}

static void outdated(void **state)
{
	struct control_client c;

	(void)state;
	drbd_known = true;
	drbd.peer_disk[0] = DRBD_DISK_OUTDATED;
	drbd.connected = true;
	ask(&c, "beta", 60000);
	turn(30);
	assert_string_equal(c.answer, "");
	drbd.connected = false;
	peers_drbd(d.peers);
	assert_string_equal(c.answer, "{\"fate\":\"outdated\"}");
}

static void refused(void **state)
{
	struct control_client c, many[PEERS_ASKS_MAX + 1];
	int i;

	(void)state;
	ask(&c, "alpha", 1000);
	assert_non_null(strstr(c.answer, "'alpha' is no other node"));
	ask(&c, "bet", 1000);
	assert_non_null(strstr(c.answer, "'bet' is no other node"));
	ask(&c, "beta", 0);
	assert_non_null(strstr(c.answer, "needed: resource and peer"));
	ask(&c, "beta", PEERS_LIMIT_MAX_MS + 1);
	assert_non_null(strstr(c.answer, "1 to 3600000"));
	for (i = 0; i <= PEERS_ASKS_MAX; i++)
		ask(&many[i], "gamma", 60000);
	assert_string_equal(many[0].answer, "");
	assert_non_null(strstr(many[PEERS_ASKS_MAX].answer, "too many"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_of_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(confirmed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(heard_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(off_and_heard, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_looked_at, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_policy_s, set_up, tear_down),
		cmocka_unit_test_setup_teardown(outdated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
