// SPDX-License-Identifier: GPL-2.0
/*
 * A program as a replica, see replica.h. This process has no threads and sleeps in one place,
 * but for hooks, which it waits for.
 *
 * The last piece of a state is passed only when the program has it and listens: until
 * then the group does not wait for this replica.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "door.h"
#include "log.h"
#include "player.h"
#include "replica.h"
#include "say.h"
#include "snapshot.h"

/*
 * Whoever asks a donor that cannot save would ask it again, or another one, and each time all
 * connections end. So it waits before it says so, each time in a row twice as long, and at
 * last tells who waits for the state to give up. As long as it takes another one to fail as
 * well, and this, it is a row.
 */
#define FAILED_WAIT_MS	1000
#define FAILED_MOST	3
#define FAILED_ROW_MS	60000

/* What a log that comes has in front and behind. */
#define TAIL_MAX	256

/**
 * enum phase - of its life
 * @JOINING: its join has no place yet
 * @LACKING: others have the state, which comes
 * @STARTING: its program was started, and does not listen yet
 * @RUNNING: it does
 */
enum phase {
	JOINING,
	LACKING,
	STARTING,
	RUNNING,
};

/**
 * struct giving - a state on its way to others
 * @fd: its file; -1: none
 * @place: that it is of
 * @at: bytes of it that were sent
 * @len: so many there are
 * @tail: what comes behind these, of @tail_len bytes
 * @no_log: what is sent says why there is none
 * @failed: there is none, which is said when it has waited for
 * @wait_ms: so long
 */
struct giving {
	int fd;
	uint64_t place;
	uint64_t at;
	uint64_t len;
	unsigned char tail[LOG_HEAD_MAX];
	size_t tail_len;
	bool no_log;
	bool failed;
	int wait_ms;
};

/**
 * struct failures - to save, in a row
 * @count: so many
 * @at: when the state was asked for the last time that it failed, ms
 * @took: until it had failed
 */
struct failures {
	int count;
	uint64_t at;
	uint64_t took;
};

static struct replica *replica;
static struct door door;
static enum phase phase;
static struct giving giving = { .fd = -1 };
static struct failures failures;
static int signals, ready = -1;
static pid_t program;
static bool installs;		/* its last piece was not passed yet */
static bool loaded;		/* its program began with a state */
static int coming = -1;		/* file of a state that comes */
static uint64_t coming_of;	/* its place */
static uint64_t came;		/* bytes of it */
static unsigned int no_logs;	/* so many have said that they have none */
static char bytes[SAMR_MESSAGE_MAX];

/* ---- processes ---- */

static const int handled[] = {
	SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH,
};

static void open_signals(sigset_t *set)
{
	unsigned int i;

	sigemptyset(set);
	for (i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		sigaddset(set, handled[i]);
	sigprocmask(SIG_BLOCK, set, NULL);
	signals = signalfd(-1, set, SFD_CLOEXEC);
	if (signals < 0)
		die(CANNOT, "signalfd: %m");
}

/* As the program did: by a signal, or with a status. */
__attribute__((noreturn))
static void end_as(int status)
{
	sigset_t none;

	if (!WIFSIGNALED(status))
		exit(WEXITSTATUS(status));
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	raise(WTERMSIG(status));
	exit(128 + WTERMSIG(status));
}

/* Whatever it has done since then, and what it holds, are no replica's. */
static void kill_program(void)
{
	if (!program)
		return;
	kill(program, SIGKILL);
	waitpid(program, NULL, 0);
	program = 0;
	player_stop();
	if (ready >= 0)
		close(ready);
	ready = -1;
}

/* The replica here is none any more: @err (negative) says why. */
__attribute__((noreturn))
static void end_out(int err)
{
	kill_program();
	if (err == -ENODATA)
		die(NO_STATE, "service %u: those that had the state have gone", replica->service);
	die(PUT_OUT, "put out of the service: %s", strerror(-err));
}

/* A signal for the program, or the end of a child. Return: @child's status, or -1. */
static int take_signal(pid_t child)
{
	struct signalfd_siginfo s;
	int status, ended = -1;
	pid_t pid;

	if (read(signals, &s, sizeof(s)) != sizeof(s))
		return -1;
	if (s.ssi_signo != SIGCHLD) {
		if (!program && s.ssi_signo != SIGCONT && s.ssi_signo != SIGWINCH)
			end_as((int)s.ssi_signo);
		/* What a terminal sends the program gets by itself. */
		if (program && s.ssi_code != SI_KERNEL)
			kill(program, (int)s.ssi_signo);
		return -1;
	}
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (child && pid == child) {
			ended = status;
			child = 0;
		}
		if (pid != program)
			continue;
		if (child)
			kill(-child, SIGKILL);
		end_as(status);
	}
	return ended;
}

static void child_begins(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* It is worth nothing without its supervisor. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void start(uint64_t time)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		die(CANNOT, "pipe: %m");
	replica->start.listener = door.listener;
	replica->start.ready = ends[1];
	replica->start.time = time;
	player_prepare();
	program = fork();
	if (program < 0)
		die(CANNOT, "fork: %m");
	if (!program) {
		child_begins();
		player_child_begins();
		start_program(&replica->start);
	}
	close(ends[1]);
	ready = ends[0];
	phase = STARTING;
	player_started();
}

/* A number for a hook. */
static void tell(const char *name, long long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", value);
	setenv(name, text, 1);
}

/* Run a hook with @fd as its standard input or output. Return: does the state hold? */
static bool run_hook(const char *option, const char *command, int fd, int as)
{
	pid_t pid = fork();
	int status = -1;

	if (pid < 0) {
		say("fork: %m");
		return false;
	}
	if (!pid) {
		child_begins();
		setpgid(0, 0);
		tell("SAMR_SERVICE", replica->service);
		tell("SAMR_PORT", replica->port);
		if (program)
			tell("SAMR_PID", program);
		if (dup2(fd, as) >= 0)
			execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(NOT_FOUND);
	}
	setpgid(pid, pid);
	while (status < 0)
		status = take_signal(pid);
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return true;
	if (WIFSIGNALED(status))
		say("%s: killed by signal %d", option, WTERMSIG(status));
	else
		say("%s: exit status %d", option, WEXITSTATUS(status));
	return false;
}

/* ---- giving ---- */

static void stop_giving(void)
{
	if (giving.fd >= 0)
		close(giving.fd);
	giving = (struct giving){ .fd = -1 };
}

/* At the place where its state is asked for. */
static bool save(int fd)
{
	struct snapshot s = { .kind = SNAPSHOT_SAVED };
	struct samr_info info;
	int err = door_info(&door, &info);

	if (err)
		end_out(err);
	if (!replica->save)
		s.kind = loaded || info.gseq ? SNAPSHOT_NONE : SNAPSHOT_FRESH;
	s.time = info.time > replica->start.time ? info.time : replica->start.time;
	if (!snapshot_begin(fd, &s)) {
		say("file for the state: %m");
		return false;
	}
	return !replica->save || run_hook("--save", replica->save, fd, STDOUT_FILENO);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* What is given instead: that nobody can save it. */
static void give_up(void)
{
	const struct snapshot s = { .kind = SNAPSHOT_BROKEN };

	say("service %u: its state could not be saved, %d times in a row: the replica that waits for it is told to give up",
	    replica->service, failures.count);
	failures.count = 0;
	stop_giving();
	giving.fd = memfd_create("samr-run", MFD_CLOEXEC);
	giving.failed = giving.fd < 0 || !snapshot_begin(giving.fd, &s);
}

static void fail_to_give(uint64_t asked)
{
	if (asked - failures.at > FAILED_ROW_MS + 2 * failures.took)
		failures.count = 0;
	failures.at = asked;
	failures.took = now_ms() - asked;
	giving.wait_ms = FAILED_WAIT_MS << failures.count;
	giving.failed = true;
	if (++failures.count == FAILED_MOST)
		give_up();
}

static uint64_t file_len(int fd)
{
	struct stat s;

	return fd < 0 || fstat(fd, &s) ? 0 : (uint64_t)s.st_size;
}

/* Others may have one; when all have said so who waits for it gives up. */
static void give_no_log(void)
{
	const struct snapshot s = { .kind = SNAPSHOT_NO_LOG };

	say("service %u: another replica asks for the state, and the log of input was given up",
	    replica->service);
	giving.fd = memfd_create("samr-run", MFD_CLOEXEC);
	giving.failed = giving.fd < 0 || !snapshot_begin(giving.fd, &s);
	giving.no_log = true;
	giving.len = file_len(giving.fd);
}

static void give_log(uint64_t place)
{
	stop_giving();
	giving.place = place;
	giving.fd = player_log(&giving.len);
	if (giving.fd < 0)
		give_no_log();
	else
		giving.tail_len = log_last(giving.len, giving.tail);
}

static void begin_to_give(uint64_t place)
{
	uint64_t asked = now_ms();

	if (replica->log) {
		give_log(place);
		return;
	}
	stop_giving();
	giving.fd = snapshot_file();
	if (giving.fd < 0)
		say("file for the state: %m");
	if (giving.fd >= 0 && save(giving.fd))
		failures.count = 0;
	else
		fail_to_give(asked);
	giving.len = file_len(giving.fd);
	giving.place = place;
}

/* Of a log it is known how long it was; what was written to it since then is not meant. */
static ssize_t next_piece(void)
{
	uint64_t left = giving.len - giving.at;
	ssize_t n;

	if (giving.at >= giving.len) {
		left = giving.len + giving.tail_len - giving.at;
		memcpy(bytes, giving.tail + giving.tail_len - left, left);
		return (ssize_t)left;
	}
	n = pread(giving.fd, bytes, left < DOOR_PIECE ? left : DOOR_PIECE, (off_t)giving.at);
	return n ? n : -1;
}

/* Return: may more be given at once? */
static bool give(void)
{
	ssize_t len = 0;
	int ret;

	if (!giving.failed) {
		len = next_piece();
		if (len < 0 || (!len && giving.no_log))
			giving.failed = true;
	}
	ret = door_send(&door, giving.place, bytes, len > 0 ? (size_t)len : 0,
			giving.failed ? SAMR_SEND_FAILED : len ? 0 : SAMR_SEND_LAST);
	if (ret < 0 && ret != -ESTALE)
		end_out(ret);
	if (ret < 0 || (ret && len <= 0)) {
		stop_giving();
		return false;
	}
	giving.at += ret ? (uint64_t)len : 0;
	return ret;
}

/* ---- taking ---- */

/* A state begins, and what came before is void. */
static void begin_to_take(uint64_t place)
{
	kill_program();
	if (coming >= 0)
		close(coming);
	coming = snapshot_file();
	coming_of = place;
	came = 0;
	installs = false;
	phase = LACKING;
	if (coming < 0)
		die(NO_STATE, "file for the state: %m");
}

/* Each member that has the state says that it has no log: there is none. */
static void look_no_log(void)
{
	struct samr_info info;
	struct snapshot s;
	bool none = snapshot_read(coming, &s) && s.kind == SNAPSHOT_NO_LOG;

	lseek(coming, 0, SEEK_END);
	if (!none || (!door_info(&door, &info) && ++no_logs + 1 < info.members))
		return;
	die(NO_STATE, "service %u: its other replicas have given up their log of input: what they say tells why. It begins anew when all of them have ended",
	    replica->service);
}

static void keep(size_t len)
{
	ssize_t n;
	size_t at;

	for (at = 0; at < len; at += (size_t)n) {
		n = write(coming, bytes + at, len - at);
		if (n < 0)
			die(NO_STATE, "file for the state: %m");
	}
	came += len;
	if (replica->log && came > replica->log + TAIL_MAX)
		die(NO_STATE, "service %u: the state is longer than --replay %llu allows",
		    replica->service, (unsigned long long)replica->log);
	if (came == len)
		look_no_log();
}

/* All of it is there: the program begins with it. */
static void begin_with_state(void)
{
	struct snapshot s;

	if (!snapshot_read(coming, &s))
		die(NO_STATE, "what came is no state of samr-run");
	if (s.kind == SNAPSHOT_BROKEN)
		die(NO_STATE, "service %u: --save fails at its other replicas: what they say tells why",
		    replica->service);
	if (s.kind == SNAPSHOT_LOG && !replica->log)
		die(NO_STATE, "service %u: its other replicas run with --replay", replica->service);
	if (s.kind == SNAPSHOT_NONE || (s.kind == SNAPSHOT_SAVED && !replica->load))
		die(NO_STATE, "service %u has a state already, and there is no %s: "
		    "its replicas have to be started before its first client comes",
		    replica->service, s.kind == SNAPSHOT_NONE ?
		    "--save or --replay at its other replicas" : "--load");
	loaded = s.kind == SNAPSHOT_SAVED;
	if (loaded && !run_hook("--load", replica->load, coming, STDIN_FILENO))
		die(NO_STATE, "service %u: its state could not be loaded", replica->service);
	if (s.kind == SNAPSHOT_LOG) {
		player_take(replica->service, replica->start.seed, replica->log, coming);
		coming = -1;
	} else if (replica->log) {
		player_new(replica->service, replica->start.seed, replica->log, s.time);
	}
	if (coming >= 0)
		close(coming);
	coming = -1;
	installs = true;
	start(s.time);
}

/* Return: was there something? */
static bool take(void)
{
	struct door_event e;
	int ret = door_read(&door, &e, bytes, MSG_PEEK);

	if (ret < 0)
		end_out(ret);
	if (!ret)
		return false;
	if (e.type == SAMR_TYPE_INSTALL && e.first && !(installs && e.place == coming_of))
		begin_to_take(e.place);
	/* Passed when the program listens. */
	if (e.type == SAMR_TYPE_INSTALL && e.last && !installs) {
		keep(e.len);
		begin_with_state();
		return false;
	}
	ret = door_read(&door, &e, bytes, 0);
	if (ret <= 0)
		return ret;
	if (e.type == SAMR_TYPE_SNAPSHOT)
		begin_to_give(e.place);
	else if (!e.last)
		keep(e.len);
	installs = false;
	return true;
}

/* ---- all of it ---- */

static void start_empty(uint64_t time)
{
	if (replica->log)
		player_new(replica->service, replica->start.seed, replica->log, time);
	start(time);
}

static void look_joined(void)
{
	struct samr_info info;
	int err = door_info(&door, &info);

	if (err)
		end_out(err);
	if (info.state == SAMR_MEMBER_JOINED)
		start_empty(info.time);
	else if (info.state == SAMR_MEMBER_INSTALLING)
		phase = LACKING;
}

/* While nothing is read of it: has it failed? */
static void look_failed(void)
{
	struct door_event e;
	int ret = door_read(&door, &e, bytes, MSG_PEEK);

	if (ret < 0)
		end_out(ret);
}

/* It listens, or has closed what it was given without having done so. */
static void look_ready(void)
{
	char byte;

	if (read(ready, &byte, 1) == 1)
		phase = RUNNING;
	else
		say("service %u: the program does not listen, or closes what it inherits",
		    replica->service);
	close(ready);
	ready = -1;
}

static short wanted(void)
{
	switch (phase) {
	case JOINING:
		return POLLOUT;
	case STARTING:
		return 0;
	default:
		return giving.fd >= 0 && !giving.failed ? POLLIN | POLLOUT : POLLIN;
	}
}

static void step(void)
{
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = ready, .events = POLLIN },
		{ .fd = door.fd, .events = wanted() },
		{ .fd = player_fd(), .events = POLLIN },
	};
	int n = poll(fds, 4, giving.failed ? giving.wait_ms : player_wait_ms());
	bool more;

	if (n < 0 && errno != EINTR)
		die(CANNOT, "poll: %m");
	if (fds[0].revents)
		take_signal(0);
	if (fds[1].revents)
		look_ready();
	player_step();
	if (phase == JOINING && fds[2].revents)
		look_joined();
	else if (phase == STARTING && fds[2].revents)
		look_failed();
	do
		more = (phase == LACKING || phase == RUNNING) && take();
	while (more);
	if (giving.failed ? !n : giving.fd >= 0)
		while (give())
			;
}

int replica_run(struct replica *r)
{
	sigset_t set;

	replica = r;
	open_signals(&set);
	door_open(&door, r->service, r->streams);
	for (;;)
		step();
}
