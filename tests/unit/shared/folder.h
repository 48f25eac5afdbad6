/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for the time of a test: IN_FOLDER(test) makes it before and removes it after. */
#ifndef SWAPSTACK_TESTS_FOLDER_H
#define SWAPSTACK_TESTS_FOLDER_H

#include "shared/check.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>

static char folder[64];

static inline int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/swapstack-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
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

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

#endif
