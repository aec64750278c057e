// SPDX-License-Identifier: GPL-2.0
/*
 * Facts to findings, see verdict.h. The wording is what an admin reads first:
 * tests/verdict_test.c holds it to the letter.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/samr_netlink.h>

#include "verdict.h"

#define NAME_SIZE	64
#define BIT(id)		(1ULL << (id))

/* ---- words ---- */

const char *verdict_word(enum verdict v)
{
	static const char *const words[] = {
		[VERDICT_HEALTHY]	= "healthy",
		[VERDICT_DEGRADED]	= "degraded",
		[VERDICT_WAITING]	= "waiting",
		[VERDICT_STOPPED]	= "stopped",
		[VERDICT_HALTED]	= "halted",
	};

	return words[v];
}

/* 1 and 2 say that the question itself failed. */
int verdict_exit(enum verdict v)
{
	return v == VERDICT_HEALTHY ? 0 : 2 + (int)v;
}

const char *verdict_span(uint64_t ms, char *text, size_t size)
{
	uint64_t s = ms / 1000, min = s / 60, h = min / 60;

	if (ms < 1000)
		snprintf(text, size, "%" PRIu64 " ms", ms);
	else if (s < 60)
		snprintf(text, size, "%" PRIu64 " s", s);
	else if (min < 60)
		snprintf(text, size, "%" PRIu64 " min %" PRIu64 " s", min,
			 s % 60);
	else if (h < 48)
		snprintf(text, size, "%" PRIu64 " h %" PRIu64 " min", h,
			 min % 60);
	else
		snprintf(text, size, "%" PRIu64 " days", h / 24);
	return text;
}

/* "2", "2 and 3", "2, 3 and 5" */
static void ids_list(uint64_t ids, char *text, size_t size)
{
	size_t len = 0;
	int id;

	*text = 0;
	for (id = 0; id < FACT_IDS && len < size; id++) {
		if (!(ids & BIT(id)))
			continue;
		ids &= ~BIT(id);
		len += snprintf(text + len, size - len, "%s%d",
				!len ? "" : ids ? ", " : " and ", id);
	}
}

const char *verdict_heads(uint64_t ids, char *text, size_t size)
{
	char list[256];

	ids_list(ids, list, sizeof(list));
	snprintf(text, size, "head%s %s", ids & (ids - 1) ? "s" : "", list);
	return text;
}

/* ---- findings ---- */

static struct finding *add(struct findings *out, enum verdict v,
			   const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* One more; beyond the limit the last one is written over. */
static struct finding *add(struct findings *out, enum verdict v,
			   const char *format, ...)
{
	struct finding *f;
	va_list args;

	if (out->count < FINDINGS)
		out->count++;
	f = &out->finding[out->count - 1];
	memset(f, 0, sizeof(*f));
	f->verdict = v;
	va_start(args, format);
	vsnprintf(f->what, sizeof(f->what), format, args);
	va_end(args);
	return f;
}

static void say(char *where, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(char *where, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(where, size, format, args);
	va_end(args);
}

#define WHY(f, ...)	say((f)->why, sizeof((f)->why), __VA_ARGS__)
#define HELP(f, ...)	say((f)->todo, sizeof((f)->todo), __VA_ARGS__)

/* Heads for which @x holds, one bit each. */
#define HEADS_WITH(f, h, x) ({						\
	uint64_t ids_ = 0;						\
	const struct fact_head *h;					\
	for (h = (f)->head; h < (f)->head + FACT_IDS; h++)		\
		if (x)							\
			ids_ |= BIT(h - (f)->head);			\
	ids_; })

static int count(uint64_t ids)
{
	return __builtin_popcountll(ids);
}

/* "head 2", "the witness (3)"; with the name that samrd has for it "head 2 (beta)" */
static const char *name_of(const struct facts *f, int id, char *text,
			   size_t size)
{
	if (f->head[id].witness)
		snprintf(text, size, "the witness (%d)", id);
	else if (*f->samrd.name[id])
		snprintf(text, size, "head %d (%.31s)", id, f->samrd.name[id]);
	else
		snprintf(text, size, "head %d", id);
	return text;
}

static void why_silent(struct finding *found, const struct fact_head *h)
{
	char span[48];

	if (h->silent_known)
		WHY(found, "not heard for %s",
		    verdict_span(h->silent_ms, span, sizeof(span)));
	else
		WHY(found, "not heard");
}

/* ---- fences ---- */

/* What becomes of the fence of @id, and who has to see to it. */
static void todo_fence(const struct facts *f, struct finding *found, int id)
{
	const struct samrd *d = &f->samrd;
	bool blocked = f->head[id].fence == SAMR_FENCE_REASON_BLOCKED;
	bool sees = d->running && !d->foreign && *d->fence[id].text &&
		    !d->fence[id].manual;

	if (sees && d->fence[id].failed)
		HELP(found, "samrd sees to it: %s; why: samrctl fence devices; not to wait for that, make sure that its power is off, then: samrctl fence confirm %d",
		     d->fence[id].text, id);
	else if (sees)
		HELP(found, "samrd sees to it: %s; samrctl fence devices",
		     d->fence[id].text);
	else
		HELP(found, "%smake sure that its power is off, then: samrctl fence confirm %d%s",
		     blocked ? "" : "start it again, it comes back by itself; or ",
		     id, d->running ? "" :
		     d->configured ? " (samrd, which would see to it, does not run)" :
		     " (samrd, which could see to it, does not run)");
}

/* ---- the view ---- */

/* Too few are left without those that are @away. */
static void find_minority(struct findings *out, uint64_t voters, uint64_t away)
{
	int n = count(voters), here = n - count(away);
	int lack = n / 2 + 1 - here;
	struct finding *found;
	char ids[256];

	if (lack >= count(away))
		found = add(out, VERDICT_WAITING, "for %s",
			    verdict_heads(away, ids, sizeof(ids)));
	else
		found = add(out, VERDICT_WAITING, "for %d of the %s", lack,
			    verdict_heads(away, ids, sizeof(ids)));
	WHY(found, "nothing is ordered: %d of %d heads must not go on without the others",
	    here, n);
	HELP(found, "start %s again, or repair the network; what is wrong with it here: samrctl doctor",
	     count(away) > 1 ? "them" : "it");
}

/* Half of the heads are left, and the witness is not heard either. */
static void find_witness(struct findings *out, uint64_t away, uint64_t witness)
{
	struct finding *found;
	char ids[256];

	found = add(out, VERDICT_WAITING, "for %s or the witness (%d)",
		    verdict_heads(away, ids, sizeof(ids)),
		    __builtin_ctzll(witness));
	WHY(found, "nothing is ordered: half of the heads must not go on without one of these");
	HELP(found, "start one of them again, or repair the network; what is wrong with it here: samrctl doctor");
}

static uint64_t find_fences(const struct facts *f, struct findings *out)
{
	uint64_t blocked = HEADS_WITH(f, h, h->fence ==
				      SAMR_FENCE_REASON_BLOCKED);
	struct finding *found;
	char span[48];
	int id;

	for (id = 1; id < FACT_IDS; id++) {
		if (!(blocked & BIT(id)))
			continue;
		found = add(out, VERDICT_WAITING, "for head %d to be fenced",
			    id);
		WHY(found, "nothing is ordered until it is known to be off; asked for since %s",
		    verdict_span(f->head[id].fence_ms, span, sizeof(span)));
		todo_fence(f, found, id);
	}
	return blocked;
}

static void find_wedged(const struct facts *f, struct findings *out)
{
	uint64_t voters = HEADS_WITH(f, h, h->in_view && !h->learner &&
				     !h->witness);
	uint64_t away = HEADS_WITH(f, h, h->in_view && !h->learner &&
				   !h->witness && h->suspect);
	uint64_t witness = HEADS_WITH(f, h, h->in_view && h->witness &&
				      h->suspect);
	int n = count(voters), here = n - count(away);
	struct finding *found;
	char span[48];

	if (find_fences(f, out))
		return;
	if (f->policy == SAMR_VIEW_POLICY_MAJORITY && 2 * here < n) {
		find_minority(out, voters, away);
	} else if (f->policy == SAMR_VIEW_POLICY_MAJORITY && 2 * here == n &&
		   witness) {
		find_witness(out, away, witness);
	} else {
		found = add(out, VERDICT_WAITING, "for the next view");
		WHY(found, "nothing is ordered while it is changed, since %s",
		    verdict_span(f->wedged_ms, span, sizeof(span)));
	}
}

/* No view yet: heads that this one waits for. */
static void find_missing(const struct facts *f, struct findings *out)
{
	uint64_t silent = HEADS_WITH(f, h, h->missing && !h->self && !h->links);
	uint64_t heard = HEADS_WITH(f, h, h->missing && !h->self && h->links);
	struct finding *found;
	char ids[256];

	if (*f->samrd.waits) {
		found = add(out, VERDICT_WAITING, "for a view");
		WHY(found, "%s", f->samrd.waits);
		return;
	}
	if (silent) {
		found = add(out, VERDICT_WAITING, "for %s",
			    verdict_heads(silent, ids, sizeof(ids)));
		WHY(found, "not heard");
		HELP(found, "start %s; what is wrong with the links here: samrctl doctor",
		     count(silent) > 1 ? "them" : "it");
	}
	if (heard) {
		found = add(out, VERDICT_WAITING, "for %s",
			    verdict_heads(heard, ids, sizeof(ids)));
		WHY(found, "heard, and %s not asked for a view of the same heads",
		    count(heard) > 1 ? "have" : "has");
		HELP(found, "there: samrctl join; samrctl node show has to name the same heads everywhere");
	}
	if (!silent && !heard) {
		found = add(out, VERDICT_WAITING, "for the others");
		WHY(found, "they have not let this head into their view yet");
	}
}

/* ---- those that should be there ---- */

static void find_out(const struct facts *f, struct findings *out, int id)
{
	const struct fact_head *h = &f->head[id];
	struct finding *found;
	char name[NAME_SIZE];

	found = add(out, VERDICT_DEGRADED, "%s is out",
		    name_of(f, id, name, sizeof(name)));
	if (h->links) {
		WHY(found, "heard, and not in the view");
		HELP(found, "there: samrctl status says why; samrctl join");
		return;
	}
	why_silent(found, h);
	if (h->fence)
		todo_fence(f, found, id);
	else if (f->samrd.fence[id].left_off)
		HELP(found, "it is left off, three reboots in ten minutes did not help: find out why, then samrctl fence on %d",
		     id);
	else
		HELP(found, "start it again: it comes back by itself");
}

static void find_heads(const struct facts *f, struct findings *out)
{
	struct finding *found;
	char name[NAME_SIZE];
	int id;

	for (id = 1; id < FACT_IDS; id++) {
		const struct fact_head *h = &f->head[id];

		name_of(f, id, name, sizeof(name));
		if (h->configured && !h->in_view && !h->self) {
			find_out(f, out, id);
		} else if (h->in_view && h->suspect) {
			found = add(out, VERDICT_DEGRADED, "%s is not heard",
				    name);
			why_silent(found, h);
		} else if (h->in_view && h->learner) {
			found = add(out, VERDICT_DEGRADED, "%s is coming in",
				    name);
			WHY(found, "it is given the state and has no vote yet");
		}
		if (h->in_view && !h->configured) {
			found = add(out, VERDICT_DEGRADED,
				    "%s is in the view and not configured here",
				    name);
			HELP(found, "samrctl node add id %d", id);
		}
	}
}

/* ---- links ---- */

static const char *link_name(const struct fact_link *l)
{
	return *l->dev ? l->dev : l->kind;
}

static void find_path(const struct facts *f, struct findings *out,
		      const struct fact_link *l, int id)
{
	const struct fact_path *p = &l->path[id];
	struct finding *found;
	char span[48], name[NAME_SIZE];

	if (!p->there || p->heard)
		return;
	name_of(f, id, name, sizeof(name));
	if (p->version) {
		found = add(out, VERDICT_DEGRADED,
			    "%s speaks version %u of the protocol, this head %u",
			    name, p->version, p->version_needed);
		HELP(found, "load the same samr.ko on both");
	} else if (f->head[id].links) {
		found = add(out, VERDICT_DEGRADED, "%s is not heard on link %s",
			    name, link_name(l));
		WHY(found, p->silent_known ? "since %s" : "never was",
		    verdict_span(p->silent_ms, span, sizeof(span)));
		HELP(found, "look at cable and switch of this link, there and here; samrctl link show dev %s",
		     link_name(l));
	}
}

static void find_links(const struct facts *f, struct findings *out)
{
	const struct fact_link *l;
	struct finding *found;
	int id;

	for (l = f->link; l < f->link + f->links; l++) {
		if (l->state == SAMR_CARRIER_ABSENT) {
			found = add(out, VERDICT_DEGRADED,
				    "link %s has no device", link_name(l));
			HELP(found, "it is used as soon as there is one of that name; else: samrctl link del dev %s",
			     l->dev);
		} else if (l->state == SAMR_CARRIER_DOWN) {
			found = add(out, VERDICT_DEGRADED, "link %s is down",
				    link_name(l));
			HELP(found, "ip link set %s up, then look at the cable; a device that is in a bridge or bond carries no link",
			     l->dev);
		} else if (!f->client) {
			for (id = 1; id < FACT_IDS; id++)
				find_path(f, out, l, id);
		}
	}
	if (!f->client && !f->links && count(HEADS_WITH(f, h, h->configured)) > 1) {
		found = add(out, VERDICT_DEGRADED, "there is no link");
		HELP(found, "samrctl link add kind eth dev DEV");
	}
}

/* ---- services ---- */

static void find_difference(struct findings *out, const struct fact_group *g)
{
	bool minority = g->result == SAMR_DIVERGED_RESULT_MINORITY;
	char heads[200], name[NAME_SIZE] = "";
	struct finding *found;

	if (*g->name)
		snprintf(name, sizeof(name), " (%.31s)", g->name);
	if (g->stopped) {
		found = add(out, VERDICT_DEGRADED, "service %u%s is stopped here",
			    g->id, name);
		WHY(found, "its members replied differently");
		HELP(found, "compare their states; then samrctl group set id %u diverged-policy POLICY, and start them",
		     g->id);
		return;
	}
	verdict_heads(g->wrong, heads, sizeof(heads));
	found = add(out, VERDICT_DEGRADED, "service %u%s gets %s from %s", g->id,
		    name, minority ? "other replies than from most" :
				     "different replies", heads);
	if (minority)
		HELP(found, "restart its members there: they are given the state of the others");
	else
		HELP(found, "compare their states, and restart those that are wrong");
}

static void find_services(const struct facts *f, struct findings *out)
{
	const struct fact_group *g;

	for (g = f->group; g < f->group + f->groups; g++)
		if (g->stopped || g->differ)
			find_difference(out, g);
}

/* ---- samrd ---- */

/* Members that ended, and that nothing has followed since. */
static void find_exits(const struct samrd *d, struct findings *out)
{
	const struct samrd_exit *e;
	struct finding *found;
	char span[48];

	for (e = d->exit; e < d->exit + d->exits; e++) {
		if (e->back)
			continue;
		found = add(out, VERDICT_DEGRADED, "service %u (%s) has no member here",
			    e->group, e->name);
		WHY(found, "%s; %s ago", e->text,
		    verdict_span(e->age_ms, span, sizeof(span)));
		HELP(found, "start it again; journalctl -u samrd");
	}
}

static void find_unarmed(const struct facts *f, struct findings *out)
{
	struct finding *found;
	char name[NAME_SIZE];
	int id;

	for (id = 1; id < FACT_IDS; id++) {
		/* One that is out is a matter of its fence. */
		if (!(f->samrd.unarmed & BIT(id)) || !f->head[id].in_view)
			continue;
		found = add(out, VERDICT_DEGRADED,
			    "%s has not announced an armed watchdog",
			    name_of(f, id, name, sizeof(name)));
		WHY(found, "its fence of the kind watchdog relies on one, and proves nothing");
		HELP(found, "there: samrctl doctor");
	}
}

static void find_samrd(const struct facts *f, struct findings *out)
{
	const struct samrd *d = &f->samrd;
	const struct samrd_device *dev;
	struct finding *found;

	if (d->configured && !d->running) {
		found = add(out, VERDICT_DEGRADED, "samrd does not run");
		WHY(found, "%s", *d->error ? d->error :
		    "nobody is fenced, and no view is remembered");
		HELP(found, "systemctl start samrd; why it ended: journalctl -u samrd");
	} else if (d->running && *d->error) {
		found = add(out, VERDICT_DEGRADED, "samrd gives no answer");
		WHY(found, "%s", d->error);
		HELP(found, "journalctl -u samrd; systemctl restart samrd");
	}
	if (!d->running || d->foreign)
		return;
	for (dev = d->device; dev < d->device + d->devices; dev++) {
		if (!dev->used || dev->works)
			continue;
		found = add(out, VERDICT_DEGRADED,
			    "head %u cannot be fenced by %s", dev->node,
			    dev->name);
		WHY(found, "%s", dev->text);
		HELP(found, "samrctl fence test %u", dev->node);
	}
	find_exits(d, out);
	find_unarmed(f, out);
	if (d->starved) {
		found = add(out, VERDICT_DEGRADED,
			    "the watchdog is not fed any more");
		WHY(found, "this machine is about to be reset");
	}
}

/* ---- all ---- */

/* The service that this head has left for, or NULL. */
static const struct samrd_exit *left_for(const struct samrd *d)
{
	const struct samrd_exit *e, *last = NULL;

	for (e = d->exit; e < d->exit + d->exits; e++)
		if (!strcmp(e->on_exit, "leave") &&
		    (!last || e->age_ms < last->age_ms))
			last = e;
	return last;
}

static void find_down(const struct facts *f, struct findings *out)
{
	const struct samrd_exit *e = left_for(&f->samrd);
	struct finding *found;

	found = add(out, VERDICT_STOPPED, "this head takes no part");
	if (e) {
		WHY(found, "it has left: %s", e->text);
		HELP(found, "once the service is mended: samrctl join");
	} else {
		WHY(found, "its state is down");
		HELP(found, "samrctl join");
	}
}

static void find_state(const struct facts *f, struct findings *out)
{
	struct finding *found;

	switch (f->state) {
	case SAMR_RUN_STATE_DOWN:
		find_down(f, out);
		break;
	case SAMR_RUN_STATE_HALTED:
		found = add(out, VERDICT_HALTED,
			    "samr has noticed a fault of its own");
		WHY(found, "this head takes part in nothing any more");
		HELP(found, "keep the kernel's log for those who can mend it: dmesg; then samrctl cluster del, and configure it anew");
		break;
	case SAMR_RUN_STATE_WAITING:
		find_missing(f, out);
		break;
	case SAMR_RUN_STATE_LEARNING:
		found = add(out, VERDICT_WAITING, "for the state");
		WHY(found, "it is on its way to this head");
		break;
	case SAMR_RUN_STATE_WEDGED:
		find_wedged(f, out);
		break;
	case SAMR_RUN_STATE_LEAVING:
		found = add(out, VERDICT_WAITING, "for the others");
		WHY(found, "they have not gone on without this head yet");
		break;
	}
}

static void find_nothing(const struct facts *f, struct findings *out)
{
	struct finding *found;

	if (!f->loaded) {
		found = add(out, VERDICT_STOPPED, "samr.ko is not loaded");
		HELP(found, "%s", f->samrd.configured ?
		     "systemctl start samrd, or modprobe samr" :
		     "modprobe samr");
	} else {
		found = add(out, VERDICT_STOPPED,
			    "no cluster is configured");
		HELP(found, "%s", f->samrd.configured ?
		     "systemctl start samrd" :
		     "samrctl cluster add name NAME id ID node ID");
	}
}

/* A client node needs a head that takes it, and nothing else. */
static void find_access(const struct facts *f, struct findings *out)
{
	struct finding *found;

	if (f->state == SAMR_RUN_STATE_HALTED) {
		find_state(f, out);
		return;
	}
	if (f->state == SAMR_RUN_STATE_DOWN) {
		found = add(out, VERDICT_STOPPED, "this client node takes no part");
		WHY(found, "its state is down");
		HELP(found, "samrctl cluster set state up");
		return;
	}
	if (f->access)
		return;
	found = add(out, VERDICT_WAITING, "for a head");
	if (!f->links) {
		WHY(found, "this client node has no link");
		HELP(found, "samrctl link add kind eth dev DEV");
		return;
	}
	WHY(found, "none takes this client node; its clients wait meanwhile");
	HELP(found, "start a head, or repair the network; where heads are on a link without multicast: samrctl node add id ID link DEV address ADDRESS; a head that has its fill: samrctl cluster set clients N there");
}

static void healthy_line(const struct facts *f, struct findings *out)
{
	int heads = count(HEADS_WITH(f, h, h->configured && !h->witness));
	bool witness = HEADS_WITH(f, h, h->configured && h->witness);

	if (f->client)
		snprintf(out->line, sizeof(out->line),
			 "healthy: this client node goes through head %u", f->access);
	else if (heads == 1 && !witness)
		snprintf(out->line, sizeof(out->line),
			 "healthy: the only head is in view %" PRIu64, f->epoch);
	else
		snprintf(out->line, sizeof(out->line),
			 "healthy: all %d heads%s are in view %" PRIu64, heads,
			 witness ? " and the witness" : "", f->epoch);
}

/* The worst of them in one line, at most three. */
static void write_line(struct findings *out)
{
	static const char *const begin[] = {
		[VERDICT_DEGRADED]	= "degraded: ",
		[VERDICT_WAITING]	= "waiting ",
		[VERDICT_STOPPED]	= "stopped here: ",
		[VERDICT_HALTED]	= "halted: ",
	};
	size_t len, i, n = 0, size = sizeof(out->line);

	while (n < out->count && out->finding[n].verdict == out->verdict)
		n++;
	len = snprintf(out->line, size, "%s", begin[out->verdict]);
	for (i = 0; i < n && i < 3 && len < size; i++)
		len += snprintf(out->line + len, size - len, "%s%s",
				i ? "; " : "", out->finding[i].what);
	if (n > 3 && len < size)
		snprintf(out->line + len, size - len, "; and %zu more", n - 3);
}

void verdict_find(const struct facts *f, struct findings *out)
{
	memset(out, 0, sizeof(*out));
	if (!f->loaded || !f->cluster) {
		find_nothing(f, out);
	} else if (f->client) {
		find_access(f, out);
		find_links(f, out);
		find_samrd(f, out);
	} else {
		/* The state says the worst; what follows only degrades. */
		find_state(f, out);
		if (f->state == SAMR_RUN_STATE_UP)
			find_heads(f, out);
		if (f->state != SAMR_RUN_STATE_DOWN &&
		    f->state != SAMR_RUN_STATE_HALTED) {
			find_links(f, out);
			find_services(f, out);
			find_samrd(f, out);
		}
	}
	if (!out->count) {
		healthy_line(f, out);
		return;
	}
	out->verdict = out->finding[0].verdict;
	write_line(out);
}
