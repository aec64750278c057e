// SPDX-License-Identifier: GPL-2.0
/* The screen of "samrctl status". */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <linux/samr_netlink.h>

#include "print.h"
#include "samrctl.h"
#include "status.h"

#define FRAME_MIN	512	/* that all get; more is found in the first second */
#define TITLE_WIDTH	10
#define NAME_WIDTH	10
#define WORD_WIDTH	13

static enum colour colour_of(enum verdict v)
{
	return v == VERDICT_HEALTHY ? GOOD : v == VERDICT_DEGRADED ? WARN : BAD;
}

/* The beginning of a line: its section's title on the first one only. */
static void title(const char **name)
{
	print_coloured(STRONG, "%-*s", TITLE_WIDTH, *name ? *name : "");
	*name = NULL;
}

/**
 * struct list - things put behind each other on a line
 * @text: so far
 * @len: of it
 */
struct list {
	char text[512];
	size_t len;
};

static void put(struct list *l, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void put(struct list *l, const char *format, ...)
{
	size_t room = sizeof(l->text) - l->len;
	va_list args;
	int n;

	if (l->len && room > 2) {
		n = snprintf(l->text + l->len, room, ", ");
		l->len += n;
		room -= n;
	}
	va_start(args, format);
	n = vsnprintf(l->text + l->len, room, format, args);
	va_end(args);
	l->len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

/* ---- verdict ---- */

/* The line has said what a single finding is: only more of it follows there. */
static void show_finding(const struct finding *one, bool alone)
{
	if (alone) {
		if (*one->why)
			printf("  %s\n", one->why);
	} else {
		printf("  ");
		print_coloured(colour_of(one->verdict), "%s%s",
			       one->verdict == VERDICT_WAITING ? "waits " : "",
			       one->what);
		printf("%s%s\n", *one->why ? ": " : "", one->why);
	}
	if (*one->todo)
		printf("  %sto do: %s\n", alone ? "" : "  ", one->todo);
}

static void show_verdict(const struct findings *v)
{
	size_t word = 0, i;

	while (v->line[word] && v->line[word] != ':' && v->line[word] != ' ')
		word++;
	print_coloured(colour_of(v->verdict), "%.*s", (int)word, v->line);
	printf("%s\n", v->line + word);
	for (i = 0; i < v->count; i++)
		show_finding(&v->finding[i], v->count == 1);
}

/* ---- cluster ---- */

static void show_client(const struct facts *f)
{
	printf(" (id %u): this is a client node", f->id);
	if (f->access)
		printf(", through head %u", f->access);
	if (f->losses)
		printf(", %" PRIu64 " head%s lost so far", f->losses,
		       f->losses == 1 ? "" : "s");
	putchar('\n');
}

static void show_cluster(const struct facts *f)
{
	static const char *const policies[] = { "auto", "majority", "fence" };
	const char *name = "cluster";
	uint32_t policy = f->epoch ? f->policy : f->policy_asked;
	char span[48];

	title(&name);
	print_coloured(STRONG, "%s", f->name);
	if (f->client) {
		show_client(f);
		return;
	}
	printf(" (id %u): this is head %u, %s", f->id, f->node,
	       cluster_state(f->state));
	if (f->epoch)
		printf(", view %" PRIu64, f->epoch);
	printf(", policy %s", policy < 3 ? policies[policy] : "?");
	if (f->wedged)
		printf(", nothing ordered for %s",
		       verdict_span(f->wedged_ms, span, sizeof(span)));
	putchar('\n');
}

/* ---- heads ---- */

static const char *head_word(const struct facts *f, const struct fact_head *h,
			     enum colour *c)
{
	*c = BAD;
	if (!f->epoch && h->missing && !h->self)
		return h->links ? "not asked" : "not heard";
	if (!f->epoch) {
		*c = WARN;
		return "no view";
	}
	if (!h->in_view)
		return "out";
	if (h->suspect)
		return "not heard";
	*c = h->learner ? WARN : GOOD;
	return h->learner ? "coming in" : "in the view";
}

static void show_head(const struct facts *f, int id, const char **name)
{
	const struct fact_head *h = &f->head[id];
	struct list l = { };
	enum colour c;
	const char *word = head_word(f, h, &c);
	char span[48], label[48];

	title(name);
	snprintf(label, sizeof(label), "%d %s", id, f->samrd.name[id]);
	printf("%-*s ", NAME_WIDTH - 1, label);
	print_coloured(c, "%-*s", WORD_WIDTH, word);
	if (h->self)
		put(&l, "this head");
	if (h->witness)
		put(&l, "witness");
	if (f->epoch && f->sequencer == (uint32_t)id)
		put(&l, "sequencer");
	if (!h->self && h->links)
		put(&l, "heard on %u of %zu link%s", h->links, f->links,
		    f->links == 1 ? "" : "s");
	else if (!h->self && h->silent_known)
		put(&l, "silent for %s",
		    verdict_span(h->silent_ms, span, sizeof(span)));
	else if (!h->self)
		put(&l, h->known ? "silent" : "never heard");
	if (!h->configured)
		put(&l, "not configured here");
	printf("%s\n", l.text);
}

static void show_heads(const struct facts *f)
{
	const char *name = "heads";
	int id;

	for (id = 1; id < FACT_IDS; id++)
		if (f->head[id].configured || f->head[id].in_view)
			show_head(f, id, &name);
}

/* ---- links ---- */

/* "heard: 2 and 3; not heard: 4" */
static void show_paths(const struct fact_link *l)
{
	uint64_t heard = 0, silent = 0;
	char text[256];
	int id;

	for (id = 1; id < FACT_IDS; id++) {
		if (!l->path[id].there)
			continue;
		if (l->path[id].heard)
			heard |= 1ULL << id;
		else
			silent |= 1ULL << id;
	}
	if (heard)
		printf("; hears %s", verdict_heads(heard, text, sizeof(text)));
	if (silent)
		print_coloured(BAD, "; does not hear %s",
			       verdict_heads(silent, text, sizeof(text)));
	putchar('\n');
}

static void show_link(const struct facts *f, const struct fact_link *l,
		      const char **name)
{
	static const char *const states[] = {
		"no device", "down", "probing", "up",
	};
	static const enum colour colours[] = { BAD, BAD, WARN, GOOD };
	uint32_t state = l->state < 4 ? l->state : 0;
	struct list list = { };

	title(name);
	printf("%-*s", NAME_WIDTH, *l->dev ? l->dev : l->kind);
	print_coloured(colours[state], "%-*s", WORD_WIDTH, states[state]);
	put(&list, "%s", l->kind);
	if (l->carries)
		put(&list, "in use");
	if (l->state == SAMR_CARRIER_UP && *l->dev) {
		put(&list, l->multicast ? "multicast" : "a copy to each");
		put(&list, "frames up to %u bytes%s", l->frame_max,
		    l->frame_max == FRAME_MIN && l->device_max > FRAME_MIN ?
		    " so far" : "");
	}
	printf("%s", list.text);
	/* A client node asks for one head, and listens for no others. */
	if (*l->dev && !f->client)
		show_paths(l);
	else
		putchar('\n');
}

static void show_links(const struct facts *f)
{
	const struct fact_link *l;
	const char *name = "links";

	for (l = f->link; l < f->link + f->links; l++)
		show_link(f, l, &name);
	if (!f->links) {
		title(&name);
		puts("none");
	}
}

/* ---- services ---- */

static void show_role(const struct samrd *d, uint32_t id)
{
	const struct samrd_role *r;

	for (r = d->role; r < d->role + d->roles; r++) {
		if (r->id != id)
			continue;
		printf("%*s", TITLE_WIDTH + NAME_WIDTH, "");
		print_coloured(r->good ? GOOD : BAD, "%s", r->text);
		putchar('\n');
	}
}

static void show_sessions(const struct fact_group *g)
{
	if (!g->sessions)
		return;
	printf(", %u session%s", g->sessions, g->sessions == 1 ? "" : "s");
	if (g->detached)
		printf(" (%u without client)", g->detached);
	if (g->requests)
		printf(", %u request%s open", g->requests,
		       g->requests == 1 ? "" : "s");
}

static void show_services(const struct facts *f)
{
	const struct fact_group *g;
	const char *name = "services";
	char label[48];

	for (g = f->group; g < f->group + f->groups; g++) {
		title(&name);
		snprintf(label, sizeof(label), "%u %s", g->id, g->name);
		printf("%-*s ", NAME_WIDTH + WORD_WIDTH - 1, label);
		if (f->client)
			printf("%u socket%s here", g->sockets,
			       g->sockets == 1 ? "" : "s");
		else
			printf("%u member%s, %u here", g->members,
			       g->members == 1 ? "" : "s", g->joined);
		if (g->unread)
			printf(", %u messages unread here (%" PRIu64 " bytes)",
			       g->unread, g->unread_bytes);
		show_sessions(g);
		if (!g->declared)
			printf(", not declared here");
		putchar('\n');
		show_role(&f->samrd, g->id);
	}
	if (!f->groups) {
		title(&name);
		puts("none");
	}
}

/* ---- client nodes ---- */

static void show_outposts(const struct facts *f)
{
	const char *name = "clients";

	if (!f->outposts)
		return;
	title(&name);
	printf("%zu client node%s go%s through this head", f->outposts,
	       f->outposts == 1 ? "" : "s", f->outposts == 1 ? "es" : "");
	if (f->outposts_waiting)
		printf(", %" PRIu64 " messages wait for room in the order",
		       f->outposts_waiting);
	putchar('\n');
}

/* ---- fences ---- */

static void show_fences(const struct facts *f)
{
	const char *name = "fences";
	bool any = false;
	char span[48];
	int id;

	for (id = 1; id < FACT_IDS; id++) {
		const struct fact_head *h = &f->head[id];
		bool blocked = h->fence == SAMR_FENCE_REASON_BLOCKED;

		if (!h->fence)
			continue;
		any = true;
		title(&name);
		printf("%-*d", NAME_WIDTH, id);
		print_coloured(blocked ? BAD : WARN, "%-*s", WORD_WIDTH,
			       blocked ? "blocked" : "excluded");
		printf("%s; asked for since %s\n", blocked ?
		       "nothing is ordered until it is known to be off" :
		       "the others go on without it",
		       verdict_span(h->fence_ms, span, sizeof(span)));
		if (f->samrd.running && *f->samrd.fence[id].text)
			printf("%*ssamrd: %s\n", TITLE_WIDTH + NAME_WIDTH, "",
			       f->samrd.fence[id].text);
	}
	if (!any) {
		title(&name);
		puts("none asked for");
	}
}

/* ---- samrd and the module ---- */

static void show_samrd(const struct samrd *d)
{
	const char *name = "samrd";
	char span[48];

	if (!d->running && !d->configured)
		return;
	title(&name);
	if (!d->running) {
		print_coloured(BAD, "does not run\n");
	} else if (d->foreign) {
		puts("runs, for another head of this machine");
	} else if (*d->error) {
		printf("runs; %s\n", d->error);
	} else {
		printf("runs, %zu fence device%s", d->devices,
		       d->devices == 1 ? "" : "s");
		if (d->armed)
			printf(", watchdog %s armed, %s", d->watchdog_device,
			       verdict_span(d->watchdog_ms, span, sizeof(span)));
		else
			printf(", no watchdog");
		putchar('\n');
	}
}

static void show_module(const struct facts *f)
{
	const char *name = "module";

	if (!f->users)
		return;
	title(&name);
	printf("%" PRIu64 " users, two for each socket: samr.ko stays loaded; samrctl socket show names them\n",
	       f->users);
}

void status_text(const struct facts *f, const struct findings *v)
{
	show_verdict(v);
	if (f->cluster) {
		putchar('\n');
		show_cluster(f);
		if (!f->client)
			show_heads(f);
		show_links(f);
		show_services(f);
		if (!f->client) {
			show_outposts(f);
			show_fences(f);
		}
	}
	show_samrd(&f->samrd);
	show_module(f);
}
