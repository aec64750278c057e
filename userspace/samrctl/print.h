/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one print layer: each call writes text or JSON, as print_start() said.
 *
 * Text is "key value key value", one object a line; the objects of a list
 * inside an object follow on lines of their own, further in. JSON has the same
 * keys with "_" for "-" and, where text shows a unit, the unit at their end:
 * "beat 20ms" is "beat_us":20000.
 */
#ifndef SAMRCTL_PRINT_H
#define SAMRCTL_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum colour {
	PLAIN,
	GOOD,
	BAD,
	WARN,
	STRONG,
};

/**
 * print_start - before anything is printed
 * @json: JSON instead of text
 * @pretty: indent the JSON
 * @colour: text in colours
 */
void print_start(bool json, bool pretty, bool colour);

/** print_json - is it JSON that is written? For what text alone has */
bool print_json(void);

/**
 * print_object - what follows, up to print_end(), belongs to an object
 * @key: its name in the object around it; NULL in a list and at the top
 * @heading: text: how its line begins, or NULL
 *
 * In text an object with a heading inside one that has a line stands on a line
 * of its own, further in.
 */
void print_object(const char *key, const char *heading);

/** print_list - what follows, up to print_end(), are the objects of a list */
void print_list(const char *key);

/** print_end - the end of an object or a list */
void print_end(void);

/**
 * print_section - text: the objects that follow stand beside this title
 * @title: or NULL to end it
 *
 * A section with nothing in it says so.
 */
void print_section(const char *title);

/** print_note - text: a line for people, with nothing in JSON */
void print_note(enum colour c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** print_coloured - text: as printf(), in a colour; it begins and ends nothing */
void print_coloured(enum colour c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void print_str(const char *key, const char *value);
void print_word(const char *key, const char *value, enum colour c);
void print_num(const char *key, uint64_t value);
void print_flag(const char *key, bool value);	/* text: only when true */
void print_mark(const char *key, bool value, enum colour c);	/* the same */
void print_yes(const char *key, bool value);	/* text: yes or no */
void print_hex(const char *key, uint64_t value);	/* 16 digits; a string */
void print_us(const char *key, uint64_t us);	/* text: 20ms */
void print_ms(const char *key, uint64_t ms);
void print_size(const char *key, uint64_t bytes);	/* text: 16M */

/** print_span - a time from milliseconds to years; text: 5000h, 26min 54s */
void print_span(const char *key, double seconds);

/** print_percent - text: with so many decimals */
void print_percent(const char *key, double percent, int decimals);

void print_nums(const char *key, const uint64_t *value, size_t n);
void print_heads(const char *key, uint64_t set);	/* one bit per id */
void print_null(const char *key);			/* JSON only */
void print_raw(const char *key, const char *json);	/* the same: written as it is */

/** print_address - of a link: bytes, two hex digits each, with colons, or IP and port */
void print_address(const char *key, const void *bytes, size_t len);

/** print_counter - one line of an object of counters */
void print_counter(const char *name, uint64_t value);

#endif /* SAMRCTL_PRINT_H */
