// SPDX-License-Identifier: GPL-2.0
/* Rows as text. */
#include <string.h>
#include "print.h"

static void json_string(const unsigned char *s, size_t len, FILE *out)
{
	size_t i;

	putc('"', out);
	for (i = 0; i < len; i++) {
		if (s[i] == '"' || s[i] == '\\')
			fprintf(out, "\\%c", s[i]);
		else if (s[i] == '\n')
			fputs("\\n", out);
		else if (s[i] < 0x20 || s[i] == 0x7f)
			fprintf(out, "\\u%04x", s[i]);
		else
			putc(s[i], out);
	}
	putc('"', out);
}

static void hex(const unsigned char *p, int len, FILE *out)
{
	int i;

	for (i = 0; i < len; i++)
		fprintf(out, "%02x", p[i]);
}

static void json_value(sqlite3_stmt *st, int i, FILE *out)
{
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_NULL:
		fputs("null", out);
		break;
	case SQLITE_BLOB:
		putc('"', out);
		hex(sqlite3_column_blob(st, i), sqlite3_column_bytes(st, i),
		    out);
		putc('"', out);
		break;
	case SQLITE_TEXT: {
		const unsigned char *t = sqlite3_column_text(st, i);

		json_string(t, (size_t)sqlite3_column_bytes(st, i), out);
		break;
	}
	case SQLITE_FLOAT: {
		double x = sqlite3_column_double(st, i);

		if (x - x != 0) {	/* JSON knows no infinity */
			fputs(x > 0 ? "1e999" : "-1e999", out);
			break;
		}
	}
	/* fall through */
	default:
		fputs((const char *)sqlite3_column_text(st, i), out);
	}
}

void samr_print_head(const struct samr_print *p, sqlite3_stmt *st, FILE *out)
{
	int i, n = sqlite3_column_count(st);

	if (p->json || !p->headers)
		return;
	for (i = 0; i < n; i++)
		fprintf(out, "%s%s", i ? p->separator : "",
			sqlite3_column_name(st, i));
	putc('\n', out);
}

void samr_print_row(const struct samr_print *p, sqlite3_stmt *st, FILE *out)
{
	int i, n = sqlite3_column_count(st);

	for (i = 0; i < n; i++) {
		if (p->json) {
			const char *name = sqlite3_column_name(st, i);

			fputs(i ? "," : "{", out);
			json_string((const unsigned char *)name, strlen(name),
				    out);
			putc(':', out);
			json_value(st, i, out);
			continue;
		}
		if (i)
			fputs(p->separator, out);
		/* As sqlite3 does: the bytes as they are, NULL as nothing. */
		if (sqlite3_column_type(st, i) != SQLITE_NULL) {
			const void *t = sqlite3_column_text(st, i);

			fwrite(t ? t : "", 1, (size_t)sqlite3_column_bytes(st, i),
			       out);
		}
	}
	fputs(p->json ? "}\n" : "\n", out);
}
