// SPDX-License-Identifier: GPL-2.0
/* How it stands, for systemd and for those who ask. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "roles/peers.h"
#include "roles/roles.h"
#include "samrd.h"
#include "services/exits.h"

const char *samrd_name(const struct samrd *d, uint32_t id)
{
	const struct config_node *n = config_node(d->config, id);

	return n ? n->name : "?";
}

const char *samrd_ids(const struct samrd *d, uint64_t ids, char *text,
		      size_t size)
{
	size_t len = 0;
	uint32_t id;

	*text = 0;
	for (id = 1; id < KERNEL_IDS && len < size; id++)
		if (ids & 1ULL << id)
			len += snprintf(text + len, size - len, "%s%s",
					len ? ", " : "", samrd_name(d, id));
	return text;
}

static uint64_t members_of(const struct kernel_state *s)
{
	uint64_t set = 0;
	size_t i;

	for (i = 0; i < s->view.count; i++)
		set |= 1ULL << s->view.head[i].node;
	return set;
}

/* Configured heads that are not heard. */
static uint64_t silent_of(const struct samrd *d)
{
	const struct config *c = d->config;
	uint64_t set = 0;
	size_t i;

	for (i = 0; i < c->nodes; i++)
		if (!c->node[i].self && !d->now.node[c->node[i].id].links)
			set |= 1ULL << c->node[i].id;
	return set;
}

static const char *state_word(const struct samrd *d)
{
	static const char *const words[] = { "down", "up", "waiting", "halted",
					     "learning", "wedged", "leaving" };

	if (!d->now.present)
		return "absent";
	return d->now.state < sizeof(words) / sizeof(*words) ?
	       words[d->now.state] : "?";
}

void status_line(const struct samrd *d, char *text, size_t size)
{
	char ids[256];
	size_t len;

	len = snprintf(text, size, "%s", state_word(d));
	if (d->now.view.epoch && len < size)
		len += snprintf(text + len, size - len, ", epoch %" PRIu64
				" with %s", d->now.view.epoch,
				samrd_ids(d, members_of(&d->now), ids,
					  sizeof(ids)));
	else if (len + 2 < size && d->now.state == SAMR_RUN_STATE_WAITING) {
		len += snprintf(text + len, size - len, ": ");
		policy_start_text(d->policy, text + len, size - len);
		len += strlen(text + len);
	}
	if (silent_of(d) && len < size)
		snprintf(text + len, size - len, ", not heard: %s",
			 samrd_ids(d, silent_of(d), ids, sizeof(ids)));
}

/* ---- JSON ---- */

static json_t *ids_json(const struct samrd *d, uint64_t ids)
{
	json_t *list = json_array();
	uint32_t id;

	for (id = 1; id < KERNEL_IDS; id++)
		if (ids & 1ULL << id)
			json_array_append_new(list,
					      json_string(samrd_name(d, id)));
	return list;
}

static json_t *hex_json(uint64_t n)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, n);
	return json_string(text);
}

static json_t *fence_json(const struct samrd *d, uint32_t id)
{
	const struct kernel_fence *k = &d->now.fence[id];
	struct policy_fence_info f;
	json_t *o;

	if (!policy_fence_look(d->policy, id, &f))
		return json_null();
	o = json_pack("{s:s, s:s, s:i, s:b}", "state",
		      policy_fence_word(f.state), "text",
		      policy_fence_text(f.state), "failed", (int)f.failed,
		      "left_off", f.left_off);
	if (!o)
		return NULL;
	if (f.failed)
		json_object_set_new(o, "last", json_string(
					fence_result_word(f.last)));
	if (!k->asked)
		return o;
	json_object_set_new(o, "why", json_string(
			k->why == SAMR_FENCE_REASON_BLOCKED ? "blocked" :
			"excluded"));
	json_object_set_new(o, "incarnation", hex_json(k->inc));
	json_object_set_new(o, "token", hex_json(k->token));
	json_object_set_new(o, "age_ms", json_integer(k->age_ms));
	return o;
}

static const char *node_word(const struct samrd *d, uint32_t id)
{
	const struct kernel_view *v = &d->now.view;
	size_t i;

	for (i = 0; i < v->count; i++)
		if (v->head[i].node == id)
			return v->head[i].suspect ? "suspect" :
			       v->head[i].learner ? "learning" : "member";
	return d->now.node[id].links ? "heard" : "silent";
}

/* Does a fence rely on that head's watchdog, and is it known to be armed? */
static json_t *relied_json(const struct samrd *d, const struct config_node *n)
{
	uint64_t ms = policy_armed(d->policy, n->id) / CLOCK_NS_PER_MS;
	bool relied = false;
	size_t i;

	for (i = 0; i < n->fence.count; i++)
		relied |= n->fence.device[i].kind == FENCE_WATCHDOG;
	if (n->self)
		ms = d->watchdog ? watchdog_timeout(d->watchdog) : 0;
	return json_pack("{s:b, s:I}", "relied", relied, "armed_ms",
			 (json_int_t)ms);
}

static json_t *node_json(const struct samrd *d, const struct config_node *n)
{
	const struct kernel_node *k = &d->now.node[n->id];
	json_t *o = json_pack("{s:i, s:s, s:b, s:b, s:s, s:i, s:o, s:o}",
			      "id", (int)n->id, "name", n->name,
			      "self", n->self, "witness", n->witness,
			      "state", node_word(d, n->id), "links",
			      (int)k->links, "fence", fence_json(d, n->id),
			      "watchdog", relied_json(d, n));

	if (o && k->saved) {
		json_object_set_new(o, "saved_epoch",
				    json_integer(k->saved_epoch));
		json_object_set_new(o, "saved_members",
				    ids_json(d, k->saved_members));
	}
	return o;
}

static json_t *start_json(const struct samrd *d)
{
	struct policy_start s;
	char text[300];

	policy_start_look(d->policy, &s);
	policy_start_text(d->policy, text, sizeof(text));
	return json_pack("{s:s, s:o, s:s, s:I, s:o, s:o, s:o}",
			 "wait", policy_wait_word(s.wait),
			 "heads", ids_json(d, s.heads), "text", text,
			 "epoch", (json_int_t)s.epoch,
			 "members", ids_json(d, s.members),
			 "override", ids_json(d, s.override),
			 "better", ids_json(d, s.better));
}

static json_t *watchdog_json(const struct samrd *d)
{
	const struct watchdog *w = d->watchdog;

	return json_pack("{s:b, s:b, s:i, s:s}", "armed", w != NULL,
			 "starved", w && watchdog_starved(w), "timeout_ms",
			 w ? (int)watchdog_timeout(w) : 0, "device",
			 w ? d->config->watchdog : "");
}

static json_t *roles_list(const struct samrd *d)
{
	const struct config *c = d->config;
	json_t *list = json_array(), *role;
	size_t i;

	for (i = 0; i < c->services; i++) {
		role = roles_json(d->roles, c->service[i].id);
		if (role)
			json_array_append_new(list, json_pack("{s:I, s:s, s:o}",
				"id", (json_int_t)c->service[i].id, "name",
				c->service[i].name, "role", role));
	}
	return list;
}

static void run_status(struct control_client *client, json_t *request,
		       void *data)
{
	struct samrd *d = data;
	const struct config *c = d->config;
	json_t *nodes = json_array(), *o;
	char line[300];
	size_t i;

	(void)request;
	status_line(d, line, sizeof(line));
	for (i = 0; i < c->nodes; i++)
		json_array_append_new(nodes, node_json(d, &c->node[i]));
	o = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:o, s:b, s:i, s:i, "
		      "s:o, s:o, s:o, s:o, s:o}",
		      "cluster", c->name, "id", (json_int_t)c->id,
		      "node", c->node[c->self].name, "state", state_word(d),
		      "text", line, "policy", config_policy_word(c->policy),
		      "epoch", (json_int_t)d->now.view.epoch,
		      "members", ids_json(d, members_of(&d->now)),
		      "carrier", d->now.carrier, "links", (int)d->now.links,
		      "links_up", (int)d->now.links_up,
		      "start", start_json(d), "watchdog", watchdog_json(d),
		      "services", exits_json(d->exits), "roles", roles_list(d),
		      "nodes", nodes);
	if (!o)
		control_refuse(client, "no memory");
	else
		control_answer(client, o);
}

/* ---- what an admin says ---- */

static bool hex_of(json_t *request, const char *key, uint64_t *n)
{
	const char *text = json_string_value(json_object_get(request, key));
	size_t len = text ? strspn(text, "0123456789abcdefABCDEF") : 0;

	if (!len || len > 16 || text[len])
		return false;
	*n = strtoull(text, NULL, 16);
	return true;
}

static void run_confirm(struct control_client *client, json_t *request,
			void *data)
{
	struct samrd *d = data;
	json_int_t id = json_integer_value(json_object_get(request, "node"));
	char why[KERNEL_TEXT_MAX] = "";
	uint64_t inc, token;

	if (id < 1 || id >= KERNEL_IDS ||
	    !hex_of(request, "incarnation", &inc) ||
	    !hex_of(request, "token", &token)) {
		control_refuse(client, "needed: node, a number from 1 to 63, and "
			       "incarnation and token in hexadecimal digits, as "
			       "status shows them");
		return;
	}
	if (kernel_confirm(d->kernel, id, inc, token, why)) {
		control_refuse(client, "node %d: %s", (int)id, why);
		return;
	}
	peers_confirmed(d->peers, id);
	log_message(LOG_NOTICE, LOG_ID_FENCE_DONE, "user %u has confirmed that "
		    "%s is off", control_uid(client), samrd_name(d, id));
	control_answer(client, NULL);
}

static void run_override(struct control_client *client, json_t *request,
			 void *data)
{
	struct policy_event ev = { .type = POLICY_EV_OVERRIDE };
	struct samrd *d = data;
	struct policy_start s;
	char ids[256];
	int err;

	(void)request;
	policy_start_look(d->policy, &s);
	err = facts_feed(d, &ev);
	switch (err) {
	case 0:
		log_message(LOG_WARNING, LOG_ID_ALERT, "user %u starts the "
			    "cluster without waiting for the others",
			    control_uid(client));
		control_answer(client, NULL);
		return;
	case -EISCONN:
		control_refuse(client, "this head has a view: there is nothing "
			       "to start");
		return;
	case -EHOSTDOWN:
		control_refuse(client, "other heads know of a newer view: say "
			       "so on %s", samrd_ids(d, s.better, ids,
						     sizeof(ids)));
		return;
	}
	control_refuse(client, "cannot be done now: %s", strerror(-err));
}

static const struct control_verb verbs[] = {
	{ "status", false, run_status },
	{ "fence-confirm", true, run_confirm },
	{ "override", true, run_override },
	{ }
};

int status_serve(struct samrd *d)
{
	return control_serve(d->control, verbs, d);
}
