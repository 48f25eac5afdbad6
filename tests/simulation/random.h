/* SPDX-License-Identifier: Apache-2.0 */
/* The only source of chance in a simulated run: one seed, one run. */
#ifndef SWAPSTACK_TESTS_SIMULATION_RANDOM_H
#define SWAPSTACK_TESTS_SIMULATION_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

/* Neighbouring seeds give unrelated sequences. */
void random_seed(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);
/* 0 .. below - 1; below >= 1. */
int64_t random_below(struct random *random, int64_t below);
/* low .. high, both included. */
int64_t random_between(struct random *random, int64_t low, int64_t high);
/* True `percent` times of a hundred. */
bool random_chance(struct random *random, int percent);
void random_fill(struct random *random, void *to, size_t length);

#endif
