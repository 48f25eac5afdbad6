/* SPDX-License-Identifier: Apache-2.0 */
/* Segments of a log: rotation, bounds, full and failing disks, torn ends. */
#include "shared/log_support.h"

#include <inttypes.h>

#define BOUND   LOG_STORE_MIN_BYTES
#define SEGMENT (BOUND / LOG_STORE_SEGMENTS)

/* What reading all segments gave. */
struct seen {
    int good, torn, notes, last, out_of_order;
    int64_t told_lost;
};

static void see(void *self, bool good, const char *text)
{
    struct seen *seen = self;
    int number;
    int64_t lost;
    if (!good) {
        seen->torn++;
    } else if (sscanf(text, "lines lost count=%" SCNd64, &lost) == 1) {
        seen->notes++;
        seen->told_lost += lost;
    } else if (sscanf(text, "number=%d", &number) == 1) {
        seen->out_of_order += number <= seen->last;
        seen->last = number;
        seen->good++;
    }
}

static struct seen read_all(struct fake_disk *fake)
{
    struct seen seen = {0};
    fake_read(fake, see, &seen);
    return seen;
}

static struct log_store *open_store(struct fake_disk *fake)
{
    struct log_store *store;
    struct err err = {0};
    assert_int_equal(log_store_new(&store, &fake->disk, BOUND, &err), 0);
    return store;
}

/* A line whose number can be read back, `padding` bytes longer than needed. */
static void write_numbered(struct log_store *store, int number, int padding)
{
    char text[LOG_LINE_TEXT_MAX];
    (void)snprintf(text, sizeof text, "number=%d %0*d", number, padding, 0);
    store_write(store, text);
}

static void lines_come_back_in_order(void **state)
{
    (void)state;
    struct fake_disk fake;
    fake_init(&fake);
    struct log_store *store = open_store(&fake);
    for (int i = 1; i <= 2000; i++)
        write_numbered(store, i, 1 + i % 37);
    struct seen seen = read_all(&fake);
    assert_int_equal(seen.torn, 0);
    assert_int_equal(seen.out_of_order, 0);
    assert_int_equal(seen.last, 2000);
    /* The newest seven eighths of the bound are there, and never more than the bound was. */
    assert_true(fake.used > BOUND - 2 * SEGMENT);
    assert_true(fake.most_used <= BOUND);
    log_store_free(store);
    assert_int_equal(fake.open_handles, 0);
    fake_free(&fake);
}

/* A segment may be full at any of its bytes: lines of every length before the one that turns over.
 */
static void rotates_at_every_byte(void **state)
{
    (void)state;
    for (int padding = 1; padding <= 200; padding++) {
        struct fake_disk fake;
        fake_init(&fake);
        struct log_store *store = open_store(&fake);
        write_numbered(store, 1, padding);
        int number = 1;
        while (fake_find(&fake, 3) == NULL)
            write_numbered(store, ++number, 60);
        struct seen seen = read_all(&fake);
        assert_int_equal(seen.good, number);
        assert_int_equal(seen.torn + seen.out_of_order, 0);
        for (uint32_t i = 1; i <= 3; i++)
            assert_true(fake_find(&fake, i)->bytes.length <= SEGMENT);
        log_store_free(store);
        fake_free(&fake);
    }
}

static void goes_on_where_it_was(void **state)
{
    (void)state;
    struct fake_disk fake;
    fake_init(&fake);
    int number = 0;
    for (int start = 0; start < 400; start++) {
        struct log_store *store = open_store(&fake);
        for (int i = 0; i < 3; i++)
            write_numbered(store, ++number, 20);
        log_store_free(store);
        assert_int_equal(fake.open_handles, 0);
    }
    struct seen seen = read_all(&fake);
    assert_int_equal(seen.torn + seen.out_of_order, 0);
    assert_int_equal(seen.last, number);
    assert_true(fake.most_used <= BOUND); /* a daemon that starts again and again fills no disk */
    fake_free(&fake);
}

/* Whatever a power loss left of the last line, the next one begins on a line of its own. */
static void torn_at_any_byte_it_goes_on(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= 150; cut++) {
        struct fake_disk fake;
        fake_init(&fake);
        struct log_store *store = open_store(&fake);
        write_numbered(store, 1, 20);
        size_t first = fake_find(&fake, 1)->bytes.length;
        write_numbered(store, 2, 40);
        struct fake_file *file = fake_find(&fake, 1);
        log_store_free(store);
        if (file->bytes.length - cut < first) {
            fake_free(&fake);
            continue;
        }
        file->bytes.length -= cut;
        store = open_store(&fake);
        write_numbered(store, 3, 20);
        struct seen seen = read_all(&fake);
        assert_int_equal(seen.last, 3);
        /* Only its newline gone: the line is whole, and reads as such. */
        assert_int_equal(seen.good, cut <= 1 ? 3 : 2);
        assert_true(seen.torn <= 1);
        log_store_free(store);
        fake_free(&fake);
    }
}

static void full_disk_loses_and_counts(void **state)
{
    (void)state;
    for (int64_t size = 0; size < 700; size++) {
        struct fake_disk fake;
        fake_init(&fake);
        fake.size = size;
        struct log_store *store = open_store(&fake);
        int errnum = 0;
        for (int i = 1; i <= 10; i++)
            write_numbered(store, i, 20);
        int64_t lost = log_store_lost(store, &errnum);
        assert_true(lost > 0);
        assert_int_equal(errnum, ENOSPC);
        fake.size = INT64_MAX; /* somebody made room */
        fake.now_us += 10000000;
        write_numbered(store, 11, 20);
        struct seen seen = read_all(&fake);
        /* When the newline alone did not fit, the next line's brings the "lost" one back. */
        assert_in_range(seen.good + lost, 11, seen.torn == 0 ? 12 : 11);
        assert_int_equal(seen.told_lost, lost);
        assert_int_equal(seen.notes, 1);
        assert_true(seen.torn <= 1);
        assert_int_equal(seen.last, 11);
        assert_int_equal(log_store_lost(store, &errnum), 0);
        log_store_free(store);
        assert_int_equal(fake.open_handles, 0);
        fake_free(&fake);
    }
}

/* Call k fails, for every k, with rotations, syncs and removals under way: what is there can be
 * read, what is missing is told. */
static void each_call_may_fail(void **state)
{
    (void)state;
    for (int k = 1;; k++) {
        struct fake_disk fake;
        fake_init(&fake);
        fake.fail_at = k;
        struct log_store *store = open_store(&fake);
        int errnum;
        for (int i = 1; i <= 160; i++) {
            write_numbered(store, i, 900);
            if (i % 3 == 0)
                (void)log_store_sync(store);
            fake.now_us += 1000000;
        }
        bool was_hit = fake.calls >= k;
        fake.now_us += 10000000;
        write_numbered(store, 161, 900);
        assert_int_equal(log_store_lost(store, &errnum), 0);
        struct seen seen = read_all(&fake);
        assert_int_equal(seen.last, 161);
        assert_int_equal(seen.out_of_order, 0);
        assert_true(seen.torn <= 1);
        assert_true(seen.notes <= 1);
        assert_true(seen.told_lost <= 6); /* at most the 5 s until it is tried again */
        assert_true(fake.most_used <= BOUND + SEGMENT); /* one that could not be removed at once */
        log_store_free(store);
        assert_int_equal(fake.open_handles, 0);
        fake_free(&fake);
        if (!was_hit)
            return;
    }
}

static void sync_makes_durable_across_a_rotation(void **state)
{
    (void)state;
    struct fake_disk fake;
    fake_init(&fake);
    struct log_store *store = open_store(&fake);
    write_numbered(store, 1, 900);
    assert_int_equal(fake_find(&fake, 1)->durable, 0);
    assert_int_equal(log_store_sync(store), 0);
    assert_int_equal(fake_find(&fake, 1)->durable, fake_find(&fake, 1)->bytes.length);
    assert_int_equal(fake.names_synced, 1);
    for (int i = 2; fake_find(&fake, 2) == NULL; i++)
        write_numbered(store, i, 900);
    assert_int_equal(log_store_sync(store), 0);
    for (uint32_t number = 1; number <= 2; number++)
        assert_int_equal(fake_find(&fake, number)->durable, fake_find(&fake, number)->bytes.length);
    assert_int_equal(fake.names_synced, 2);
    assert_int_equal(fake.open_handles, 1); /* the full one is closed */
    assert_int_equal(log_store_sync(store), 0);
    assert_int_equal(fake.names_synced, 2); /* nothing new: the folder is left alone */
    log_store_free(store);
    fake_free(&fake);
}

/* Somebody cleans up by hand: the next line goes where people can see it, under a new number. */
static void removed_file_is_noticed(void **state)
{
    (void)state;
    struct fake_disk fake;
    fake_init(&fake);
    struct log_store *store = open_store(&fake);
    for (int i = 1; fake_find(&fake, 2) == NULL; i++)
        write_numbered(store, i, 900);
    assert_int_equal(log_store_sync(store), 0);
    assert_int_equal(fake_remove(&fake, 2), 0);
    assert_int_equal(fake_remove(&fake, 1), 0);
    assert_int_equal(log_store_sync(store), 0);
    write_numbered(store, 1000, 900);
    assert_non_null(fake_find(&fake, 3));
    assert_null(fake_find(&fake, 1));
    struct seen seen = read_all(&fake);
    assert_int_equal(seen.good, 1);
    log_store_free(store);
    fake_free(&fake);
}

/* A bound that was lowered holds from the next segment on. */
static void leftovers_are_bounded(void **state)
{
    (void)state;
    struct fake_disk fake;
    fake_init(&fake);
    struct log_store *store;
    struct err err = {0};
    assert_int_equal(log_store_new(&store, &fake.disk, 16 * BOUND, &err), 0);
    for (int i = 1; fake.used < 10 * BOUND; i++)
        write_numbered(store, i, 900);
    log_store_free(store);
    store = open_store(&fake);
    for (int i = 1000000 - SEGMENT / 900; i <= 1000000; i++)
        write_numbered(store, i, 900);
    assert_true(fake.used <= BOUND);
    struct seen seen = read_all(&fake);
    assert_int_equal(seen.last, 1000000);
    log_store_free(store);
    fake_free(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_back_in_order),
        cmocka_unit_test(rotates_at_every_byte),
        cmocka_unit_test(goes_on_where_it_was),
        cmocka_unit_test(torn_at_any_byte_it_goes_on),
        cmocka_unit_test(full_disk_loses_and_counts),
        cmocka_unit_test(each_call_may_fail),
        cmocka_unit_test(sync_makes_durable_across_a_rotation),
        cmocka_unit_test(removed_file_is_noticed),
        cmocka_unit_test(leftovers_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
