/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers from a seed.
 *
 * Each part of the simulator has a stream of its own, so that what one part
 * draws does not change what another one gets.
 */
#ifndef SAMR_SIM_RNG_H
#define SAMR_SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

/** rng_mix - a number that looks random, of a number that does not */
static inline uint64_t rng_mix(uint64_t z)
{
	z += 0x9e3779b97f4a7c15ULL;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static inline uint64_t rng_u64(struct rng *r)
{
	uint64_t z = r->state;

	r->state += 0x9e3779b97f4a7c15ULL;
	return rng_mix(z);
}

/** rng_init - stream number @stream of @seed */
static inline void rng_init(struct rng *r, uint64_t seed, uint64_t stream)
{
	r->state = rng_mix(rng_mix(seed) ^ (stream * 0xd1342543de82ef95ULL));
}

/** rng_below - 0 .. @n - 1; 0 when @n is 0 */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	return n ? rng_u64(r) % n : 0;
}

/** rng_range - @lo .. @hi, both included */
static inline uint64_t rng_range(struct rng *r, uint64_t lo, uint64_t hi)
{
	return lo + rng_below(r, hi - lo + 1);
}

/** rng_ppm - true @ppm times in a million */
static inline bool rng_ppm(struct rng *r, uint32_t ppm)
{
	return ppm && rng_below(r, 1000000) < ppm;
}

/** rng_one_in - true once in @n */
static inline bool rng_one_in(struct rng *r, uint32_t n)
{
	return rng_below(r, n) == 0;
}

#endif /* SAMR_SIM_RNG_H */
