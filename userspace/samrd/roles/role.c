// SPDX-License-Identifier: GPL-2.0
/* A service on one of two heads: what is run for it, and what is mounted; see role.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "peers.h"
#include "role.h"

uint32_t role_elected(const struct kernel_view *v, const uint32_t id[2])
{
	const struct kernel_head *h;

	for (h = v->head; h < v->head + v->count; h++)
		if (!h->learner && !h->witness &&
		    (h->node == id[0] || h->node == id[1]))
			return h->node;
	return 0;
}

enum peers_job peers_next(const struct peers_facts *f)
{
	if (!f->wanted || f->dead || f->heard || f->in_view || f->asked)
		return PEERS_NOTHING;
	if (!f->serving || !f->carrier || f->silent_ms < f->delay_ms)
		return PEERS_NOTHING;
	return f->done ? PEERS_LOOK : PEERS_CUT;
}

/* ---- programs ---- */

char *role_program(const char *name)
{
	static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/sbin",
					       "/bin" };
	char path[256];
	size_t i;

	if (*name == '/')
		return strdup(name);
	for (i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], name);
		if (!access(path, X_OK))
			return strdup(path);
	}
	return NULL;
}

static bool add(struct role_step *s, const char *word)
{
	size_t n = 0;

	while (s->argv[n])
		n++;
	if (n + 1 >= ROLE_ARGS_MAX)
		return false;
	s->argv[n] = strdup(word);
	return s->argv[n];
}

/*
 * It outlives its client by no more than the deadline, which is its own, too; and
 * it can be started while the machine goes down.
 */
static const char *add_systemd(struct role_step *s,
			       const struct config_service *c,
			       enum standby_run what)
{
	unsigned int ms = what <= STANDBY_START ? c->role.start_ms :
						  c->role.stop_ms;
	char unit[128], limit[64], *run = role_program("systemd-run");
	bool ok;

	if (!run)
		return "systemd-run";
	snprintf(unit, sizeof(unit), "--unit=samr-%s-%s", c->name,
		 standby_run_word(what));
	snprintf(limit, sizeof(limit), "--property=RuntimeMaxSec=%ums", ms);
	ok = add(s, run) && add(s, "--quiet") && add(s, "--collect") &&
	     add(s, "--wait") && add(s, "--pipe") && add(s, unit) &&
	     add(s, limit) && add(s, "--property=DefaultDependencies=no") &&
	     add(s, "--");
	free(run);
	return ok ? NULL : "memory";
}

static const char *add_words(struct role_step *s, const char *const *words)
{
	char *path = role_program(words[0]);
	bool ok;

	if (!path)
		return words[0];
	ok = add(s, path);
	free(path);
	for (words++; ok && *words; words++)
		ok = add(s, *words);
	return ok ? NULL : "memory";
}

const char *role_device(const struct config_service *s, char *text, size_t size)
{
	if (s->role.device)
		return s->role.device;
	snprintf(text, size, "/dev/drbd/by-res/%s/0", s->role.resource);
	return text;
}

/* What a step is; at least its program, or none when it is not there. */
static void words_of(const struct config_service *s, enum standby_run what,
		     const char *device, const char **w)
{
	const struct config_role *r = &s->role;
	size_t n = 0;

	switch (what) {
	case STANDBY_PRIMARY:
	case STANDBY_SECONDARY:
		w[n++] = "drbdadm";
		w[n++] = standby_run_word(what);
		w[n++] = r->resource;
		break;
	case STANDBY_MOUNT:
		w[n++] = r->mount ? "mount" : NULL;
		if (r->fs_type) {
			w[n++] = "-t";
			w[n++] = r->fs_type;
		}
		if (r->mount_options) {
			w[n++] = "-o";
			w[n++] = r->mount_options;
		}
		w[n++] = device;
		w[n++] = r->mount;
		break;
	case STANDBY_UMOUNT:
		w[n++] = r->mount ? "umount" : NULL;
		w[n++] = r->mount;
		break;
	default:
		w[n++] = s->unit ? "systemctl" : r->program;
		w[n++] = standby_run_word(what);
		w[n++] = s->unit;
	}
	w[n] = NULL;
}

const char *role_steps(const struct config_service *s, struct role_step *step,
			bool systemd)
{
	char device[128];
	const char *w[ROLE_ARGS_MAX], *wrong = NULL;
	int i;

	memset(step, 0, STANDBY_RUNS * sizeof(*step));
	for (i = 0; i < STANDBY_RUNS && !wrong; i++) {
		words_of(s, i, role_device(s, device, sizeof(device)), w);
		if (!w[0])
			continue;
		if (systemd && strcmp(w[0], "systemctl"))
			wrong = add_systemd(&step[i], s, i);
		wrong = wrong ?: add_words(&step[i], w);
	}
	return wrong;
}

void role_steps_free(struct role_step *step)
{
	size_t i, n;

	for (i = 0; i < STANDBY_RUNS; i++)
		for (n = 0; n < ROLE_ARGS_MAX; n++)
			free(step[i].argv[n]);
	memset(step, 0, STANDBY_RUNS * sizeof(*step));
}

/* ---- what is mounted ---- */

/* One that is not there yet stays as it was typed. */
char *role_folder(const char *path)
{
	char *folder = realpath(path, NULL);
	size_t len;

	if (folder)
		return folder;
	folder = strdup(path);
	for (len = folder ? strlen(folder) : 0; len > 1; len--)
		if (folder[len - 1] == '/')
			folder[len - 1] = '\0';
		else
			break;
	return folder;
}

/* In the kernel's list a blank is "\040". */
static void unescape(char *s)
{
	char *to = s;
	unsigned int c;

	for (; *s; s++, to++) {
		if (*s == '\\' && sscanf(s + 1, "%3o", &c) == 1) {
			*to = c;
			s += 3;
		} else {
			*to = *s;
		}
	}
	*to = '\0';
}

/* Some file systems have a number of their own: then the name behind " - " tells. */
static bool is_of(const char *number, char *rest, dev_t device)
{
	unsigned int maj, min;
	struct stat st;
	char *source;

	if (sscanf(number, "%u:%u", &maj, &min) == 2 &&
	    makedev(maj, min) == device)
		return true;
	rest = rest ? strstr(rest, "- ") : NULL;
	if (!rest)
		return false;
	rest += 2;
	strsep(&rest, " ");
	source = strsep(&rest, " ");
	if (!source)
		return false;
	unescape(source);
	return *source == '/' && !stat(source, &st) && S_ISBLK(st.st_mode) &&
	       st.st_rdev == device;
}

bool role_is_mounted(const char *list, dev_t device, const char *folder)
{
	char *line = NULL, *rest, *number, *where;
	FILE *f = fopen(list, "re");
	size_t size = 0;
	bool is = false;

	while (f && !is && getline(&line, &size, f) > 0) {
		rest = line;
		strsep(&rest, " ");
		strsep(&rest, " ");
		number = strsep(&rest, " ");
		strsep(&rest, " ");
		where = strsep(&rest, " ");
		if (!where)
			continue;
		unescape(where);
		is = !strcmp(where, folder) && is_of(number, rest, device);
	}
	free(line);
	if (f)
		fclose(f);
	return is;
}
