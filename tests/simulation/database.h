/* SPDX-License-Identifier: Apache-2.0 */
/* An empty database per run: copied page by page from one that was made once, which is cheaper than
 * running the migrations again, and leaves no page behind that a run could find free. */
#ifndef SWAPSTACK_TESTS_SIMULATION_DATABASE_H
#define SWAPSTACK_TESTS_SIMULATION_DATABASE_H

#include "store/store.h"

struct database {
    struct store *store;
    sqlite3 *empty; /* owned: as it was made */
};

/* Aborts when it cannot be made. */
void database_open(struct database *database);
void database_empty(const struct database *database);
void database_close(struct database *database);

#endif
