/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Giving the database to heads that come later, while it goes on changing.
 *
 * Nothing is copied at this head. A second connection holds a read transaction
 * that begins at the snapshot's place. While it does, SQLite neither writes into
 * the database's file what came later nor begins its log anew, so that the file
 * as it is, and the first part of the log, are the snapshot, and are read from
 * the disk when the next bytes are wanted. The log grows meanwhile with what is
 * written.
 */
#ifndef SAMR_SQL_GIVE_H
#define SAMR_SQL_GIVE_H

#include <sys/types.h>
#include "apply.h"

struct samr_give;

/**
 * samr_give_begin - the state is to be given as it is now
 * @out: filled in when it begins
 * @a: the database; no unit is being executed
 * @gseq: place of the snapshot
 * @blob: given before the database; copied
 * @len: its length, at most SAMR_STREAM_BLOB_MAX
 *
 * Return: 0 or a negative errno value.
 */
int samr_give_begin(struct samr_give **out, struct samr_apply *a,
		    uint64_t gseq, const void *blob, size_t len);

/**
 * samr_give_next - the next bytes
 * @g: from samr_give_begin()
 * @buf: filled in
 * @len: room in it
 *
 * Return: how many; 0: that was all; or a negative errno value.
 */
ssize_t samr_give_next(struct samr_give *g, void *buf, size_t len);

/** samr_give_size - bytes of the database that are given */
uint64_t samr_give_size(const struct samr_give *g);

/** samr_give_end - the database may go on alone; NULL is allowed */
void samr_give_end(struct samr_give *g);

#endif
