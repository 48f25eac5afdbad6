/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The project's part of SQL, the same in `swapctl sql` and in swapstack.so for the sqlite3 shell:
 * the tables `charge` and `charge_damage` (store/charge_table.c, store/charge_damage.c) and these
 * functions, all pure, NULL for NULL:
 *
 *   time_text(µs)          '2026-11-21T08:15:30.123456Z'
 *   time_us(text)          µs since 1970 UTC of '2026-11-21', '2026-11-21T08:15:30Z' …; an error
 *                          that names the accepted forms when the text is none of them
 *   money_text(integer)    ten-thousandths as '12.3400'
 *   chunk_check(blob)      NULL for packed samples that are whole, else what is wrong with them
 *   chunk_samples(blob)    how many samples they are; NULL when they are not whole
 *   swapstack_version()
 */
#ifndef SWAPSTACK_EXTENSION_EXTENSION_H
#define SWAPSTACK_EXTENSION_EXTENSION_H

#include <sqlite3.h>

/* Makes the functions known to a connection. SQLite's code. */
int extension_add_functions(sqlite3 *db);
/* Functions and tables; for a connection that store_open did not make. */
int extension_add(sqlite3 *db);

#endif
