/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cleanup by scope: a local that owns something releases it when it goes out of scope, whichever
 * way the function ends. To hand the resource on, use SCOPE_STEAL.
 */
#ifndef SWAPSTACK_BASE_SCOPE_H
#define SWAPSTACK_BASE_SCOPE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCOPE(cleanup_function) __attribute__((cleanup(cleanup_function)))
#define SCOPE_FREE              SCOPE(scope_free)
#define SCOPE_CLOSE             SCOPE(scope_close)
#define SCOPE_FCLOSE            SCOPE(scope_fclose)

/* Yields the pointer and leaves NULL behind, so that the scope's end releases nothing. */
#define SCOPE_STEAL(pointer)                                                                       \
    __extension__({                                                                                \
        __typeof__(pointer) scope_stolen_ = (pointer);                                             \
        (pointer) = NULL;                                                                          \
        scope_stolen_;                                                                             \
    })

static inline void scope_free(void *pointer_to_pointer)
{
    free(*(void **)pointer_to_pointer);
}

static inline void scope_close(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static inline void scope_fclose(FILE **file)
{
    if (*file)
        (void)fclose(*file);
}

#endif
