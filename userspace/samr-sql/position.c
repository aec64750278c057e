// SPDX-License-Identifier: GPL-2.0
/* The table of places. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "position.h"

#define CREATE	"CREATE TABLE " SAMR_POSITION_TABLE \
		"(id INTEGER PRIMARY KEY, run TEXT NOT NULL, " \
		"view INTEGER NOT NULL, gseq INTEGER NOT NULL)"

/* SQLITE_ROW: the table is there; SQLITE_DONE: it is not; or an error. */
static int look(sqlite3 *db)
{
	sqlite3_stmt *st;
	bool ours = true;
	int rc;

	rc = sqlite3_prepare_v2(db, "SELECT sql = '" CREATE "' FROM "
				"main.sqlite_schema WHERE name = '"
				SAMR_POSITION_TABLE "' COLLATE NOCASE", -1,
				&st, NULL);
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		ours = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return ours ? rc : SQLITE_MISMATCH;
}

int samr_position_read(sqlite3 *db, struct samr_position *out)
{
	sqlite3_stmt *st;
	int rc = look(db);

	memset(out, 0, sizeof(*out));
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? SQLITE_OK : rc;
	rc = sqlite3_prepare_v2(db, "SELECT run, view, gseq FROM main."
				SAMR_POSITION_TABLE
				" ORDER BY id DESC LIMIT 1", -1, &st, NULL);
	if (rc != SQLITE_OK)
		return rc;
	if (sqlite3_step(st) == SQLITE_ROW) {
		snprintf(out->run, sizeof(out->run), "%s",
			 (const char *)sqlite3_column_text(st, 0));
		out->view = (uint64_t)sqlite3_column_int64(st, 1);
		out->gseq = (uint64_t)sqlite3_column_int64(st, 2);
	}
	return sqlite3_finalize(st);
}

int samr_position_begin(sqlite3 *db, const struct samr_delivery *first)
{
	char sql[400];
	int rc = look(db);

	if (rc == SQLITE_DONE)
		rc = sqlite3_exec(db, CREATE, NULL, NULL, NULL);
	else if (rc == SQLITE_ROW)
		rc = SQLITE_OK;
	if (rc != SQLITE_OK)
		return rc;
	/* A head that comes up has never had the same number before. */
	snprintf(sql, sizeof(sql),
		 "INSERT INTO main." SAMR_POSITION_TABLE
		 " SELECT coalesce(max(id), 0) + 1, '%016" PRIx64 "-%" PRIu64
		 "', %" PRIu64 ", 0 FROM main." SAMR_POSITION_TABLE "; "
		 "DELETE FROM main." SAMR_POSITION_TABLE " WHERE id <= "
		 "(SELECT max(id) FROM main." SAMR_POSITION_TABLE ") - %d",
		 (uint64_t)first->incarnation, (uint64_t)first->gseq,
		 (uint64_t)first->view, SAMR_POSITION_RUNS);
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

int samr_position_prepare(sqlite3 *db, sqlite3_stmt **out)
{
	return sqlite3_prepare_v3(db, "UPDATE main." SAMR_POSITION_TABLE
				  " SET view = ?1, gseq = ?2 WHERE id = "
				  "(SELECT max(id) FROM main."
				  SAMR_POSITION_TABLE ")", -1,
				  SQLITE_PREPARE_PERSISTENT, out, NULL);
}

int samr_position_set(sqlite3_stmt *st, const struct samr_delivery *last)
{
	sqlite3_bind_int64(st, 1, (sqlite3_int64)last->view);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)last->gseq);
	sqlite3_step(st);
	return sqlite3_reset(st);
}

int samr_position_earlier(sqlite3 *own, sqlite3 *other, bool open, bool *out)
{
	struct samr_position at;
	sqlite3_stmt *st;
	int rc;

	*out = false;
	rc = samr_position_read(own, &at);
	if (rc != SQLITE_OK || !*at.run)
		return rc;
	rc = look(other);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? SQLITE_OK : rc;
	rc = sqlite3_prepare_v2(other, "SELECT gseq, id = (SELECT max(id) FROM "
				"main." SAMR_POSITION_TABLE ") FROM main."
				SAMR_POSITION_TABLE " WHERE run = ?1", -1, &st,
				NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_text(st, 1, at.run, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW)
		*out = at.gseq <= (uint64_t)sqlite3_column_int64(st, 0) ||
		       (open && sqlite3_column_int(st, 1));
	return sqlite3_finalize(st);
}
