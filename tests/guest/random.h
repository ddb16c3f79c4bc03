/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers that depend only on the seed, on every machine. */
#ifndef RANDOM_H
#define RANDOM_H

struct random {
	unsigned long long state;
};

static inline void random_seed(struct random *random, unsigned long long seed)
{
	random->state = seed * 0x9e3779b97f4a7c15ULL + 1;
}

/* xorshift64*. */
static inline unsigned long long random_next(struct random *random)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;

	return random->state * 0x2545f4914f6cdd1dULL;
}

/* Below @limit. */
static inline unsigned long long random_below(struct random *random, unsigned long long limit)
{
	return random_next(random) % limit;
}

#endif
