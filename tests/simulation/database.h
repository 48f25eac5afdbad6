/* SPDX-License-Identifier: Apache-2.0 */
/* One database for run after run: its rows are deleted between them, which is cheaper than running
 * the migrations again and leaves the prepared statements valid. */
#ifndef SWAPSTACK_TESTS_SIMULATION_DATABASE_H
#define SWAPSTACK_TESTS_SIMULATION_DATABASE_H

#include "store/store.h"

struct database {
    struct store *store;
    char *script; /* owned: empties it */
};

/* Aborts when it cannot be made. */
void database_open(struct database *database);
void database_empty(const struct database *database);
void database_close(struct database *database);

#endif
