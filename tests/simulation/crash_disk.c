/* SPDX-License-Identifier: Apache-2.0 */
#include "crash_disk.h"
#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* xorshift64*: small, seeded, good enough to choose among fates. */
uint64_t crash_disk_random(struct crash_disk *disk, uint64_t below)
{
    disk->random ^= disk->random >> 12;
    disk->random ^= disk->random << 25;
    disk->random ^= disk->random >> 27;
    return (disk->random * UINT64_C(2685821657736338717) >> 33) % below;
}

static void bytes_resize(struct crash_bytes *bytes, size_t length)
{
    if (length > bytes->capacity) {
        size_t capacity = bytes->capacity ? bytes->capacity : 4096;
        while (capacity < length)
            capacity *= 2;
        bytes->data = realloc(bytes->data, capacity);
        assert(bytes->data);
        bytes->capacity = capacity;
    }
    if (length > bytes->length)
        memset(bytes->data + bytes->length, 0, length - bytes->length);
    bytes->length = length;
}

static void bytes_write(struct crash_bytes *to, const void *bytes, size_t length, size_t offset)
{
    if (length == 0)
        return;
    if (offset + length > to->length)
        bytes_resize(to, offset + length);
    memcpy(to->data + offset, bytes, length);
}

static void bytes_copy(struct crash_bytes *to, const struct crash_bytes *from)
{
    bytes_resize(to, from->length);
    if (from->length > 0)
        memcpy(to->data, from->data, from->length);
}

static void ops_clear(struct crash_file *file)
{
    for (size_t i = 0; i < file->op_count; i++)
        free(file->ops[i].bytes);
    file->op_count = 0;
}

static void ops_add(struct crash_file *file, const void *bytes, size_t length, size_t offset)
{
    if (file->op_count == file->op_capacity) {
        file->op_capacity = file->op_capacity ? 2 * file->op_capacity : 16;
        file->ops = realloc(file->ops, file->op_capacity * sizeof *file->ops);
        assert(file->ops);
    }
    struct crash_op *op = &file->ops[file->op_count++];
    *op = (struct crash_op){.offset = offset, .length = length};
    if (bytes) {
        op->bytes = malloc(length ? length : 1);
        assert(op->bytes);
        memcpy(op->bytes, bytes, length);
    }
}

struct crash_file *crash_disk_find(struct crash_disk *disk, const char *name)
{
    for (struct crash_file *file = disk->files; file; file = file->next)
        if (!file->deleted && strcmp(file->name, name) == 0)
            return file;
    return NULL;
}

struct crash_file *crash_disk_create(struct crash_disk *disk, const char *name)
{
    struct crash_file *file = calloc(1, sizeof *file);
    assert(file && strlen(name) < sizeof file->name);
    snprintf(file->name, sizeof file->name, "%s", name);
    file->next = disk->files;
    disk->files = file;
    return file;
}

static void file_release(struct crash_file *file)
{
    ops_clear(file);
    crash_file_shm_free(file);
    free(file->ops);
    free(file->now.data);
    free(file->durable.data);
    free(file);
}

static void disk_unlink(struct crash_disk *disk, struct crash_file *gone)
{
    struct crash_file **link = &disk->files;
    while (*link != gone)
        link = &(*link)->next;
    *link = gone->next;
    file_release(gone);
}

bool crash_disk_delete(struct crash_disk *disk, const char *name, bool durably)
{
    struct crash_file *file = crash_disk_find(disk, name);
    if (!file)
        return false;
    if (durably || !file->exists_durably)
        disk_unlink(disk, file);
    else
        file->deleted = true;
    return true;
}

static size_t disk_used(const struct crash_disk *disk)
{
    size_t used = 0;
    for (const struct crash_file *file = disk->files; file; file = file->next)
        used += file->now.length;
    return used;
}

bool crash_disk_write(struct crash_disk *disk, struct crash_file *file, const void *bytes,
                      size_t length, size_t offset)
{
    size_t grows = offset + length > file->now.length ? offset + length - file->now.length : 0;
    if (disk->capacity > 0 && grows > 0 && disk_used(disk) + grows > disk->capacity)
        return false;
    bytes_write(&file->now, bytes, length, offset);
    ops_add(file, bytes, length, offset);
    disk->bytes_written += length;
    return true;
}

void crash_disk_truncate(struct crash_disk *disk, struct crash_file *file, size_t size)
{
    (void)disk;
    bytes_resize(&file->now, size);
    ops_add(file, NULL, 0, size);
}

/* What became of one unsynced operation: applied, dropped, torn, or garbage within its range. */
static void op_settle(struct crash_disk *disk, struct crash_file *file, const struct crash_op *op)
{
    uint64_t fate = crash_disk_random(disk, 4);
    if (fate == 0)
        return;
    if (!op->bytes) {
        bytes_resize(&file->durable, op->offset);
        return;
    }
    size_t length = op->length;
    if (fate == 1) /* torn: whole sectors of a prefix */
        length = crash_disk_random(disk, length / CRASH_SECTOR + 1) * CRASH_SECTOR;
    bytes_write(&file->durable, op->bytes, length, op->offset);
    if (fate == 2 && length > 0) {
        size_t at =
            crash_disk_random(disk, (length + CRASH_SECTOR - 1) / CRASH_SECTOR) * CRASH_SECTOR;
        for (size_t i = at; i < length && i < at + CRASH_SECTOR; i++)
            file->durable.data[op->offset + i] = (unsigned char)crash_disk_random(disk, 256);
    }
}

/* A journaling file system commits earlier deletions with the next fsync of any file. */
static void disk_commit_deletions(struct crash_disk *disk)
{
    struct crash_file *next;
    for (struct crash_file *file = disk->files; file; file = next) {
        next = file->next;
        if (file->deleted)
            disk_unlink(disk, file);
    }
}

/* A deletion that was not durable may not have happened. Where a new file took the name, the name
 * leads to one of both: to the old one only while nothing made the new one's entry durable. */
static void undelete(struct crash_disk *disk, struct crash_file *file)
{
    if (crash_disk_random(disk, 2) != 0)
        return;
    struct crash_file *newer = crash_disk_find(disk, file->name);
    if (!newer)
        file->deleted = false;
    else if (!newer->exists_durably)
        bytes_copy(&newer->durable, &file->durable);
}

void crash_disk_power_off(struct crash_disk *disk)
{
    if (disk->off)
        return;
    disk->off = true;
    for (struct crash_file *file = disk->files; file; file = file->next) {
        for (size_t i = 0; i < file->op_count; i++)
            op_settle(disk, file, &file->ops[i]);
        ops_clear(file);
        /* A name without a synced directory entry survives or not; its handles live on, so the
         * file is only emptied here. */
        if (!file->exists_durably && crash_disk_random(disk, 2) == 0)
            bytes_resize(&file->durable, 0);
    }
    for (struct crash_file *file = disk->files; file; file = file->next)
        if (file->deleted)
            undelete(disk, file);
    for (struct crash_file *file = disk->files; file; file = file->next)
        bytes_copy(&file->now, &file->durable);
}

void crash_disk_reboot(struct crash_disk *disk)
{
    disk->off = false;
    disk_commit_deletions(disk); /* those that the failure did not undo */
    for (struct crash_file *file = disk->files; file; file = file->next)
        crash_file_shm_free(file); /* shared memory was RAM */
}

void crash_disk_clear(struct crash_disk *disk)
{
    while (disk->files)
        disk_unlink(disk, disk->files);
}

size_t crash_file_read(const struct crash_file *file, void *to, size_t length, size_t offset)
{
    if (offset >= file->now.length)
        return 0;
    size_t got = file->now.length - offset < length ? file->now.length - offset : length;
    memcpy(to, file->now.data + offset, got);
    return got;
}

void crash_disk_sync(struct crash_disk *disk, struct crash_file *file)
{
    disk_commit_deletions(disk);
    for (size_t i = 0; i < file->op_count; i++) {
        const struct crash_op *op = &file->ops[i];
        if (op->bytes)
            bytes_write(&file->durable, op->bytes, op->length, op->offset);
        else
            bytes_resize(&file->durable, op->offset);
    }
    ops_clear(file);
    file->exists_durably = true;
}

/* SQLite's five lock levels among the handles of this process (sqlite.org/lockingv3.html). */
bool crash_file_lock(struct crash_file *file, int *held, int level)
{
    if (level <= *held)
        return true;
    if (level == SQLITE_LOCK_SHARED) {
        if (file->pending || file->exclusive)
            return false;
        file->shared++;
    } else if (level == SQLITE_LOCK_RESERVED) {
        if (file->reserved)
            return false;
        file->reserved = 1;
    } else {
        if ((file->pending && *held < SQLITE_LOCK_PENDING) ||
            (file->reserved && *held < SQLITE_LOCK_RESERVED))
            return false;
        file->reserved = file->pending = 1;
        if (file->shared > 1) {
            *held = SQLITE_LOCK_PENDING;
            return false;
        }
        file->exclusive = 1;
    }
    *held = level;
    return true;
}

void crash_file_unlock(struct crash_file *file, int *held, int level)
{
    if (*held >= SQLITE_LOCK_RESERVED && level < SQLITE_LOCK_RESERVED)
        file->reserved = file->pending = file->exclusive = 0;
    if (*held >= SQLITE_LOCK_SHARED && level < SQLITE_LOCK_SHARED)
        file->shared--;
    if (level < *held)
        *held = level;
}

void crash_file_unlock_all(struct crash_file *file, int held, uint16_t shared, uint16_t exclusive)
{
    crash_file_unlock(file, &held, SQLITE_LOCK_NONE);
    for (int i = 0; i < CRASH_SHM_LOCKS; i++) {
        if (shared & (1u << i))
            file->shm_shared[i]--;
        if (exclusive & (1u << i))
            file->shm_exclusive[i] = false;
    }
}

void volatile *crash_file_shm(struct crash_file *file, int region, size_t size, bool extend)
{
    assert(region < CRASH_SHM_MAX);
    if (!file->shm[region] && extend) {
        file->shm[region] = calloc(1, size);
        assert(file->shm[region]);
    }
    return file->shm[region];
}

void crash_file_shm_free(struct crash_file *file)
{
    for (int i = 0; i < CRASH_SHM_MAX; i++) {
        free(file->shm[i]);
        file->shm[i] = NULL;
    }
}

bool crash_file_shm_lock(struct crash_file *file, int offset, int count, bool lock, bool exclusive,
                         uint16_t *shared_bits, uint16_t *exclusive_bits)
{
    for (int i = offset; lock && i < offset + count; i++) {
        int others = file->shm_shared[i] - ((*shared_bits >> i) & 1);
        bool mine = (*exclusive_bits >> i) & 1;
        if ((file->shm_exclusive[i] && !mine) || (exclusive && others > 0))
            return false;
    }
    for (int i = offset; i < offset + count; i++) {
        uint16_t bit = (uint16_t)(1u << i);
        uint16_t *bits = exclusive ? exclusive_bits : shared_bits;
        if (((*bits & bit) != 0) == lock)
            continue;
        *bits = (uint16_t)(*bits ^ bit);
        if (exclusive)
            file->shm_exclusive[i] = lock;
        else
            file->shm_shared[i] += lock ? 1 : -1;
    }
    return true;
}
