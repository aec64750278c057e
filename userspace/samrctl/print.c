// SPDX-License-Identifier: GPL-2.0
/* Text and JSON, see print.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/config_ip.h"
#include "print.h"

#define DEPTH_MAX	8
#define INDENT		4
#define SECTION_WIDTH	10
#define COUNTER_WIDTH	22

/**
 * struct level - an object or a list that is open
 * @list: a list
 * @empty: JSON: nothing is in it
 * @lined: text: an object of which something stands on a line
 * @inner: text: belongs to such an object, and stands further in
 */
struct level {
	bool list;
	bool empty;
	bool lined;
	bool inner;
};

static struct {
	bool json;
	bool pretty;
	bool colour;
	int depth;
	struct level level[DEPTH_MAX];
	int indent;		/* text: inner levels that are open */
	bool line;		/* text: something stands on the current line */
	const char *section;
	bool titled;		/* @section has been written */
} out;

void print_start(bool json, bool pretty, bool colour)
{
	out.json = json;
	out.pretty = pretty;
	out.colour = colour && !json;
}

bool print_json(void)
{
	return out.json;
}

/* ---- text ---- */

static const char *colour_code(enum colour c)
{
	static const char *const code[] = {
		[PLAIN]  = "",
		[GOOD]   = "\033[32m",
		[BAD]    = "\033[31m",
		[WARN]   = "\033[33m",
		[STRONG] = "\033[1m",
	};

	return out.colour ? code[c] : "";
}

static void put_coloured(const char *s, enum colour c)
{
	const char *code = colour_code(c);

	printf("%s%s%s", code, s, *code ? "\033[0m" : "");
}

void print_coloured(enum colour c, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_coloured(text, c);
}

static void end_line(void)
{
	if (out.line)
		putchar('\n');
	out.line = false;
}

/* Before something is put on the current line: what stands in front of it. */
static void lead(int indent)
{
	if (out.depth)
		out.level[out.depth - 1].lined = true;
	if (out.line) {
		putchar(' ');
		return;
	}
	indent = INDENT * (out.indent + indent);
	if (out.section && !out.titled) {
		put_coloured(out.section, STRONG);
		indent += SECTION_WIDTH - (int)strlen(out.section);
		out.titled = true;
	} else if (out.section) {
		indent += SECTION_WIDTH;
	}
	printf("%*s", indent, "");
	out.line = true;
}

static void put_text(const char *key, const char *value, enum colour c)
{
	lead(0);
	printf("%s ", key);
	put_coloured(value, c);
}

/* ---- JSON ---- */

static void put_json_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			printf("\\u%04x", *s);
		else
			putchar(*s);
	}
	putchar('"');
}

static void json_newline(void)
{
	if (out.pretty)
		printf("\n%*s", INDENT * out.depth, "");
}

/* Comma, and @key with @suffix where the level wants one. */
static void json_next(const char *key, const char *suffix)
{
	struct level *l = out.depth ? &out.level[out.depth - 1] : NULL;

	if (!l)
		return;
	if (!l->empty)
		putchar(',');
	l->empty = false;
	json_newline();
	if (l->list)
		return;
	putchar('"');
	for (; *key; key++)
		putchar(*key == '-' ? '_' : *key);
	printf("%s\":%s", suffix, out.pretty ? " " : "");
}

/* ---- structure ---- */

static struct level *open_level(bool list)
{
	struct level *l = &out.level[out.depth++];

	*l = (struct level){ .list = list, .empty = true };
	return l;
}

void print_object(const char *key, const char *heading)
{
	bool inner;

	if (out.json) {
		json_next(key, "");
		putchar('{');
		open_level(false);
		return;
	}
	end_line();
	inner = heading && out.depth && out.level[out.depth - 1].lined;
	open_level(false)->inner = inner;
	out.indent += inner;
	if (heading) {
		lead(0);
		put_coloured(heading, STRONG);
	}
}

void print_list(const char *key)
{
	bool inner = out.depth && out.level[out.depth - 1].lined;

	if (out.json) {
		json_next(key, "");
		putchar('[');
	}
	open_level(true)->inner = inner;
	out.indent += inner;
}

void print_end(void)
{
	struct level l = out.level[--out.depth];

	if (out.json && !l.empty)
		json_newline();
	if (out.json)
		putchar(l.list ? ']' : '}');
	else
		end_line();
	out.indent -= l.inner;
	if (out.depth)
		return;
	if (out.json)
		putchar('\n');
	fflush(stdout);
}

void print_section(const char *title)
{
	if (out.section && !out.titled)
		print_note(PLAIN, "none");
	out.section = title;
	out.titled = false;
}

void print_note(enum colour c, const char *format, ...)
{
	char text[512];
	va_list args;

	if (out.json)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	end_line();
	lead(0);
	put_coloured(text, c);
	end_line();
}

/* ---- values ---- */

void print_word(const char *key, const char *value, enum colour c)
{
	if (out.json) {
		json_next(key, "");
		put_json_string(value);
	} else {
		put_text(key, value, c);
	}
}

void print_str(const char *key, const char *value)
{
	print_word(key, value, PLAIN);
}

static void put_num(const char *key, const char *suffix, uint64_t value,
		    const char *text)
{
	if (out.json) {
		json_next(key, suffix);
		printf("%" PRIu64, value);
	} else {
		put_text(key, text, PLAIN);
	}
}

void print_num(const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	put_num(key, "", value, text);
}

void print_mark(const char *key, bool value, enum colour c)
{
	if (out.json) {
		json_next(key, "");
		printf(value ? "true" : "false");
	} else if (value) {
		lead(0);
		put_coloured(key, c);
	}
}

void print_flag(const char *key, bool value)
{
	print_mark(key, value, PLAIN);
}

void print_yes(const char *key, bool value)
{
	if (out.json)
		print_flag(key, value);
	else
		put_text(key, value ? "yes" : "no", value ? GOOD : BAD);
}

void print_hex(const char *key, uint64_t value)
{
	char text[20];

	snprintf(text, sizeof(text), "%016" PRIx64, value);
	print_str(key, text);
}

void print_us(const char *key, uint64_t us)
{
	char text[32];

	if (us % 1000)
		snprintf(text, sizeof(text), "%" PRIu64 "us", us);
	else if (us % 1000000 || !us)
		snprintf(text, sizeof(text), "%" PRIu64 "ms", us / 1000);
	else
		snprintf(text, sizeof(text), "%" PRIu64 "s", us / 1000000);
	put_num(key, "_us", us, text);
}

void print_ms(const char *key, uint64_t ms)
{
	char text[32];

	if (ms < 10000)
		snprintf(text, sizeof(text), "%" PRIu64 "ms", ms);
	else
		snprintf(text, sizeof(text), "%" PRIu64 "s", ms / 1000);
	put_num(key, "_ms", ms, text);
}

/* The two largest units of a time; a number of hours alone stays one. */
static void span_text(double s, char *text, size_t size)
{
	uint64_t n = (uint64_t)(s + 0.5);

	if (s < 0.9995)
		snprintf(text, size, "%.3gms", s * 1000);
	else if (s < 59.95)
		snprintf(text, size, "%.3gs", s);
	else if (n >= 3600 && n % 3600 == 0)
		snprintf(text, size, "%" PRIu64 "h", n / 3600);
	else if (n >= 3600)
		snprintf(text, size, "%" PRIu64 "h %" PRIu64 "min", n / 3600,
			 n / 60 % 60);
	else
		snprintf(text, size, "%" PRIu64 "min %" PRIu64 "s", n / 60,
			 n % 60);
}

void print_span(const char *key, double seconds)
{
	char text[48];

	if (out.json) {
		json_next(key, "_s");
		printf("%.6f", seconds);
		return;
	}
	span_text(seconds, text, sizeof(text));
	put_text(key, text, PLAIN);
}

void print_percent(const char *key, double percent, int decimals)
{
	char text[48];

	if (out.json) {
		json_next(key, "_percent");
		printf("%.12f", percent);
		return;
	}
	snprintf(text, sizeof(text), "%.*f%%", decimals, percent);
	put_text(key, text, PLAIN);
}

void print_size(const char *key, uint64_t bytes)
{
	char text[32];

	if (bytes && !(bytes & 0x3fffffff))
		snprintf(text, sizeof(text), "%" PRIu64 "G", bytes >> 30);
	else if (bytes && !(bytes & 0xfffff))
		snprintf(text, sizeof(text), "%" PRIu64 "M", bytes >> 20);
	else if (bytes && !(bytes & 0x3ff))
		snprintf(text, sizeof(text), "%" PRIu64 "K", bytes >> 10);
	else
		snprintf(text, sizeof(text), "%" PRIu64, bytes);
	put_num(key, "", bytes, text);
}

void print_nums(const char *key, const uint64_t *value, size_t n)
{
	size_t i;

	if (out.json) {
		json_next(key, "");
		putchar('[');
	} else {
		if (!n)
			return;
		lead(0);
		printf("%s ", key);
	}
	for (i = 0; i < n; i++)
		printf("%s%" PRIu64, i ? "," : "", value[i]);
	if (out.json)
		putchar(']');
}

void print_heads(const char *key, uint64_t set)
{
	uint64_t id[64];
	size_t n = 0, i;

	for (i = 0; i < 64; i++)
		if (set >> i & 1)
			id[n++] = i;
	if (!n && !out.json)
		print_str(key, "none");
	else
		print_nums(key, id, n);
}

void print_null(const char *key)
{
	if (out.json) {
		json_next(key, "");
		printf("null");
	}
}

void print_raw(const char *key, const char *json)
{
	if (out.json) {
		json_next(key, "");
		fputs(json, stdout);
	}
}

void print_address(const char *key, const void *bytes, size_t len)
{
	const unsigned char *b = bytes;
	char text[3 * 64];
	size_t i;

	if (len == IP_LEN || len == IP_PORT_LEN) {
		print_str(key, ip_format(bytes, len, text));
		return;
	}
	text[0] = 0;
	for (i = 0; i < len && i < 64; i++)
		sprintf(text + 3 * i, "%02x%s", b[i], i + 1 < len ? ":" : "");
	print_str(key, text);
}

void print_counter(const char *name, uint64_t value)
{
	if (out.json) {
		print_num(name, value);
		return;
	}
	end_line();
	lead(1);
	printf("%-*s %12" PRIu64, COUNTER_WIDTH, name, value);
}
