// SPDX-License-Identifier: GPL-2.0
/* Members of services that give different replies, see differences.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "differences.h"
#include "samrd.h"

#define DIFFERENCES_MAX	256	/* services in which something was found */

/**
 * struct differences - what was told
 * @count: of @entry
 * @entry: a service in which something was found
 * @entry.group: its id
 * @entry.times: of which so often was told
 */
struct differences {
	size_t count;
	struct {
		uint32_t group;
		uint64_t times;
	} entry[DIFFERENCES_MAX];
};

/** struct look - one look at all services */
struct look {
	struct samrd *d;
	struct differences *known;
};

/* Is that more than was told? A service that was declared anew begins at 0. */
static bool is_news(struct differences *known, const struct kernel_difference *v)
{
	size_t i;

	for (i = 0; i < known->count; i++)
		if (known->entry[i].group == v->group)
			break;
	if (i == DIFFERENCES_MAX)
		return false;
	if (i == known->count) {
		known->entry[i].group = v->group;
		known->entry[i].times = 0;
		known->count++;
	}
	if (known->entry[i].times == v->times)
		return false;
	known->entry[i].times = v->times;
	return v->times;
}

static void describe(const struct samrd *d, const struct kernel_difference *v,
		     char *text, size_t size)
{
	const struct config_service *s = config_service(d->config, v->group);
	char ids[200];

	samrd_ids(d, v->heads, ids, sizeof(ids));
	snprintf(text, size, "service %" PRIu32 "%s%s%s: %s %s to the request at place %" PRIu64 "%s",
		 v->group, s ? " (" : "", s ? s->name : "", s ? ")" : "",
		 v->result == SAMR_DIVERGED_RESULT_MINORITY ?
		 "other replies than those of most come from" :
		 "different replies come from", ids, v->place,
		 v->stopped ? "; it is stopped here" : "");
}

static void call_hook(struct samrd *d, const struct kernel_difference *v,
		      const char *reason)
{
	const struct config_service *s = config_service(d->config, v->group);
	char alert[] = "SAMR_ALERT=service-diverged";
	char text[600], id[64], title[96];
	char *vars[] = { alert, text, id, title, NULL };

	snprintf(text, sizeof(text), "SAMR_ALERT_TEXT=%s", reason);
	snprintf(id, sizeof(id), "SAMR_SERVICE=%" PRIu32, v->group);
	snprintf(title, sizeof(title), "SAMR_SERVICE_NAME=%s", s ? s->name : "");
	hooks_run(d->hooks, HOOK_ALERT, vars);
}

static void take(const struct kernel_difference *v, void *data)
{
	struct look *l = data;
	char text[500];

	if (!is_news(l->known, v))
		return;
	describe(l->d, v, text, sizeof(text));
	log_message(LOG_ERR, LOG_ID_SERVICE, "%s", text);
	call_hook(l->d, v, text);
}

struct differences *differences_new(void)
{
	return calloc(1, sizeof(struct differences));
}

void differences_look(struct samrd *d, struct differences *known)
{
	struct look l = { d, known };
	char why[KERNEL_TEXT_MAX] = "";

	if (kernel_differences(d->kernel, take, &l, why))
		log_error("services cannot be looked at: %s", why);
}
