/* SPDX-License-Identifier: Apache-2.0 */
/* The numbered migrations (store/schema/NNNN-name.sql), embedded at build time. */
#ifndef SWAPSTACK_STORE_MIGRATIONS_H
#define SWAPSTACK_STORE_MIGRATIONS_H

extern const char *const MIGRATIONS[]; /* [0] brings user_version from 0 to 1 … */
extern const int MIGRATION_COUNT;

#endif
