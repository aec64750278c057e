// SPDX-License-Identifier: GPL-2.0
/* Fencing by hand, through the control socket; see fence_control.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fence_control.h"

#define LINE_MAX	1200

/* ---- JSON ---- */

static json_t *outcome_json(const struct fence_outcome *o)
{
	/* What a device said may be anything: without it, if it is no UTF-8. */
	json_t *text = json_string(o->text) ?: json_string("");

	return json_pack("{s:s, s:s, s:s, s:I, s:o}", "device", o->device,
			 "kind", fence_kind_word(o->kind),
			 "result", fence_result_word(o->result),
			 "ms", (json_int_t)o->ms, "text", text);
}

json_t *fence_report_json(const struct fence_report *r)
{
	json_t *devices = json_array();
	size_t i;

	for (i = 0; i < r->count; i++)
		json_array_append_new(devices, outcome_json(&r->outcome[i]));
	return json_pack("{s:i, s:s, s:s, s:b, s:b, s:I, s:o}", "node", r->node,
			 "action", fence_action_word(r->action),
			 "result", fence_result_word(r->result),
			 "over", r->over, "automatic", r->automatic,
			 "ms", (json_int_t)r->ms, "devices", devices);
}

static json_t *node_json(const struct fence *f, const struct fence_node *n)
{
	json_t *devices = json_array(), *job = NULL;
	struct fence_report r;
	size_t i;

	for (i = 0; i < n->count; i++) {
		const struct fence_device *d = &n->device[i];

		json_array_append_new(devices, json_pack("{s:s, s:s, s:i}",
			"device", d->name, "kind", fence_kind_word(d->kind),
			"timeout_ms", d->timeout_ms));
	}
	if (fence_look(f, n->id, &r))
		job = fence_report_json(&r);
	return json_pack("{s:i, s:b, s:o, s:o*}", "node", n->id,
			 "together", n->together, "devices", devices, "last",
			 job);
}

/* ---- jobs ---- */

/**
 * struct work - a job that somebody waits for
 * @fc: fencing
 * @c: who waits
 */
struct work {
	struct fence_control *fc;
	struct control_client *c;
};

static void on_report(const struct fence_report *r, void *data)
{
	char text[LINE_MAX - 100], line[LINE_MAX];
	struct work *w = data;

	if (!r->over)
		return;
	snprintf(line, sizeof(line), "uid %u: fence %s of node %u: %s",
		 (unsigned int)control_uid(w->c), fence_action_word(r->action),
		 r->node, fence_report_text(r, text, sizeof(text)));
	if (w->fc->log)
		w->fc->log(line);
	control_answer(w->c, fence_report_json(r));
	free(w);
}

static const struct fence_node *find(const struct fence_control *fc,
				     json_int_t node)
{
	size_t i;

	for (i = 0; i < fc->count; i++)
		if (fc->nodes[i].id == node)
			return &fc->nodes[i];
	return NULL;
}

static void refuse(struct control_client *c, json_int_t node, int r)
{
	switch (r) {
	case -EBUSY:
		control_refuse(c, "the power of node %lld is being changed "
			       "already: see samrctl fence devices",
			       (long long)node);
		break;
	case -EAGAIN:
		control_refuse(c, "too many commands at once: try again");
		break;
	default:
		control_refuse(c, "%s", strerror(-r));
	}
}

static void start(struct control_client *c, json_t *request,
		  struct fence_control *fc, enum fence_action action)
{
	struct fence_request rq = { .action = action, .report = on_report };
	const json_t *id = json_object_get(request, "node");
	json_int_t node = json_integer_value(id);
	const struct fence_node *n = find(fc, node);
	struct work *w;
	int r;

	if (!json_is_integer(id) || !n) {
		control_refuse(c, "no such node is configured in samr.conf(5)");
		return;
	}
	if (!n->count) {
		control_refuse(c, "node %lld has no fence device in "
			       "samr.conf(5)", (long long)node);
		return;
	}
	if (node == fc->self && (action == FENCE_OFF || action == FENCE_CYCLE)) {
		control_refuse(c, "node %lld is this head itself: do it on "
			       "another one", (long long)node);
		return;
	}
	w = malloc(sizeof(*w));
	if (!w) {
		refuse(c, node, -ENOMEM);
		return;
	}
	*w = (struct work){ fc, c };
	rq.node = node;
	rq.data = w;
	r = fence_start(fc->fence, &rq);
	if (r) {
		free(w);
		refuse(c, node, r);
	}
}

static void off(struct control_client *c, json_t *request, void *data)
{
	start(c, request, data, FENCE_OFF);
}

static void on(struct control_client *c, json_t *request, void *data)
{
	start(c, request, data, FENCE_ON);
}

static void cycle(struct control_client *c, json_t *request, void *data)
{
	start(c, request, data, FENCE_CYCLE);
}

static void status(struct control_client *c, json_t *request, void *data)
{
	start(c, request, data, FENCE_STATUS);
}

static void test(struct control_client *c, json_t *request, void *data)
{
	start(c, request, data, FENCE_TEST);
}

static void devices(struct control_client *c, json_t *request, void *data)
{
	const struct fence_control *fc = data;
	json_t *list = json_array();
	size_t i;

	(void)request;
	for (i = 0; i < fc->count; i++)
		json_array_append_new(list, node_json(fc->fence,
						      &fc->nodes[i]));
	control_answer(c, list);
}

static const struct control_verb verbs[] = {
	{ "fence-devices", false, devices },
	{ "fence-status", true, status },
	{ "fence-test", true, test },
	{ "fence-off", true, off },
	{ "fence-on", true, on },
	{ "fence-cycle", true, cycle },
	{ }
};

int fence_control_serve(struct control *c, struct fence_control *fc)
{
	return control_serve(c, verbs, fc);
}
