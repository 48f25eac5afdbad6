/* SPDX-License-Identifier: Apache-2.0 */
#include "crash_vfs.h"
#include "crash_disk.h"
#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct crash_vfs {
    sqlite3_vfs base;
    sqlite3_vfs *real; /* for time, randomness, paths */
    struct crash_disk disk;
    uint64_t fail_at_sync; /* counts down; 0: never */
    uint64_t sync_count;
    int connections;
};

/* One open file of one connection. SQLite allocates it (szOsFile). */
struct crash_handle {
    sqlite3_file base;
    struct crash_vfs *vfs;
    struct crash_file *file;
    bool delete_on_close;
    int lock;                           /* SQLITE_LOCK_… held by this handle */
    uint16_t shm_shared, shm_exclusive; /* bits of the eight WAL locks held */
    bool shm_mapped;
};

static struct crash_handle *as_handle(sqlite3_file *file)
{
    return (struct crash_handle *)(void *)file;
}

static int handle_close(sqlite3_file *file)
{
    struct crash_handle *handle = as_handle(file);
    handle->vfs->connections--;
    crash_file_unlock_all(handle->file, handle->lock, handle->shm_shared, handle->shm_exclusive);
    if (handle->delete_on_close)
        crash_disk_delete(&handle->vfs->disk, handle->file->name, true);
    return SQLITE_OK;
}

static int handle_read(sqlite3_file *file, void *to, int length, sqlite3_int64 offset)
{
    struct crash_handle *handle = as_handle(file);
    if (handle->vfs->disk.off)
        return SQLITE_IOERR_READ;
    size_t got = crash_file_read(handle->file, to, (size_t)length, (size_t)offset);
    if (got == (size_t)length)
        return SQLITE_OK;
    memset((char *)to + got, 0, (size_t)length - got);
    return SQLITE_IOERR_SHORT_READ;
}

static int handle_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    struct crash_handle *handle = as_handle(file);
    if (handle->vfs->disk.off)
        return SQLITE_IOERR_WRITE;
    if (!crash_disk_write(&handle->vfs->disk, handle->file, bytes, (size_t)length, (size_t)offset))
        return SQLITE_FULL;
    return SQLITE_OK;
}

static int handle_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct crash_handle *handle = as_handle(file);
    if (handle->vfs->disk.off)
        return SQLITE_IOERR_TRUNCATE;
    crash_disk_truncate(&handle->vfs->disk, handle->file, (size_t)size);
    return SQLITE_OK;
}

static int handle_sync(sqlite3_file *file, int flags)
{
    struct crash_handle *handle = as_handle(file);
    struct crash_vfs *vfs = handle->vfs;
    (void)flags;
    if (vfs->disk.off)
        return SQLITE_IOERR_FSYNC;
    vfs->sync_count++;
    if (vfs->fail_at_sync > 0 && --vfs->fail_at_sync == 0) {
        crash_disk_power_off(&vfs->disk);
        return SQLITE_IOERR_FSYNC;
    }
    crash_disk_sync(&vfs->disk, handle->file);
    return SQLITE_OK;
}

static int handle_size(sqlite3_file *file, sqlite3_int64 *size)
{
    struct crash_handle *handle = as_handle(file);
    if (handle->vfs->disk.off)
        return SQLITE_IOERR_FSTAT;
    *size = (sqlite3_int64)handle->file->now.length;
    return SQLITE_OK;
}

static int handle_lock(sqlite3_file *file, int level)
{
    struct crash_handle *handle = as_handle(file);
    if (!crash_file_lock(handle->file, &handle->lock, level))
        return SQLITE_BUSY;
    return SQLITE_OK;
}

static int handle_unlock(sqlite3_file *file, int level)
{
    struct crash_handle *handle = as_handle(file);
    crash_file_unlock(handle->file, &handle->lock, level);
    return SQLITE_OK;
}

static int handle_check_reserved(sqlite3_file *file, int *reserved)
{
    *reserved = as_handle(file)->file->reserved;
    return SQLITE_OK;
}

static int handle_control(sqlite3_file *file, int op, void *argument)
{
    (void)file;
    (void)op;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int handle_sector_size(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

static int handle_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int handle_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **map)
{
    struct crash_handle *handle = as_handle(file);
    if (!handle->shm_mapped)
        handle->file->shm_users++;
    handle->shm_mapped = true;
    *map = crash_file_shm(handle->file, region, (size_t)size, extend != 0);
    return SQLITE_OK;
}

static int handle_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    struct crash_handle *handle = as_handle(file);
    bool ok = crash_file_shm_lock(handle->file, offset, count, (flags & SQLITE_SHM_LOCK) != 0,
                                  (flags & SQLITE_SHM_EXCLUSIVE) != 0, &handle->shm_shared,
                                  &handle->shm_exclusive);
    return ok ? SQLITE_OK : SQLITE_BUSY;
}

static void handle_shm_barrier(sqlite3_file *file)
{
    (void)file;
}

static int handle_shm_unmap(sqlite3_file *file, int delete_it)
{
    struct crash_handle *handle = as_handle(file);
    (void)delete_it;
    /* As the unix VFS: what the last one leaves behind is not believed by the next first one. */
    if (handle->shm_mapped && --handle->file->shm_users == 0)
        crash_file_shm_free(handle->file);
    handle->shm_mapped = false;
    return SQLITE_OK;
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 2,
    .xClose = handle_close,
    .xRead = handle_read,
    .xWrite = handle_write,
    .xTruncate = handle_truncate,
    .xSync = handle_sync,
    .xFileSize = handle_size,
    .xLock = handle_lock,
    .xUnlock = handle_unlock,
    .xCheckReservedLock = handle_check_reserved,
    .xFileControl = handle_control,
    .xSectorSize = handle_sector_size,
    .xDeviceCharacteristics = handle_characteristics,
    .xShmMap = handle_shm_map,
    .xShmLock = handle_shm_lock,
    .xShmBarrier = handle_shm_barrier,
    .xShmUnmap = handle_shm_unmap,
};

static struct crash_vfs *as_vfs(sqlite3_vfs *base)
{
    return (struct crash_vfs *)(void *)base;
}

static int vfs_open(sqlite3_vfs *base, const char *name, sqlite3_file *file, int flags,
                    int *out_flags)
{
    struct crash_vfs *vfs = as_vfs(base);
    struct crash_handle *handle = as_handle(file);
    char temporary[32];
    memset(handle, 0, sizeof *handle);
    if (vfs->disk.off)
        return SQLITE_CANTOPEN;
    if (!name) {
        snprintf(temporary, sizeof temporary, "#temporary-%u", vfs->disk.temporary_count++);
        name = temporary;
    }
    handle->file = crash_disk_find(&vfs->disk, name);
    if (!handle->file) {
        if (!(flags & SQLITE_OPEN_CREATE))
            return SQLITE_CANTOPEN;
        handle->file = crash_disk_create(&vfs->disk, name);
    }
    handle->vfs = vfs;
    handle->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    handle->base.pMethods = &METHODS;
    vfs->connections++;
    if (out_flags)
        *out_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *base, const char *name, int sync_directory)
{
    struct crash_vfs *vfs = as_vfs(base);
    if (vfs->disk.off)
        return SQLITE_IOERR_DELETE;
    return crash_disk_delete(&vfs->disk, name, sync_directory != 0) ? SQLITE_OK
                                                                    : SQLITE_IOERR_DELETE_NOENT;
}

static int vfs_access(sqlite3_vfs *base, const char *name, int flags, int *result)
{
    struct crash_vfs *vfs = as_vfs(base);
    struct crash_file *file = crash_disk_find(&vfs->disk, name);
    /* As the unix VFS: an empty file does not count as existing. */
    *result = file && (flags != SQLITE_ACCESS_EXISTS || file->now.length > 0);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *base, const char *name, int size, char *to)
{
    (void)base;
    return snprintf(to, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *base, int length, char *to)
{
    struct crash_vfs *vfs = as_vfs(base);
    for (int i = 0; i < length; i++)
        to[i] = (char)crash_disk_random(&vfs->disk, 256);
    return length;
}

static int vfs_sleep(sqlite3_vfs *base, int us)
{
    (void)base; /* nobody else runs: waiting would not help */
    return us;
}

static int vfs_time(sqlite3_vfs *base, sqlite3_int64 *now)
{
    struct crash_vfs *vfs = as_vfs(base);
    return vfs->real->xCurrentTimeInt64(vfs->real, now);
}

static int vfs_last_error(sqlite3_vfs *base, int size, char *to)
{
    (void)base;
    if (size > 0)
        to[0] = '\0';
    return 0;
}

struct crash_vfs *crash_vfs_new(uint64_t seed)
{
    struct crash_vfs *vfs = calloc(1, sizeof *vfs);
    assert(vfs);
    vfs->real = sqlite3_vfs_find("unix");
    assert(vfs->real);
    vfs->disk.random = seed * 2 + 1;
    vfs->base = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(struct crash_handle),
        .mxPathname = 512,
        .zName = "crash",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_time,
    };
    int rc = sqlite3_vfs_register(&vfs->base, 1);
    assert(rc == SQLITE_OK);
    (void)rc;
    return vfs;
}

void crash_vfs_free(struct crash_vfs *vfs)
{
    if (!vfs)
        return;
    assert(vfs->connections == 0);
    sqlite3_vfs_unregister(&vfs->base);
    sqlite3_vfs_register(vfs->real, 1);
    crash_disk_clear(&vfs->disk);
    free(vfs);
}

void crash_vfs_fail_at_sync(struct crash_vfs *vfs, uint64_t sync)
{
    vfs->fail_at_sync = sync;
}

void crash_vfs_power_off(struct crash_vfs *vfs)
{
    crash_disk_power_off(&vfs->disk);
}

bool crash_vfs_is_off(const struct crash_vfs *vfs)
{
    return vfs->disk.off;
}

void crash_vfs_reboot(struct crash_vfs *vfs)
{
    assert(vfs->connections == 0);
    crash_disk_reboot(&vfs->disk);
    vfs->fail_at_sync = 0;
}

void crash_vfs_set_capacity(struct crash_vfs *vfs, size_t bytes)
{
    vfs->disk.capacity = bytes;
}

void crash_vfs_remove(struct crash_vfs *vfs, const char *name)
{
    crash_disk_delete(&vfs->disk, name, true);
}

uint64_t crash_vfs_sync_count(const struct crash_vfs *vfs)
{
    return vfs->sync_count;
}

uint64_t crash_vfs_bytes_written(const struct crash_vfs *vfs)
{
    return vfs->disk.bytes_written;
}
