// SPDX-License-Identifier: GPL-2.0
/* Checks of what samr.ko says: of itself, the cluster, and the heads. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/samr_netlink.h>

#include "doctor.h"

static void check_module(const struct facts *f)
{
	char version[64] = "";
	FILE *file;

	if (!f->loaded) {
		doctor_say(DOCTOR_FAIL, "module", "modprobe samr",
			   "samr.ko is not loaded");
		return;
	}
	file = fopen("/sys/module/samr/version", "r");
	if (!file || fscanf(file, "%63s", version) != 1)
		version[0] = 0;
	if (file)
		fclose(file);
	if (!*version)
		doctor_say(DOCTOR_WARN, "module", NULL,
			   "samr.ko is loaded and does not say its version");
	else if (strcmp(version, SAMR_VERSION))
		doctor_say(DOCTOR_WARN, "module",
			   "install both from the same source, then unload samr.ko and load it again (samrctl(8), UNLOADING THE MODULE)",
			   "samr.ko is of version %s, samrctl of %s", version,
			   SAMR_VERSION);
	else
		doctor_say(DOCTOR_OK, "module", NULL,
			   "samr.ko %s is loaded, samrctl is of the same version",
			   version);
}

/* What status says, finding by finding. */
static void check_verdict(const struct facts *f)
{
	struct findings v;
	size_t i;

	if (!f->loaded)
		return;
	verdict_find(f, &v);
	if (v.verdict == VERDICT_HEALTHY)
		doctor_say(DOCTOR_OK, "cluster", NULL, "%s", v.line);
	for (i = 0; i < v.count; i++) {
		const struct finding *one = &v.finding[i];

		doctor_say(one->verdict == VERDICT_DEGRADED ? DOCTOR_WARN :
			   DOCTOR_FAIL, "cluster",
			   *one->todo ? one->todo : NULL, "%s%s%s%s",
			   one->verdict == VERDICT_WAITING ? "waits " : "",
			   one->what, *one->why ? ": " : "", one->why);
	}
}

static void check_duplicates(const struct doctor_case *c)
{
	bool found = doctor_wire_check(&c->wire, &c->facts);

	if (c->drops_self) {
		doctor_say(DOCTOR_FAIL, "duplicates",
			   "look for a second machine with this id (on each: samrctl cluster show), or for a switch that sends frames back to where they came from",
			   "%" PRIu64 " frames of head %u, which is this one, came in %.1f s",
			   c->drops_self, c->facts.node, c->seconds);
	} else if (!found && !c->wire.err) {
		doctor_say(DOCTOR_OK, "duplicates", NULL,
			   "no two machines with the same id were heard in %.1f s",
			   c->seconds);
	}
	if (c->wire.err)
		doctor_say(DOCTOR_SKIP, "duplicates", "run it as root",
			   "whether two other machines have the same id cannot be heard: %s",
			   strerror(c->wire.err));
}

/* Do those who are heard want the same heads in the view? */
static bool check_wanted(const struct facts *f)
{
	char here[256], there[256];
	uint64_t wanted = 0;
	bool found = false;
	int id;

	for (id = 1; id < FACT_IDS; id++)
		if (f->head[id].configured)
			wanted |= 1ULL << id;
	for (id = 1; id < FACT_IDS; id++) {
		const struct fact_head *h = &f->head[id];

		if (h->self || !h->links || !h->wanted_known ||
		    h->wanted == wanted)
			continue;
		doctor_say(DOCTOR_FAIL, "agreement",
			   "samrctl node show, on each head: all have to name the same ones; samrctl node add id ID, samrctl node del id ID",
			   "head %d is configured with %s, this head with %s",
			   id, verdict_heads(h->wanted, there, sizeof(there)),
			   verdict_heads(wanted, here, sizeof(here)));
		found = true;
	}
	return found;
}

/* What the samrd of each head says of its own samr.conf. */
static bool check_configs(const struct facts *f)
{
	uint32_t here = f->head[f->node].config;
	uint64_t same = 0, silent = 0;
	bool found = false;
	char text[256];
	int id;

	for (id = 1; id < FACT_IDS; id++) {
		const struct fact_head *h = &f->head[id];

		if (h->self || !h->links)
			continue;
		if (!here || !h->config) {
			silent |= 1ULL << id;
		} else if (here == h->config) {
			same |= 1ULL << id;
		} else {
			doctor_say(DOCTOR_FAIL, "agreement",
				   "compare what samrctl config show says there and here, then on the head that is wrong: systemctl reload samrd",
				   "the samr.conf that head %d goes by differs from the one here, not only in what each machine has for itself",
				   id);
			found = true;
		}
	}
	if (same)
		doctor_say(DOCTOR_OK, "agreement", NULL,
			   "the configuration here is that of %s",
			   verdict_heads(same, text, sizeof(text)));
	if (silent)
		doctor_say(DOCTOR_SKIP, "agreement", NULL,
			   "without a samrd there and here, resilience, beat, dead, history and services of %s cannot be compared: see samrctl cluster show and samrctl group show",
			   verdict_heads(silent, text, sizeof(text)));
	return found;
}

/* Frames that say that heads are not configured alike. */
static void check_agreement(const struct doctor_case *c)
{
	const struct facts *f = &c->facts;
	bool found = check_wanted(f);
	int id;

	found |= check_configs(f);
	if (c->drops_source) {
		doctor_say(DOCTOR_FAIL, "agreement",
			   "samrctl node show, on each head: all have to name the same ones; missing ones: samrctl node add id ID",
			   "%" PRIu64 " frames of this cluster came in %.1f s from a head that is not configured here",
			   c->drops_source, c->seconds);
		found = true;
	}
	if (f->epoch && f->policy_asked != SAMR_VIEW_POLICY_AUTO &&
	    f->policy_asked != f->policy) {
		doctor_say(DOCTOR_WARN, "agreement",
			   "the same policy on every head; the view keeps that of the head that formed it",
			   "the view has another policy than this head is configured for");
		found = true;
	}
	for (id = 1; id < FACT_IDS; id++) {
		if (!f->head[id].in_view || f->head[id].configured)
			continue;
		doctor_say(DOCTOR_FAIL, "agreement", "samrctl node add id ID",
			   "head %d is in the view and not configured here", id);
		found = true;
	}
	if (!found)
		doctor_say(DOCTOR_OK, "agreement", NULL,
			   "nothing that the heads tell each other contradicts the configuration here");
}

/* Services that others have and this head has not. */
static void check_services(const struct facts *f)
{
	size_t i;

	for (i = 0; i < f->groups; i++) {
		const struct fact_group *g = &f->group[i];

		if (!g->declared || !g->members || g->joined)
			continue;
		doctor_say(DOCTOR_WARN, "services",
			   "start its replica here, if it is to have one, and see what it says: one that comes later has to be given the state (samr-run --save, --load; status 66: it cannot)",
			   "group %u%s%s has %u members on other heads, and none here",
			   g->id, *g->name ? " " : "", g->name, g->members);
	}
}

static void check_wire(const struct doctor_case *c)
{
	if (c->drops_crc)
		doctor_say(DOCTOR_WARN, "wire",
			   "look at cables, network cards and their checksum offloads: ethtool -S DEV",
			   "%" PRIu64 " frames came damaged in %.1f s",
			   c->drops_crc, c->seconds);
}

/* In this version there are no keys; that has to be said loudly. */
static void check_key(void)
{
	doctor_say(DOCTOR_WARN, "key",
		   "let nobody but the heads send on these networks: a VLAN or cables of their own",
		   "NO KEY: frames are not authenticated. Whoever can send on a link of this cluster can put any message into the order, and put heads out");
}

void doctor_cluster(const struct doctor_case *c)
{
	check_module(&c->facts);
	check_verdict(&c->facts);
	if (!c->facts.cluster)
		return;
	check_duplicates(c);
	check_agreement(c);
	check_services(&c->facts);
	check_wire(c);
	check_key();
}
