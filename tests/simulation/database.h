/* SPDX-License-Identifier: Apache-2.0 */
/* An empty database per run: the tables are emptied, which is a hundred times cheaper than running
 * the migrations again. */
#ifndef SWAPSTACK_TESTS_SIMULATION_DATABASE_H
#define SWAPSTACK_TESTS_SIMULATION_DATABASE_H

struct store;

/* Aborts when it cannot be made. */
struct store *database_open(void);
void database_empty(struct store *store);

#endif
