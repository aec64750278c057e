// SPDX-License-Identifier: GPL-2.0
/* The memory's way to the disk; see saver.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "saver.h"

/**
 * struct saver - a process
 * @pid: of it
 * @child: its end
 * @done: @data: of the caller
 */
struct saver {
	pid_t pid;
	sd_event_source *child;
	saver_done_fn *done;
	void *data;
};

static void free_saver(struct saver *s)
{
	sd_event_source_disable_unref(s->child);
	free(s);
}

static int on_child(sd_event_source *source, const siginfo_t *si, void *data)
{
	struct saver *s = data;
	saver_done_fn *done = s->done;
	void *caller = s->data;

	(void)source;
	free_saver(s);
	done(si->si_code == CLD_EXITED ? -si->si_status : -ECANCELED, caller);
	return 0;
}

/* In the child. An exit status has room for any errno. */
static void __attribute__((noreturn)) save(pid_t parent, const char *folder,
					   const struct memory *m)
{
	char why[MEMORY_TEXT_MAX];

	prctl(PR_SET_NAME, "samrd-save");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(ECANCELED);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	_exit(-memory_save(folder, m, why));
}

int saver_start(struct saver **saver, sd_event *event, const char *folder,
		const struct memory *m, saver_done_fn *done, void *data)
{
	struct saver *s = calloc(1, sizeof(*s));
	pid_t self = getpid();
	int r;

	if (!s)
		return -ENOMEM;
	s->done = done;
	s->data = data;
	s->pid = fork();
	if (!s->pid)
		save(self, folder, m);
	r = s->pid < 0 ? -errno :
	    sd_event_add_child(event, &s->child, s->pid, WEXITED, on_child, s);
	if (r < 0) {
		saver_stop(s);
		return r;
	}
	*saver = s;
	return 0;
}

/* It is not waited for: it may be stuck in its disk. */
void saver_stop(struct saver *s)
{
	if (!s)
		return;
	if (s->pid > 0)
		kill(s->pid, SIGKILL);
	free_saver(s);
}
