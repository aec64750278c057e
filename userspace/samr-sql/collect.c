// SPDX-License-Identifier: GPL-2.0
/* Transactions: collected here, sent at COMMIT. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "collect.h"
#include "split.h"

static void complain(struct samr_collect *c, unsigned long line,
		     const char *text)
{
	c->ops->complain(c->arg, line, text);
}

static void end_transaction(struct samr_collect *c)
{
	c->open = c->spoiled = false;
	c->text.len = 0;
}

static void take_begin(struct samr_collect *c, unsigned long line)
{
	if (c->open) {
		complain(c, line, "cannot start a transaction within a transaction");
		return;
	}
	c->open = true;
	c->line = line;
}

/* Return: false: it has to wait. */
static bool take_commit(struct samr_collect *c, unsigned long line)
{
	if (c->open && c->ops->full(c->arg))
		return false;
	if (!c->open)
		complain(c, line, "cannot commit - no transaction is active");
	else if (c->spoiled)
		complain(c, line, "nothing of this transaction was sent, since a statement of it was refused");
	else if (c->text.len)
		c->ops->submit(c->arg, (char *)c->text.p, c->text.len, c->line);
	end_transaction(c);
	return true;
}

static void take_rollback(struct samr_collect *c, unsigned long line)
{
	if (!c->open)
		complain(c, line, "cannot rollback - no transaction is active");
	end_transaction(c);
}

static void add(struct samr_collect *c, const char *sql, size_t len,
		unsigned long line)
{
	struct samr_batch_buf *t = &c->text;

	if (!samr_batch_room(t, len + 1)) {
		complain(c, line, "no memory");
		c->spoiled = true;
		return;
	}
	memcpy(t->p + t->len, sql, len);
	t->p[t->len + len] = '\n';
	t->len += len + 1;
}

void samr_collect_refuse(struct samr_collect *c, unsigned long line,
			 const char *what)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "%s cannot run inside a transaction: all between BEGIN and COMMIT is sent to the heads as one message and runs later, without answers in between",
		 what);
	complain(c, line, text);
	if (!c->forgiving)
		c->spoiled = true;
}

static bool take_query(struct samr_collect *c, const char *sql, size_t len,
		       unsigned long line)
{
	if (!c->open)
		return c->ops->query(c->arg, sql, len, line);
	samr_collect_refuse(c, line, "a query");
	return true;
}

static bool take_write(struct samr_collect *c, const char *sql, size_t len,
		       unsigned long line)
{
	if (c->open) {
		add(c, sql, len, line);
		return true;
	}
	if (c->ops->full(c->arg))
		return false;
	c->ops->submit(c->arg, sql, len, line);
	return true;
}

static void classify(const struct samr_collect *c, const char *sql, size_t len,
		     struct samr_split_class *out)
{
	struct samr_split_class on;

	samr_split_classify(sql, len, c->keys == SAMR_COLLECT_KEYS_ON, out);
	if (c->keys != SAMR_COLLECT_KEYS_UNKNOWN)
		return;
	/* What the answer depends on is known where it is executed. */
	samr_split_classify(sql, len, true, &on);
	if (on.kind != out->kind)
		out->kind = SAMR_SPLIT_WRITE;
}

bool samr_collect_take(struct samr_collect *c, const char *sql, size_t len,
		       unsigned long line)
{
	struct samr_split_class class;

	classify(c, sql, len, &class);
	switch (class.kind) {
	case SAMR_SPLIT_EMPTY:
	case SAMR_SPLIT_NOTHING:
		return true;
	case SAMR_SPLIT_WRITE:
		return take_write(c, sql, len, line);
	case SAMR_SPLIT_QUERY:
		return take_query(c, sql, len, line);
	case SAMR_SPLIT_BEGIN:
		take_begin(c, line);
		return true;
	case SAMR_SPLIT_COMMIT:
		return take_commit(c, line);
	case SAMR_SPLIT_ROLLBACK:
		take_rollback(c, line);
		return true;
	case SAMR_SPLIT_SAVEPOINT:
		if (c->open)
			return take_write(c, sql, len, line);
		complain(c, line, "savepoints can be used between BEGIN and COMMIT only");
		return true;
	case SAMR_SPLIT_REFUSED:
		complain(c, line, class.why);
		if (c->open && !c->forgiving)
			c->spoiled = true;
		return true;
	}
	return true;
}

void samr_collect_end(struct samr_collect *c)
{
	if (c->open)
		complain(c, c->line, "the input ended inside of this transaction: nothing of it was sent");
	end_transaction(c);
}

void samr_collect_free(struct samr_collect *c)
{
	free(c->text.p);
}
