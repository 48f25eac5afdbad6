/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of logs, and programs that log into it. */
#ifndef SWAPSTACK_TESTS_LOGS_SUPPORT_H
#define SWAPSTACK_TESTS_LOGS_SUPPORT_H

#include "shared/folder.h"

#include "base/log_disk.h"
#include "base/log_line.h"
#include "base/log_store.h"
#include <stdlib.h>
#include <unistd.h>

#define T0 INT64_C(1790000000000000)

static inline int make_log_folder(void **state)
{
    /* No journal of this machine in what is tested. */
    assert_int_equal(setenv("PATH", "/nonexistent", 1), 0);
    return make_folder(state);
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

#define IN_LOG_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_log_folder, remove_folder)

#endif
