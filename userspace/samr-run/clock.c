// SPDX-License-Identifier: GPL-2.0
/*
 * The time of a replica is that of what it has read last, in its place of the order: so
 * it is the same at all replicas, and stands still between two inputs. Programs that
 * listen for no service, or not yet, have the machine's.
 *
 * What the program hands to the kernel as a point in time is turned into a wait of the same
 * length.
 */
#define _GNU_SOURCE
#include "preload.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#define NS	1000000000ULL

static bool of_all(clockid_t id)
{
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return true;
	default:
		return false;	/* what a process or thread has used */
	}
}

EXPORT int clock_gettime(clockid_t id, struct timespec *t)
{
	uint64_t ns;

	if (!of_all(id) || !preload_time(&ns))
		return REAL(clock_gettime)(id, t);
	t->tv_sec = (time_t)(ns / NS);
	t->tv_nsec = (long)(ns % NS);
	return 0;
}

EXPORT int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	uint64_t ns;

	if (!preload_time(&ns))
		return REAL(gettimeofday)(t, zone);
	t->tv_sec = (time_t)(ns / NS);
	t->tv_usec = (suseconds_t)(ns % NS / 1000);
	return 0;
}

EXPORT time_t time(time_t *t)
{
	uint64_t ns;

	if (!preload_time(&ns))
		return REAL(time)(t);
	if (t)
		*t = (time_t)(ns / NS);
	return (time_t)(ns / NS);
}

EXPORT int timespec_get(struct timespec *t, int base)
{
	if (base != TIME_UTC)
		return REAL(timespec_get)(t, base);
	return clock_gettime(CLOCK_REALTIME, t) ? 0 : base;
}

/* --- points in time --- */

static int64_t ns_of(const struct timespec *t)
{
	return (int64_t)((uint64_t)t->tv_sec * NS + (uint64_t)t->tv_nsec);
}

/*
 * The point of the machine's clock @id at which @until of the group's is waited for;
 * @until itself when this process has no other time, or is no time.
 */
static const struct timespec *really(clockid_t id, const struct timespec *until,
				     struct timespec *room)
{
	struct timespec now;
	uint64_t group;
	int64_t at;

	if (!until || until->tv_sec < 0 || until->tv_nsec < 0 ||
	    until->tv_nsec >= (long)NS || until->tv_sec > INT64_MAX / (int64_t)NS / 2 ||
	    !preload_time(&group) || REAL(clock_gettime)(id, &now))
		return until;
	at = ns_of(until) - (int64_t)group;
	at = ns_of(&now) + (at > 0 ? at : 0);
	room->tv_sec = (time_t)(at / (int64_t)NS);
	room->tv_nsec = (long)(at % (int64_t)NS);
	return room;
}

/* Whichever clock the condition was told to use: a length is one by any. */
EXPORT int pthread_cond_timedwait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m,
				  const struct timespec *restrict until)
{
	struct timespec room;
	const struct timespec *at = really(CLOCK_MONOTONIC, until, &room);

	if (at == &room)
		return REAL(pthread_cond_clockwait)(c, m, CLOCK_MONOTONIC, at);
	return REAL(pthread_cond_timedwait)(c, m, until);
}

EXPORT int pthread_cond_clockwait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m,
				  clockid_t id, const struct timespec *restrict until)
{
	struct timespec room;

	return REAL(pthread_cond_clockwait)(c, m, id, really(id, until, &room));
}

EXPORT int pthread_mutex_timedlock(pthread_mutex_t *restrict m,
				   const struct timespec *restrict until)
{
	struct timespec room;

	return REAL(pthread_mutex_timedlock)(m, really(CLOCK_REALTIME, until, &room));
}

EXPORT int sem_timedwait(sem_t *restrict s, const struct timespec *restrict until)
{
	struct timespec room;

	return REAL(sem_timedwait)(s, really(CLOCK_REALTIME, until, &room));
}

EXPORT int clock_nanosleep(clockid_t id, int flags, const struct timespec *t,
			   struct timespec *left)
{
	struct timespec room;

	if (flags & TIMER_ABSTIME && of_all(id))
		t = really(id, t, &room);
	return REAL(clock_nanosleep)(id, flags, t, left);
}

EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *new,
			   struct itimerspec *old)
{
	struct itimerspec real = *new;
	struct timespec room;

	/* Its clock is not known here: a first length is one by any of them. */
	if (flags & TFD_TIMER_ABSTIME && (new->it_value.tv_sec || new->it_value.tv_nsec) &&
	    really(CLOCK_MONOTONIC, &new->it_value, &room) == &room) {
		struct timespec now;
		int64_t wait;

		REAL(clock_gettime)(CLOCK_MONOTONIC, &now);
		wait = ns_of(&room) - ns_of(&now);
		wait = wait > 0 ? wait : 1;
		real.it_value.tv_sec = (time_t)(wait / (int64_t)NS);
		real.it_value.tv_nsec = (long)(wait % (int64_t)NS);
		flags &= ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
	}
	return REAL(timerfd_settime)(fd, flags, &real, old);
}
