// SPDX-License-Identifier: GPL-2.0
/* Input as a buffer that statements are cut from. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "input.h"

#define READ_SIZE	((size_t)64 << 10)

void samr_input_file(struct samr_input *in, int fd)
{
	struct stat st;

	memset(in, 0, sizeof(*in));
	in->fd = fd;
	in->line = 1;
	in->tty = isatty(fd);
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		in->total = (unsigned long long)st.st_size;
}

bool samr_input_text(struct samr_input *in, const char *text)
{
	size_t len = strlen(text);
	bool more = in->end;

	if (!more) {
		memset(in, 0, sizeof(*in));
		in->fd = -1;
		in->line = 1;
		in->end = true;
	}
	/* A new line and a semicolon keep two texts apart. */
	if (!samr_batch_room(&in->buf, len + 2))
		return false;
	if (more)
		in->buf.p[in->buf.len++] = ';';
	memcpy(in->buf.p + in->buf.len, text, len);
	in->buf.p[in->buf.len + len] = '\n';
	in->buf.len += len + 1;
	return true;
}

void samr_input_free(struct samr_input *in)
{
	free(in->buf.p);
	in->buf.p = NULL;
	in->buf.len = in->buf.cap = in->pos = 0;
}

static void skip(struct samr_input *in, size_t n)
{
	const uint8_t *p = in->buf.p + in->pos, *end = p + n;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		in->line++;
		p++;
	}
	in->pos += n;
	in->ready = 0;
	memset(&in->split, 0, sizeof(in->split));
}

/* White space before a statement is nobody's. */
static void skip_space(struct samr_input *in)
{
	size_t n = in->pos;

	while (n < in->buf.len && isspace(in->buf.p[n]))
		n++;
	if (n > in->pos)
		skip(in, n - in->pos);
}

enum samr_input_item samr_input_next(struct samr_input *in, const char **text,
				     size_t *len, unsigned long *line)
{
	const char *p, *e;
	size_t left;

	if (!in->split.pos)
		skip_space(in);
	left = in->buf.len - in->pos;
	if (!left)
		return in->end ? SAMR_INPUT_END : SAMR_INPUT_MORE;
	p = (const char *)in->buf.p + in->pos;
	*text = p;
	*line = in->line;
	if (*p == '.' && !in->split.pos) {
		e = memchr(p, '\n', left);
		if (!e && !in->end)
			return SAMR_INPUT_MORE;
		*len = e ? (size_t)(e - p) : left;
		return SAMR_INPUT_COMMAND;
	}
	if (!in->ready)
		in->ready = samr_split_next(&in->split, p, left, in->end);
	*len = in->ready;
	return in->ready ? SAMR_INPUT_STATEMENT : SAMR_INPUT_MORE;
}

void samr_input_done(struct samr_input *in, size_t len)
{
	skip(in, len);
}

int samr_input_read(struct samr_input *in)
{
	ssize_t n;

	if (in->pos) {
		memmove(in->buf.p, in->buf.p + in->pos, in->buf.len - in->pos);
		in->buf.len -= in->pos;
		in->pos = 0;
	}
	if (!samr_batch_room(&in->buf, READ_SIZE))
		return -ENOMEM;
	/* All the room: a long statement is looked at once for each read. */
	n = read(in->fd, in->buf.p + in->buf.len, in->buf.cap - in->buf.len);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!n)
		in->end = true;
	in->buf.len += (size_t)n;
	in->read += (unsigned long long)n;
	return 0;
}

void samr_input_drop(struct samr_input *in)
{
	skip(in, in->buf.len - in->pos);
}

bool samr_input_inside(const struct samr_input *in)
{
	return in->split.some;
}
