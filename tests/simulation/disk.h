/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With --sqlite: one disk for the journal and the bridge's database, real SQLite files over
 * crash_vfs, whose power fails. The programs also look at files directly (is it a database of
 * ours? is it locked?), so each run has a folder of the same paths.
 */
#ifndef SWAPSTACK_TESTS_SIMULATION_DISK_H
#define SWAPSTACK_TESTS_SIMULATION_DISK_H

#include "crash_vfs.h"

struct sim_disk {
    struct crash_vfs *vfs;
    char folder[200];
    char database[220]; /* path of the bridge's */
};

/* NULL when the folder cannot be made. */
struct sim_disk *sim_disk_new(uint64_t seed);
/* No connection may be open. Removes the folder. */
void sim_disk_free(struct sim_disk *disk);

/* Before the database is opened: puts its beginning, and that of its journal and WAL, as they are
 * on the disk, into the folder. */
void sim_disk_mirror(const struct sim_disk *disk);

#endif
