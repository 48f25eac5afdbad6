/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

#include <assert.h>
#include <dirent.h>
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

void sim_disk_mirror(const struct sim_disk *disk)
{
    unsigned char header[HEADER_SIZE];
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    sqlite3_int64 size = 0;
    assert(file);
    (void)unlink(disk->database);
    if (vfs->xOpen(vfs, disk->database, file, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
        if (file->pMethods->xFileSize(file, &size) == SQLITE_OK && size >= HEADER_SIZE &&
            file->pMethods->xRead(file, header, HEADER_SIZE, 0) == SQLITE_OK) {
            FILE *to = fopen(disk->database, "wb");
            assert(to);
            (void)fwrite(header, 1, HEADER_SIZE, to);
            (void)fclose(to);
        }
        (void)file->pMethods->xClose(file);
    }
    free(file);
}
