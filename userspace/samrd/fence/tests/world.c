// SPDX-License-Identifier: GPL-2.0
/* See world.h. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "world.h"

#define PATIENCE_MS	30000

int world_setup(void **state)
{
	const char *program = getenv("SAMR_FENCE_IPMI");
	struct world *w = calloc(1, sizeof(*w));
	struct fence_setup s = { .poll_ms = 50 };
	sigset_t child;

	assert_non_null(program);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	snprintf(w->dir, sizeof(w->dir), "/tmp/samr-fence-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->password, sizeof(w->password), "%s/password", w->dir);
	snprintf(w->wrong, sizeof(w->wrong), "%s/wrong", w->dir);
	write_file(w->password, BMC_PASSWORD "\n", 0600);
	write_file(w->wrong, "something else\n", 0600);
	assert_true(sd_event_new(&w->event) >= 0);
	s.event = w->event;
	s.ipmi_program = program;
	assert_int_equal(fence_new(&w->fence, &s), 0);
	w->node[0].id = 1;
	w->node[1].id = 2;
	fence_configure(w->fence, w->node, NODES);
	*state = w;
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;
	char command[128];
	size_t i, k;

	fence_free(w->fence);
	/* What was killed is reaped by the loop. */
	for (i = 0; i < 20; i++)
		turn(w, 10);
	sd_event_unref(w->event);
	for (i = 0; i < BMCS; i++)
		bmc_stop(&w->bmc[i]);
	for (i = 0; i < NODES; i++)
		for (k = 0; k < w->node[i].count; k++)
			fence_device_free(&w->node[i].device[k]);
	snprintf(command, sizeof(command), "rm -rf %s", w->dir);
	assert_int_equal(system(command), 0);
	/* No helper is left, neither running nor as a zombie. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	free(w);
	return 0;
}

static struct fence_device *add(struct world *w, const struct fence_device *d)
{
	struct fence_node *n = &w->node[0];

	assert_true(n->count < FENCE_DEVICES_MAX);
	assert_true(fence_device_copy(&n->device[n->count], d));
	return &n->device[n->count++];
}

struct fence_device *add_bmc(struct world *w, const char *name,
			     const char *address)
{
	const struct fence_device d = {
		.name = name, .kind = FENCE_IPMI, .timeout_ms = 4000,
		.password_file = w->password,
		.ipmi = { .address = address, .user = BMC_USER, .suite_3 = true,
			  .workarounds = "opensesspriv" },
	};

	return add(w, &d);
}

struct fence_device *add_agent(struct world *w, const char *name,
			       const char *script)
{
	char path[128];
	struct fence_device d = {
		.name = name, .kind = FENCE_AGENT, .timeout_ms = 4000,
		.agent.program = path,
	};

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	write_file(path, script, 0700);
	return add(w, &d);
}

static void on_report(const struct fence_report *r, void *data)
{
	struct world *w = data;

	w->reports++;
	if (r->over)
		w->report = *r;
	else
		w->half = r->result == FENCE_IS_OFF;
}

int start(struct world *w, enum fence_action action)
{
	const struct fence_request rq = {
		.node = 1, .action = action, .token = 4711,
		.report = on_report, .data = w,
	};

	w->report = (struct fence_report){ };
	w->reports = 0;
	w->half = false;
	return fence_start(w->fence, &rq);
}

void turn(struct world *w, unsigned int ms)
{
	assert_true(sd_event_run(w->event, ms * 1000ULL) >= 0);
}

enum fence_result await(struct world *w)
{
	unsigned long begin = now_ms();

	while (!w->report.over) {
		assert_true(now_ms() - begin < PATIENCE_MS);
		turn(w, 100);
	}
	assert_int_equal(w->report.token, 4711);
	return w->report.result;
}

enum fence_result ask(struct world *w, enum fence_action action)
{
	assert_int_equal(start(w, action), 0);
	return await(w);
}

void assert_text(const struct world *w, size_t device, const char *text)
{
	const char *said = w->report.outcome[device].text;

	if (!strstr(said, text))
		fail_msg("'%s' is not in '%s'", text, said);
}
