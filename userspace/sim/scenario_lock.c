// SPDX-License-Identifier: GPL-2.0
/* Commands of a scenario that are about locks. */
#include "core/group.h"
#include "scenario_inside.h"
#include "sim.h"

/* Requests that are handed in at the same instant, of many. */
#define AT_ONCE	16

static void request(struct scenario *sc, u8 kind, struct member *m, u8 flags,
		    const char *name, const char *value)
{
	u8 bytes[SAMR_LOCK_PAYLOAD_MAX];
	struct samr_lock_payload *p = (void *)bytes;
	u32 len = sizeof(*p);

	if (strlen(name) > SAMR_LOCK_NAME_LEN ||
	    strlen(value) > SAMR_LOCK_VALUE_LEN)
		sc_bad(sc, "name or value is too long");
	*p = (struct samr_lock_payload){
		.flags = flags,
		.name_len = (u8)strlen(name),
		.value_len = (u8)strlen(value),
	};
	memcpy(bytes + len, name, p->name_len);
	len += p->name_len;
	memcpy(bytes + len, value, p->value_len);
	len += p->value_len;
	member_lock(&sc->members, m, kind, 0, bytes, len, 0);
}

/* So many locks, by names with a number behind them; not all of them at once. */
static void lock_many(struct scenario *sc, struct member *m, u8 flags,
		      const char *name)
{
	struct queue *q = &sc->cluster.queue;
	u64 i, times = sc_number(sc);
	char numbered[64];

	for (i = 0; i < times; i++) {
		if (i % AT_ONCE == 0)
			queue_run(q, q->now + SAMR_MSEC);
		snprintf(numbered, sizeof(numbered), "%s%llu", name,
			 (unsigned long long)i);
		request(sc, SAMR_KIND_LOCK, m, flags, numbered, "");
	}
}

void do_lock(struct scenario *sc)
{
	struct member *m = sc_member(sc);
	const char *name = sc_word(sc);
	u8 flags = 0;

	if (sc_accept(sc, "try"))
		flags = SAMR_LKF_TRY;
	else if (sc_accept(sc, "next"))
		flags = SAMR_LKF_NEXT;
	if (sc_accept(sc, "times"))
		lock_many(sc, m, flags, name);
	else
		request(sc, SAMR_KIND_LOCK, m, flags, name, "");
}

void do_unlock(struct scenario *sc)
{
	struct member *m = sc_member(sc);
	const char *name = sc_word(sc), *value = "";
	u8 flags = 0;

	if (sc_accept(sc, "cancel"))
		flags = SAMR_LKF_CANCEL;
	if (sc_accept(sc, "keep"))
		flags |= SAMR_LKF_KEEP;
	if (sc_accept(sc, "value")) {
		flags |= SAMR_LKF_VALUE;
		value = sc_more(sc) ? sc_word(sc) : "";
	}
	request(sc, SAMR_KIND_UNLOCK, m, flags, name, value);
}

void do_locks(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	const struct samr_group *g = samr_group_find(h->node, sc_number(sc));
	const struct samr_lock *l;

	if (!g || !g->locks.count) {
		trace_note(&sc->trace, "node %u has no locks", h->id);
		return;
	}
	list_for_each_entry(l, &g->locks.locks, link)
		trace_note(&sc->trace, "node %u: %.*s of %llu.%u%s, %u wait%s%.*s",
			   h->id, l->name_len, (const char *)l->name,
			   (unsigned long long)l->owner.node, l->owner.port,
			   l->dead ? ", dead owner" : "", l->waiting,
			   l->value_len ? ": " : "",
			   l->value_len, (const char *)l->value);
}
