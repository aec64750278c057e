// SPDX-License-Identifier: GPL-2.0
/* Single values: what is allowed, from text to memory, and back. */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_table.h"

/**
 * struct unit - of a number
 * @name: behind it
 * @factor: times this
 */
struct unit {
	const char *name;
	uint64_t factor;
};

/* From large to small: the first one that divides a number is shown. */
static const struct unit us_units[] = { { "min", 60000000 }, { "s", 1000000 },
					{ "ms", 1000 }, { "us", 1 }, { } };
static const struct unit ms_units[] = { { "h", 3600000 }, { "min", 60000 },
					{ "s", 1000 }, { "ms", 1 }, { } };
static const struct unit sizes[] = { { "G", 1 << 30 }, { "M", 1 << 20 },
				     { "K", 1 << 10 }, { "", 1 }, { } };

static const struct unit *units_of(enum config_type t)
{
	return t == CONFIG_US ? us_units : t == CONFIG_MS ? ms_units : sizes;
}

bool config_is_list(enum config_type t)
{
	return t == CONFIG_WORDS || t == CONFIG_OPTIONS;
}

/* ---- in words ---- */

static const char *with_unit(const struct unit *u, uint64_t n, char *text,
			     size_t size)
{
	while (u[1].name && (n % u->factor || n < u->factor))
		u++;
	if (!n)
		snprintf(text, size, "0");
	else
		snprintf(text, size, "%" PRIu64 "%s", n / u->factor, u->name);
	return text;
}

static const char *join(const char *const *words, const char *last, char *text,
			size_t size)
{
	size_t len = 0;
	size_t i;

	*text = 0;
	for (i = 0; words[i] && len < size; i++)
		len += snprintf(text + len, size - len, "%s%s",
				!i ? "" : words[i + 1] ? ", " : last, words[i]);
	return text;
}

static const char *range(const struct config_key *k, char *text, size_t size)
{
	const struct unit *u = units_of(k->type);
	char low[32], high[32];

	snprintf(text, size, "%s to %s%s", with_unit(u, k->min, low, 32),
		 with_unit(u, k->max, high, 32),
		 k->type == CONFIG_SIZE ? "" : ", with its unit");
	return text;
}

const char *config_allowed(const struct config_key *k, char *text, size_t size)
{
	switch (k->type) {
	case CONFIG_TEXT:
		snprintf(text, size, "1 to %" PRIu64 " bytes", k->max);
		return text;
	case CONFIG_NAME:
		return "a letter, and up to 30 more letters, digits, '.', '_' "
		       "or '-'";
	case CONFIG_DEV:
		return "the name of a network device, 1 to 15 bytes without "
		       "'/', ':' and white space";
	case CONFIG_U32:
		snprintf(text, size, "%" PRIu64 " to %" PRIu64, k->min, k->max);
		return text;
	case CONFIG_US:
	case CONFIG_MS:
	case CONFIG_SIZE:
		return range(k, text, size);
	case CONFIG_WORD:
	case CONFIG_PAIR:
	case CONFIG_ONEOF:
		return join(k->words, " or ", text, size);
	case CONFIG_PATH:
		return "a path that begins with /";
	case CONFIG_SECRET:
		return "a file of root, or of who runs this, that nobody else "
		       "can read (chmod 600)";
	case CONFIG_PROGRAM:
		return "the path, from / on, of a program of root, or of who "
		       "runs this, that nobody else can write";
	case CONFIG_USER:
		return "the name or number of a user of this machine; the number for "
		       "one of a directory";
	case CONFIG_GROUP:
		return "the name or number of a group of this machine; the number "
		       "for one of a directory";
	case CONFIG_ADDRESS:
		return "the address of one device, as 02:53:4d:00:00:01, or for "
		       "kinds udp and rdma its IP address, as 10.0.0.1 or fd00::1";
	case CONFIG_IP:
		return "an IP address";
	case CONFIG_WORDS:
		return "a list of words";
	case CONFIG_OPTIONS:
		return "a list of \"KEY=VALUE\", without action and password";
	case CONFIG_REFUSED:
		return k->words[0];
	}
	return "";
}

/* ---- to memory ---- */

static const char *number(const struct config_key *k, const char *typed,
			  uint64_t *n)
{
	char *end;

	errno = 0;
	*n = strtoull(typed, &end, 10);
	if (*typed < '0' || *typed > '9' || *end)
		return "is no number";
	return errno || *n < k->min || *n > k->max ? "is out of range" : NULL;
}

static const char *quantity(const struct config_key *k, const char *typed,
			    uint64_t *n)
{
	const struct unit *u;
	char *end;

	errno = 0;
	*n = strtoull(typed, &end, 10);
	if (*typed < '0' || *typed > '9')
		return "is no number with a unit";
	for (u = units_of(k->type); u->name; u++)
		if (!strcmp(end, u->name))
			break;
	if (!u->name && (*end || *n))
		return *end ? "has a unit that is not known" : "has no unit";
	if (errno || (u->name && __builtin_mul_overflow(*n, u->factor, n)) ||
	    *n < k->min || *n > k->max)
		return "is out of range";
	return NULL;
}

static const char *word(const struct config_key *k, const char *typed,
			uint64_t *n)
{
	for (*n = 0; k->words[*n]; ++*n)
		if (!strcmp(k->words[*n], typed))
			return NULL;
	return "is not known";
}

static bool is_name(const char *s)
{
	const char *const letters = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *const more = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return *s && strchr(letters, *s) && strlen(s) <= SAMR_NAME_LEN_MAX &&
	       !s[strspn(s, more)];
}

static bool is_dev(const char *s)
{
	return *s && strlen(s) <= SAMR_DEV_LEN_MAX && !strpbrk(s, "/: \t\n") &&
	       strcmp(s, ".") && strcmp(s, "..");
}

static bool owned(const struct stat *st)
{
	return !st->st_uid || st->st_uid == geteuid();
}

/* Why stat() did not find it. */
static const char *unseen(void)
{
	return errno == ENOENT || errno == ENOTDIR ? "is not there" :
						     "cannot be looked at";
}

static const char *secret(const char *path)
{
	struct stat st;

	if (*path != '/')
		return "does not begin with /";
	if (stat(path, &st))
		return unseen();
	if (!S_ISREG(st.st_mode))
		return "is no file";
	if (!owned(&st))
		return "belongs to another user";
	return st.st_mode & 077 ? "can be read or written by others" : NULL;
}

static const char *program(const char *path)
{
	struct stat st;

	if (*path != '/')
		return "does not begin with /";
	if (stat(path, &st))
		return unseen();
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return "is no program";
	if (!owned(&st))
		return "belongs to another user";
	return st.st_mode & 022 ? "can be written by others" : NULL;
}

/*
 * Only in this machine's own files: the daemon reads its configuration while it
 * feeds a watchdog, and a directory in the network may take minutes to answer.
 */
static bool find_user(const char *name, uint64_t *id)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *p;
	bool found = false;

	while (f && !found && (p = fgetpwent(f))) {
		found = !strcmp(p->pw_name, name);
		*id = p->pw_uid;
	}
	if (f)
		fclose(f);
	return found;
}

static bool find_group(const char *name, uint64_t *id)
{
	FILE *f = fopen("/etc/group", "re");
	const struct group *g;
	bool found = false;

	while (f && !found && (g = fgetgrent(f))) {
		found = !strcmp(g->gr_name, name);
		*id = g->gr_gid;
	}
	if (f)
		fclose(f);
	return found;
}

static const char *account(enum config_type t, const char *typed, uint64_t *n)
{
	char *end;

	errno = 0;
	*n = strtoull(typed, &end, 10);
	if (*typed >= '0' && *typed <= '9' && !*end)
		return errno || *n >= UINT32_MAX ? "is out of range" : NULL;
	if (t == CONFIG_USER)
		return find_user(typed, n) ? NULL : "is not in /etc/passwd";
	return find_group(typed, n) ? NULL : "is not in /etc/group";
}

static const char *mac(const char *typed, struct config_port *p)
{
	unsigned int b[6];
	char end;
	int i;

	if (strlen(typed) != 17 ||
	    typed[strspn(typed, "0123456789abcdefABCDEF:")] ||
	    sscanf(typed, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2],
		   &b[3], &b[4], &b[5], &end) != 6)
		return "is no address";
	if (b[0] & 1)
		return "is an address of many";
	for (i = 0; i < 6; i++)
		p->byte[i] = b[i];
	p->len = 6;
	return NULL;
}

static const char *address(const char *typed, struct config_port *p)
{
	if (!ip_parse(typed, p->byte))
		return mac(typed, p);
	if (ip_is_group(p->byte))
		return "is an address of many";
	p->len = IP_LEN;
	return NULL;
}

static const char *check_text(const struct config_key *k, const char *typed)
{
	uint8_t ip[IP_LEN];

	switch (k->type) {
	case CONFIG_NAME:
		return is_name(typed) ? NULL : "is no name";
	case CONFIG_DEV:
		return is_dev(typed) ? NULL : "is no name of a device";
	case CONFIG_IP:
		return ip_parse(typed, ip) ? NULL : "is no IP address";
	case CONFIG_PATH:
		return *typed == '/' ? NULL : "does not begin with /";
	case CONFIG_SECRET:
		return secret(typed);
	case CONFIG_PROGRAM:
		return program(typed);
	default:
		return *typed && strlen(typed) <= k->max ?
		       NULL : *typed ? "is too long" : "is empty";
	}
}

const char *config_convert(const struct config_key *k, const char *typed,
			   void *base)
{
	void *at = (char *)base + k->offset;
	const char *wrong;
	uint64_t n = 0;

	switch (k->type) {
	case CONFIG_U32:
		wrong = number(k, typed, &n);
		break;
	case CONFIG_US:
	case CONFIG_MS:
	case CONFIG_SIZE:
		wrong = quantity(k, typed, &n);
		break;
	case CONFIG_USER:
	case CONFIG_GROUP:
		wrong = account(k->type, typed, &n);
		break;
	case CONFIG_WORD:
		wrong = word(k, typed, &n);
		break;
	case CONFIG_PAIR:
		wrong = word(k, typed, &n);
		*(bool *)at = n == 1;
		return wrong;
	case CONFIG_ADDRESS:
		return address(typed, base);
	case CONFIG_REFUSED:
		return "cannot be had";
	default:
		wrong = k->type == CONFIG_ONEOF ? word(k, typed, &n) :
			check_text(k, typed);
		*(const char **)at = typed;
		return wrong;
	}
	*(uint32_t *)at = n;
	return wrong;
}

/* ---- and back ---- */

static const char *format_address(const struct config_port *p, char *text,
				  size_t size)
{
	const uint8_t *b = p->byte;
	char ip[IP_TEXT_MAX];

	if (!p->len)
		return NULL;
	if (p->len == IP_LEN) {
		snprintf(text, size, "%s", ip_format(b, p->len, ip));
		return text;
	}
	snprintf(text, size, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2],
		 b[3], b[4], b[5]);
	return text;
}

static const char *format_options(const struct fence_agent *a, char *text,
				  size_t size)
{
	size_t len = 0;
	size_t i;

	*text = 0;
	for (i = 0; i < a->count && len < size; i++)
		len += snprintf(text + len, size - len, "%s%s", i ? "\n" : "",
				a->options[i]);
	return a->count ? text : NULL;
}

static const char *format_words(const char *words, char *text, size_t size)
{
	size_t i;

	if (!words)
		return NULL;
	for (i = 0; words[i] && i + 1 < size; i++)
		text[i] = words[i] == ',' ? '\n' : words[i];
	text[i] = 0;
	return text;
}

const char *config_format(const struct config_key *k, const void *base,
			  char *text, size_t size)
{
	const void *at = (const char *)base + k->offset;

	switch (k->type) {
	case CONFIG_U32:
		snprintf(text, size, "%" PRIu32, *(const uint32_t *)at);
		return text;
	case CONFIG_US:
	case CONFIG_MS:
	case CONFIG_SIZE:
		return with_unit(units_of(k->type), *(const uint32_t *)at, text,
				 size);
	case CONFIG_USER:
	case CONFIG_GROUP:
		if (*(const uint32_t *)at == CONFIG_NONE)
			return NULL;
		snprintf(text, size, "%" PRIu32, *(const uint32_t *)at);
		return text;
	case CONFIG_WORD:
		return k->words[*(const uint32_t *)at];
	case CONFIG_PAIR:
		return k->words[*(const bool *)at];
	case CONFIG_ADDRESS:
		return format_address(base, text, size);
	case CONFIG_OPTIONS:
		return format_options(at, text, size);
	case CONFIG_WORDS:
		return format_words(*(const char *const *)at, text, size);
	case CONFIG_REFUSED:
		return NULL;
	default:
		return *(const char *const *)at;
	}
}
