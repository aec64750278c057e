// SPDX-License-Identifier: GPL-2.0
/* Processes with a deadline; see helper.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper.h"
#include "turn.h"

#define NOT_RUN		127	/* exit status, as shells have it */
#define ACCURACY_US	1000
#define PIECE		4096
#define PIPE_PIECES	32	/* what a pipe holds, and more */

/**
 * struct helper - a process
 * @pid: of it, and of its group
 * @done: NULL: nobody is to be told any more, it only waits to be reaped
 * @take: is given what it writes; NULL: it is kept
 * @data: for @done and @take
 * @child: its end
 * @timer: its deadline
 * @output: the read end of its output
 * @fd: of @output
 * @len: bytes in @text
 * @text: its output
 */
struct helper {
	pid_t pid;
	helper_done_fn *done;
	helper_output_fn *take;
	void *data;
	sd_event_source *child;
	sd_event_source *timer;
	sd_event_source *output;
	int fd;
	size_t len;
	char text[HELPER_OUTPUT_MAX + 1];
};

static void helper_free(struct helper *h)
{
	sd_event_source_disable_unref(h->child);
	sd_event_source_disable_unref(h->timer);
	sd_event_source_disable_unref(h->output);
	if (h->fd >= 0)
		close(h->fd);
	explicit_bzero(h->text, sizeof(h->text));
	free(h);
}

/* ---- what it writes ---- */

static void keep(struct helper *h, const char *bytes, size_t n)
{
	size_t over;

	if (n > HELPER_OUTPUT_MAX) {
		bytes += n - HELPER_OUTPUT_MAX;
		n = HELPER_OUTPUT_MAX;
	}
	over = h->len + n > HELPER_OUTPUT_MAX ?
	       h->len + n - HELPER_OUTPUT_MAX : 0;
	memmove(h->text, h->text + over, h->len - over);
	h->len -= over;
	memcpy(h->text + h->len, bytes, n);
	h->len += n;
	h->text[h->len] = '\0';
}

/* One piece a turn, however fast it writes. */
static bool read_some(struct helper *h)
{
	char bytes[PIECE];
	ssize_t n = read(h->fd, bytes, sizeof(bytes));

	if (n > 0 && h->take && h->done)
		h->take(bytes, n, h->data);
	else if (n > 0)
		keep(h, bytes, n);
	explicit_bzero(bytes, sizeof(bytes));
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static int on_output(sd_event_source *s, int fd, uint32_t events, void *data)
{
	struct helper *h = data;

	(void)fd;
	(void)events;
	if (!read_some(h))
		sd_event_source_set_enabled(s, SD_EVENT_OFF);
	return 0;
}

char *helper_last_line(char *output)
{
	char *line = output, *c;

	for (c = output + strlen(output); c > output; c--) {
		if (c[-1] != '\n' && c[-1] != '\r' && c[-1] != ' ')
			break;
		c[-1] = '\0';
	}
	for (c = output; *c; c++) {
		if (*c == '\n')
			line = c + 1;
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
	return line;
}

/* ---- how it ends ---- */

bool helper_well(const struct helper_end *end)
{
	return !end->late && !end->signal && !end->status;
}

const char *helper_end_text(const struct helper_end *end, char *text)
{
	char output[HELPER_OUTPUT_MAX + 1];
	const char *line;

	snprintf(output, sizeof(output), "%s", end->output);
	line = helper_last_line(output);
	if (end->late)
		snprintf(text, HELPER_TEXT_MAX, "not over in time");
	else
		snprintf(text, HELPER_TEXT_MAX, "%s %d%s%s",
			 end->signal ? "signal" : "status",
			 end->signal ? end->signal : end->status,
			 *line ? ": " : "", line);
	return text;
}

static void report(struct helper *h, struct helper_end *end)
{
	helper_done_fn *done = h->done;

	h->done = NULL;
	end->output = h->text;
	if (done)
		done(end, h->data);
}

static int on_child(sd_event_source *s, const siginfo_t *si, void *data)
{
	struct helper *h = data;
	struct helper_end end = { };
	int i;

	(void)s;
	/* It is reaped after this call: its group cannot be another one yet. */
	kill(-h->pid, SIGKILL);
	if (h->done)
		for (i = 0; i < PIPE_PIECES && read_some(h); i++)
			;
	if (si->si_code == CLD_EXITED)
		end.status = si->si_status;
	else
		end.signal = si->si_status;
	report(h, &end);
	helper_free(h);
	return 0;
}

static int on_deadline(sd_event_source *s, uint64_t usec, void *data)
{
	struct helper *h = data;
	struct helper_end end = { .late = true, .signal = SIGKILL };

	(void)s;
	(void)usec;
	kill(-h->pid, SIGKILL);
	report(h, &end);
	return 0;
}

void helper_stop(struct helper *h)
{
	if (!h)
		return;
	kill(-h->pid, SIGKILL);
	h->done = NULL;
	if (h->timer)
		sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
}

/* ---- how it begins ---- */

/* In the child: calls that are safe after fork(), and then another program. */
static void become(const struct helper_setup *s, pid_t parent, int in, int out)
{
	static char *const environment[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL
	};
	const struct sigaction standard = { .sa_handler = SIG_DFL };
	const struct rlimit no_core = { };
	const char *why;
	sigset_t none;
	int i;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(NOT_RUN);
	for (i = 1; i < NSIG; i++)
		sigaction(i, &standard, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* What it was told may be a password. */
	setrlimit(RLIMIT_CORE, &no_core);
	/* They are above these: the daemon has all three. */
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(NOT_RUN);
	close_range(3, ~0U, 0);
	execve(s->argv[0], s->argv, s->env ? s->env : environment);
	why = strerrordesc_np(errno);
	if (why && write(1, why, strlen(why)) < 0)
		_exit(NOT_RUN);
	_exit(NOT_RUN);
}

static int watch(struct helper *h, const struct helper_setup *s)
{
	int r;

	r = sd_event_add_child(s->event, &h->child, h->pid, WEXITED, on_child,
			       h);
	if (r < 0)
		return r;
	if (s->limit_ms)
		r = sd_event_add_time_relative(s->event, &h->timer,
					       CLOCK_MONOTONIC,
					       s->limit_ms * 1000ULL,
					       ACCURACY_US, on_deadline, h);
	if (r < 0)
		return r;
	r = sd_event_add_io(s->event, &h->output, h->fd, EPOLLIN, on_output, h);
	if (r < 0)
		return r;
	return sd_event_source_set_priority(h->output, TURN_SERVE);
}

static int open_pipe(int fd[2])
{
	return pipe2(fd, O_CLOEXEC) ? -errno : 0;
}

static void close_pipe(int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

static int begin(struct helper *h, const struct helper_setup *s, int in[2],
		 int out[2])
{
	pid_t self = getpid();
	int r;

	/* Before there is anyone to read: it fits, so it is all there. */
	if (s->len && write(in[1], s->input, s->len) != (ssize_t)s->len)
		return -EIO;
	/* Not vfork(): the daemon must not wait for a disk. */
	h->pid = fork();
	if (h->pid < 0)
		return -errno;
	if (!h->pid)
		become(s, self, in[0], out[1]);
	setpgid(h->pid, h->pid);
	h->fd = fcntl(out[0], F_DUPFD_CLOEXEC, 3);
	r = h->fd < 0 ? -errno : 0;
	if (!r && fcntl(h->fd, F_SETFL, O_NONBLOCK))
		r = -errno;
	if (!r)
		r = watch(h, s);
	if (r < 0) {
		kill(-h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
	}
	return r < 0 ? r : 0;
}

int helper_start(struct helper **helper, const struct helper_setup *s)
{
	int in[2], out[2], r;
	struct helper *h;

	if (s->len > HELPER_INPUT_MAX)
		return -E2BIG;
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->done = s->done;
	h->take = s->output;
	h->data = s->data;
	h->fd = -1;
	r = open_pipe(in);
	if (r)
		goto no_input;
	r = open_pipe(out);
	if (r)
		goto no_output;
	r = begin(h, s, in, out);
	close_pipe(out);
	close_pipe(in);
	if (r) {
		helper_free(h);
		return r;
	}
	*helper = h;
	return 0;

no_output:
	close_pipe(in);
no_input:
	helper_free(h);
	return r;
}
