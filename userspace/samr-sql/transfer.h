/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The session's part in the transfer of the state: what libsamr calls to give the
 * database to heads that come later, and to take it from those that have it.
 */
#ifndef SAMR_SQL_TRANSFER_H
#define SAMR_SQL_TRANSFER_H

#include <stdbool.h>
#include <samr/samr.h>
#include "apply.h"
#include "give.h"
#include "peers.h"
#include "take.h"

/**
 * struct samr_transfer - what is given and taken
 * @apply: the database; the owner's
 * @peers: the owner's
 * @note: takes a sentence for the user
 * @arg: for @note
 * @taken: the database has been replaced, and @peers been told; @todo says what
 *	follows. The owner clears it
 * @todo: SAMR_PEERS_*
 * @result: why it cannot go on, with @error
 */
struct samr_transfer {
	struct samr_apply *apply;
	struct samr_peers *peers;
	void (*note)(void *arg, const char *text);
	void *arg;
	bool taken;
	unsigned int todo;
	enum samr_take_result result;
	char error[600];

	/* Private. */
	struct samr_give *give;
	struct samr_take *take;
	bool checked;
	int64_t begun_ms;
};

/** samr_transfer_ops - for samr_state(), with the struct as ctx */
extern const struct samr_state_ops samr_transfer_ops;

/** samr_transfer_taking - the database is on its way to this head */
bool samr_transfer_taking(const struct samr_transfer *t);

/** samr_transfer_stop - give up what is under way */
void samr_transfer_stop(struct samr_transfer *t);

#endif
