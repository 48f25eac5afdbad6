/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

#include <assert.h>
#include <dirent.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER_SIZE 100 /* of an SQLite file: all that is looked at without SQLite */

struct sim_disk *sim_disk_new(uint64_t seed)
{
    struct sim_disk *disk = calloc(1, sizeof *disk);
    const char *base = getenv("TMPDIR");
    assert(disk);
    (void)snprintf(disk->folder, sizeof disk->folder, "%.150s/swapstack-simulation-XXXXXX",
                   base ? base : "/tmp");
    if (!mkdtemp(disk->folder)) {
        free(disk);
        return NULL;
    }
    (void)snprintf(disk->database, sizeof disk->database, "%s/bridge.db", disk->folder);
    disk->vfs = crash_vfs_new(seed);
    /* SQLite draws salts and names from one generator per process: a seed must find it the same. */
    (void)sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, (int)(seed % INT_MAX) + 1, NULL);
    return disk;
}

void sim_disk_free(struct sim_disk *disk)
{
    if (!disk)
        return;
    crash_vfs_free(disk->vfs);
    DIR *listing = opendir(disk->folder);
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        char name[500];
        (void)snprintf(name, sizeof name, "%s/%s", disk->folder, entry->d_name);
        (void)unlink(name);
    }
    if (listing)
        (void)closedir(listing);
    (void)rmdir(disk->folder);
    free(disk);
}

/* The beginning of one file; what is not on the disk is not in the folder. */
static void mirror(const char *name)
{
    unsigned char head[HEADER_SIZE];
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    sqlite3_int64 size = 0;
    assert(file);
    (void)unlink(name);
    if (vfs->xOpen(vfs, name, file, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
        int length = 0;
        if (file->pMethods->xFileSize(file, &size) == SQLITE_OK && size > 0)
            length = size < HEADER_SIZE ? (int)size : HEADER_SIZE;
        if (length > 0 && file->pMethods->xRead(file, head, length, 0) == SQLITE_OK) {
            FILE *to = fopen(name, "wb");
            assert(to);
            (void)fwrite(head, 1, (size_t)length, to);
            (void)fclose(to);
        }
        (void)file->pMethods->xClose(file);
    }
    free(file);
}

void sim_disk_mirror(const struct sim_disk *disk)
{
    static const char *const SUFFIXES[] = {"", "-journal", "-wal"};
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++) {
        char name[sizeof disk->database + 16];
        (void)snprintf(name, sizeof name, "%s%s", disk->database, SUFFIXES[i]);
        mirror(name);
    }
}
