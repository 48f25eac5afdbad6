/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SQLite VFS whose files live in memory and whose power can fail. Writes, truncations and
 * deletions are visible at once; writes become durable with xSync of their file, deletions with the
 * next xSync of any file (as on a journaling file system). When the power fails,
 * each unsynced write is applied, dropped or torn at random (a prefix in 512-byte sectors, or one
 * sector of garbage inside the written range, never outside it: SQLITE_IOCAP_POWERSAFE_OVERWRITE,
 * as the unix VFS promises); afterwards every call fails until crash_vfs_reboot.
 *
 * Files and shared memory are shared by all connections of this process. One thread.
 */
#ifndef SWAPSTACK_TESTS_CRASH_VFS_H
#define SWAPSTACK_TESTS_CRASH_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crash_vfs;

/* Makes an empty disk and registers it as SQLite's default VFS. */
struct crash_vfs *crash_vfs_new(uint64_t seed);
/* Unregisters and releases. No connection may be open. */
void crash_vfs_free(struct crash_vfs *vfs);

/* The power fails inside the `sync`-th xSync from now (1: the next; 0: never), before that file
 * becomes durable. */
void crash_vfs_fail_at_sync(struct crash_vfs *vfs, uint64_t sync);
/* The power fails now. */
void crash_vfs_power_off(struct crash_vfs *vfs);
bool crash_vfs_is_off(const struct crash_vfs *vfs);
/* Power is back: what is on the disk is what was durable or happened to be applied. All
 * connections from before must have been closed (closing works while the power is off). */
void crash_vfs_reboot(struct crash_vfs *vfs);

/* Bytes that the disk holds at most (0: no bound); beyond it writes fail with SQLITE_FULL. */
void crash_vfs_set_capacity(struct crash_vfs *vfs, size_t bytes);
/* Removes a file as if it had never been (an administrator's rm). */
void crash_vfs_remove(struct crash_vfs *vfs, const char *name);

uint64_t crash_vfs_sync_count(const struct crash_vfs *vfs);
uint64_t crash_vfs_bytes_written(const struct crash_vfs *vfs);

#endif
