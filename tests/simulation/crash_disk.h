/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk below crash_vfs: files with what a reader sees now, what is durable, and the operations
 * between the two. Internal to the VFS.
 */
#ifndef SWAPSTACK_TESTS_CRASH_DISK_H
#define SWAPSTACK_TESTS_CRASH_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRASH_NAME_SIZE 512
#define CRASH_SECTOR    512u
#define CRASH_SHM_MAX   64
#define CRASH_SHM_LOCKS 8

struct crash_bytes {
    unsigned char *data;
    size_t length, capacity;
};

struct crash_op { /* a write of `bytes` at `offset`, or (bytes NULL) a truncation to `offset` */
    size_t offset, length;
    unsigned char *bytes;
};

struct crash_file {
    char name[CRASH_NAME_SIZE];
    struct crash_bytes now, durable;
    bool exists_durably; /* its name survives a power failure */
    bool deleted;        /* deleted, not yet durably */
    struct crash_op *ops;
    size_t op_count, op_capacity;
    int shared, reserved, pending, exclusive; /* locks held by all handles */
    unsigned char *shm[CRASH_SHM_MAX];
    int shm_users; /* handles that have it mapped */
    int shm_shared[CRASH_SHM_LOCKS];
    bool shm_exclusive[CRASH_SHM_LOCKS];
    struct crash_file *next;
};

struct crash_disk {
    struct crash_file *files;
    uint64_t random;
    bool off;
    size_t capacity;
    unsigned temporary_count;
    uint64_t bytes_written;
};

uint64_t crash_disk_random(struct crash_disk *disk, uint64_t below);
struct crash_file *crash_disk_find(struct crash_disk *disk, const char *name);
struct crash_file *crash_disk_create(struct crash_disk *disk, const char *name);
bool crash_disk_delete(struct crash_disk *disk, const char *name, bool durably);
bool crash_disk_write(struct crash_disk *disk, struct crash_file *file, const void *bytes,
                      size_t length, size_t offset); /* false: full */
void crash_disk_truncate(struct crash_disk *disk, struct crash_file *file, size_t size);
void crash_disk_sync(struct crash_disk *disk, struct crash_file *file);
void crash_disk_power_off(struct crash_disk *disk);
void crash_disk_reboot(struct crash_disk *disk);
void crash_disk_clear(struct crash_disk *disk);

size_t crash_file_read(const struct crash_file *file, void *to, size_t length, size_t offset);
bool crash_file_lock(struct crash_file *file, int *held, int level);
void crash_file_unlock(struct crash_file *file, int *held, int level);
void crash_file_unlock_all(struct crash_file *file, int held, uint16_t shared, uint16_t exclusive);
void volatile *crash_file_shm(struct crash_file *file, int region, size_t size, bool extend);
void crash_file_shm_free(struct crash_file *file);
bool crash_file_shm_lock(struct crash_file *file, int offset, int count, bool lock, bool exclusive,
                         uint16_t *shared_bits, uint16_t *exclusive_bits);

#endif
