/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of logs, and programs that log into it. */
#ifndef SWAPSTACK_TESTS_LOGS_SUPPORT_H
#define SWAPSTACK_TESTS_LOGS_SUPPORT_H

#include "shared/check.h"

#include "base/log_disk.h"
#include "base/log_line.h"
#include "base/log_store.h"
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define T0 INT64_C(1790000000000000)

static char folder[64];

static inline int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/swapstack-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    /* No journal of this machine in what is tested. */
    assert_int_equal(setenv("PATH", "/nonexistent", 1), 0);
    return 0;
}

static inline int remove_one(const char *path, const struct stat *status, int flag,
                             struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

static inline int remove_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A program that logs into folder/below. */
struct program {
    struct log_disk disk;
    struct log_disk_real real;
    struct log_store *store;
};

static inline void begin(struct program *program, const char *below, const char *name,
                         int64_t max_bytes)
{
    char path[128];
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/%s", folder, below);
    assert_int_equal(log_disk_open(&program->disk, &program->real, path, name, &err), 0);
    assert_int_equal(log_store_new(&program->store, &program->disk, max_bytes, &err), 0);
}

static inline void say(struct program *program, int64_t time_us, enum log_level level,
                       const char *module, const char *text)
{
    char line[LOG_LINE_MAX];
    log_store_write(program->store, line, log_line_format(line, time_us, level, module, text));
}

static inline void end(struct program *program)
{
    log_store_free(program->store);
    log_disk_close(&program->real);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

#endif
