/* SPDX-License-Identifier: GPL-2.0 */
/* Rows for the user: as lists, or as JSON. */
#ifndef SAMR_SQL_PRINT_H
#define SAMR_SQL_PRINT_H

#include <stdbool.h>
#include <stdio.h>
#include <sqlite3.h>

/**
 * struct samr_print - how rows are shown
 * @json: one object per row and line
 * @headers: lists begin with the columns' names
 * @separator: between the columns of a list
 */
struct samr_print {
	bool json;
	bool headers;
	const char *separator;
};

/** samr_print_head - before the first row of a statement */
void samr_print_head(const struct samr_print *p, sqlite3_stmt *st, FILE *out);

/** samr_print_row - the row that a statement stands at */
void samr_print_row(const struct samr_print *p, sqlite3_stmt *st, FILE *out);

#endif
