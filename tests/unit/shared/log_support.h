/* SPDX-License-Identifier: Apache-2.0 */
/* A disk in memory for log_store: of limited size, that fails at a chosen call, and forgets what
 * was not made durable. */
#ifndef SWAPSTACK_TESTS_LOG_SUPPORT_H
#define SWAPSTACK_TESTS_LOG_SUPPORT_H

#include "shared/check.h"

#include "base/log_line.h"
#include "base/log_store.h"
#include "base/strbuf.h"
#include <errno.h>
#include <stdlib.h>

#define FAKE_FILES 64

struct fake_file {
    uint32_t number; /* 0: removed, or never there */
    size_t durable;  /* bytes that survive a power loss */
    struct strbuf bytes;
};

struct fake_disk {
    struct log_disk disk;
    struct fake_file files[FAKE_FILES];
    int64_t size, used; /* bytes; a disk that is full takes what fits */
    int64_t now_us;
    int calls, fail_at, fail_with; /* the call of that number fails once; 0: none */
    int open_handles, most_handles;
    int64_t most_used;
    int names_synced;
};

static inline bool fake_fails(struct fake_disk *fake)
{
    return ++fake->calls == fake->fail_at;
}

static inline int fake_list(void *self, void (*each)(void *to, uint32_t number, int64_t bytes),
                            void *to)
{
    struct fake_disk *fake = self;
    if (fake_fails(fake))
        return -fake->fail_with;
    for (size_t i = FAKE_FILES; i-- > 0;)
        if (fake->files[i].number)
            each(to, fake->files[i].number, (int64_t)fake->files[i].bytes.length);
    return 0;
}

/* A handle is the file's place and how often it was given out does not matter. */
static inline int fake_open(void *self, uint32_t number, int64_t *bytes, bool *torn)
{
    struct fake_disk *fake = self;
    if (fake_fails(fake))
        return -fake->fail_with;
    int place = -1;
    for (int i = FAKE_FILES - 1; i >= 0; i--) {
        if (fake->files[i].number == number) {
            place = i;
            break;
        }
        if (fake->files[i].number == 0 && fake->files[i].bytes.text == NULL)
            place = i;
    }
    assert_true(place >= 0);
    struct fake_file *file = &fake->files[place];
    file->number = number;
    *bytes = (int64_t)file->bytes.length;
    *torn = file->bytes.length > 0 && file->bytes.text[file->bytes.length - 1] != '\n';
    if (++fake->open_handles > fake->most_handles)
        fake->most_handles = fake->open_handles;
    return place;
}

static inline ssize_t fake_append(void *self, int handle, const void *bytes, size_t length)
{
    struct fake_disk *fake = self;
    if (fake_fails(fake))
        return -fake->fail_with;
    if (fake->used >= fake->size)
        return -ENOSPC;
    size_t fits = (size_t)(fake->size - fake->used);
    size_t n = length < fits ? length : fits;
    strbuf_append(&fake->files[handle].bytes, bytes, n);
    fake->used += (int64_t)n;
    if (fake->used > fake->most_used)
        fake->most_used = fake->used;
    return (ssize_t)n;
}

static inline int fake_share(void *self, int handle)
{
    struct fake_disk *fake = self;
    if (fake_fails(fake))
        return -fake->fail_with;
    fake->open_handles++;
    return handle;
}

static inline int fake_sync(void *self, int handle)
{
    struct fake_disk *fake = self;
    if (fake_fails(fake))
        return -fake->fail_with;
    fake->files[handle].durable = fake->files[handle].bytes.length;
    return 0;
}

static inline int fake_sync_names(void *self)
{
    struct fake_disk *fake = self;
    if (fake_fails(fake))
        return -fake->fail_with;
    fake->names_synced++;
    return 0;
}

static inline void fake_close(void *self, int handle)
{
    struct fake_disk *fake = self;
    (void)handle;
    fake->open_handles--;
    assert_true(fake->open_handles >= 0);
}

static inline int fake_remove(void *self, uint32_t number)
{
    struct fake_disk *fake = self;
    if (fake_fails(fake))
        return -fake->fail_with;
    for (size_t i = 0; i < FAKE_FILES; i++) {
        if (fake->files[i].number == number) {
            fake->used -= (int64_t)fake->files[i].bytes.length;
            strbuf_free(&fake->files[i].bytes);
            fake->files[i] = (struct fake_file){0};
            return 0;
        }
    }
    return -ENOENT;
}

static inline bool fake_is_there(void *self, int handle)
{
    const struct fake_disk *fake = self;
    return fake->files[handle].number != 0;
}

static inline int64_t fake_mono_us(void *self)
{
    const struct fake_disk *fake = self;
    return fake->now_us;
}

static inline void fake_init(struct fake_disk *fake)
{
    *fake = (struct fake_disk){.size = INT64_MAX, .fail_with = EIO};
    fake->disk = (struct log_disk){fake,        fake_list,     fake_open,       fake_append,
                                   fake_share,  fake_sync,     fake_sync_names, fake_close,
                                   fake_remove, fake_is_there, fake_mono_us};
}

static inline void fake_free(struct fake_disk *fake)
{
    for (size_t i = 0; i < FAKE_FILES; i++)
        strbuf_free(&fake->files[i].bytes);
}

static inline struct fake_file *fake_find(struct fake_disk *fake, uint32_t number)
{
    for (size_t i = 0; i < FAKE_FILES; i++)
        if (fake->files[i].number == number)
            return &fake->files[i];
    return NULL;
}

/* Calls `each` for every line of all segments in order; whether it could be read and what it says.
 */
static inline void fake_read(struct fake_disk *fake,
                             void (*each)(void *self, bool good, const char *text), void *self)
{
    for (uint32_t number = 1; number < 10000; number++) {
        const struct fake_file *file = fake_find(fake, number);
        const char *at = file ? file->bytes.text : NULL, *end = at ? at + file->bytes.length : NULL;
        while (at < end) {
            const char *stop = memchr(at, '\n', (size_t)(end - at));
            struct log_line line;
            char text[LOG_LINE_MAX] = "";
            bool good = stop && log_line_parse(at, (size_t)(stop - at), &line);
            if (good)
                (void)snprintf(text, sizeof text, "%.*s", (int)line.text_length, line.text);
            each(self, good, text);
            at = stop ? stop + 1 : end;
        }
    }
}

static inline void store_write(struct log_store *store, const char *text)
{
    char line[LOG_LINE_MAX];
    size_t length = log_line_format(line, INT64_C(1790000000123000), LOG_LEVEL_INFO, "test", text);
    log_store_write(store, line, length);
}

#endif
