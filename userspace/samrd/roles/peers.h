/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether the power of another head is known to be off, for those to whom its
 * incarnation is not enough: DRBD, whose devices outlive a restart of samr.ko.
 *
 * A head is dead here when one of its devices was read back as off, or an admin
 * has confirmed it, for this daemon, and it has not been heard since. What the
 * kernel knows of its incarnation, or another head has found out, is not taken
 * for that.
 *
 * Where somebody wants to know (a service in standby.h that waits, or
 * samr-fence-peer(8) for DRBD) and the policy has no reason of its own to fence
 * that head, its power is looked at, or cut:
 *
 *	- never that of a head that is heard, or in the view;
 *	- only by a full member of a view in force, with carrier, when the head has
 *	  been silent for the fence delay;
 *	- one of which the kernel knows already that the incarnation heard last is
 *	  dead is only looked at: it may be on its way back.
 *
 * The control socket's verb, for root and the admin group:
 *
 *	{"verb":"fence-peer","resource":"r0","peer":"beta","limit_ms":300000}
 *
 * is answered with {"fate":"off"} once the head is dead, {"fate":"outdated"} once
 * DRBD itself knows the other head's data of that resource to be outdated, and
 * with an error at the latest when the time is over.
 */
#ifndef SAMRD_PEERS_H
#define SAMRD_PEERS_H

#include <stdbool.h>
#include <stdint.h>

struct samrd;
struct peers;

#define PEERS_ASKS_MAX		16	/* at a time */
#define PEERS_LIMIT_MAX_MS	3600000
#define PEERS_RETRY_MS		5000	/* between two jobs at a head; doubled */
#define PEERS_RETRY_MAX_MS	60000

/**
 * enum peers_job - what is to be done at a head's power
 */
enum peers_job {
	PEERS_NOTHING,
	PEERS_LOOK,
	PEERS_CUT,
};

/**
 * struct peers_facts - of one head, and of this one
 * @wanted: somebody wants to know
 * @dead: it is
 * @heard: on any link
 * @in_view: it is a member
 * @serving: this head is a full member of a view in force
 * @carrier: this head has one
 * @asked: the kernel asks for its fence: that is the policy's
 * @done: the incarnation heard last is known to be dead
 * @silent_ms: it has not been heard for so long, as this daemon knows
 * @delay_ms: the fence delay
 */
struct peers_facts {
	bool wanted;
	bool dead;
	bool heard;
	bool in_view;
	bool serving;
	bool carrier;
	bool asked;
	bool done;
	uint64_t silent_ms;
	uint64_t delay_ms;
};

/** peers_next - that; pure, in role.c */
enum peers_job peers_next(const struct peers_facts *f);

/** peers_new - 0 or -errno; @d has to have its parts already */
int peers_new(struct peers **p, struct samrd *d);

/** peers_free - NULL is fine; waiting clients are not answered any more */
void peers_free(struct peers *p);

/** peers_serve - adds the verb */
int peers_serve(struct peers *p);

/** peers_kernel - d->now has changed */
void peers_kernel(struct peers *p);

/** peers_drbd - what DRBD says has changed */
void peers_drbd(struct peers *p);

/** peers_confirmed - the power of this head is off for sure */
void peers_confirmed(struct peers *p, uint32_t id);

/** peers_dead - is it known to be off, and not heard since? */
bool peers_dead(const struct peers *p, uint32_t id);

/** peers_want - a service waits for that, or not any more */
void peers_want(struct peers *p, uint32_t id, bool wanted);

#endif /* SAMRD_PEERS_H */
