/* SPDX-License-Identifier: Apache-2.0 */
/* Power losses at any moment: what was made durable is read again, whatever became of the rest, and
 * the log goes on behind it. */
#include "shared/log_support.h"

#define SEEDS 300

static uint32_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

/* Of bytes that were not yet durable a disk may have any beginning, or its place in zeros; a file
 * whose name was not, it may not have at all. */
static void lose_power(struct fake_disk *fake, const uint32_t *named, size_t named_count)
{
    for (size_t i = 0; i < FAKE_FILES; i++) {
        struct fake_file *file = &fake->files[i];
        bool is_named = false;
        for (size_t k = 0; k < named_count; k++)
            is_named = is_named || named[k] == file->number;
        if (file->number == 0)
            continue;
        size_t keep = file->durable + draw((uint32_t)(file->bytes.length - file->durable) + 1);
        fake->used -= (int64_t)(file->bytes.length - keep);
        if (!is_named && draw(2) == 0) {
            fake->used -= (int64_t)keep;
            strbuf_free(&file->bytes);
            *file = (struct fake_file){0};
            continue;
        }
        file->bytes.length = keep;
        if (file->bytes.text)
            file->bytes.text[keep] = '\0';
        if (draw(4) == 0 && keep > file->durable)
            memset(file->bytes.text + file->durable, 0, keep - file->durable);
        file->durable = keep;
    }
    fake->open_handles = 0;
}

struct seen {
    int last, count, torn;
    bool out_of_order;
    uint8_t *found; /* by number */
};

static void see(void *self, bool good, const char *text)
{
    struct seen *seen = self;
    int number;
    if (!good) {
        seen->torn++;
    } else if (sscanf(text, "number=%d", &number) == 1) {
        seen->out_of_order = seen->out_of_order || number <= seen->last;
        seen->last = number;
        seen->found[number] = 1;
        seen->count++;
    }
}

/* Which names are durable: those of the moment of the last sync. */
static size_t take_names(const struct fake_disk *fake, uint32_t names[FAKE_FILES])
{
    size_t count = 0;
    for (size_t i = 0; i < FAKE_FILES; i++)
        if (fake->files[i].number)
            names[count++] = fake->files[i].number;
    return count;
}

static void one_life(uint32_t seed)
{
    static uint8_t found[4096];
    struct fake_disk fake;
    struct err err = {0};
    uint32_t names[FAKE_FILES];
    size_t named = 0;
    int number = 0, durable_from = 1, losses = 0;
    bool durable[4096] = {false};
    random_state = seed;
    fake_init(&fake);
    for (int life = 0; life < 8; life++) {
        struct log_store *store;
        assert_int_equal(log_store_new(&store, &fake.disk, LOG_STORE_MIN_BYTES, &err), 0);
        int first = number + 1;
        for (uint32_t i = 0, lines = draw(60); i < lines; i++) {
            char text[1024];
            (void)snprintf(text, sizeof text, "number=%d %0*d", ++number, (int)draw(900) + 1, 0);
            store_write(store, text);
            if (draw(5) == 0) {
                assert_int_equal(log_store_sync(store), 0);
                named = take_names(&fake, names);
                for (int k = first; k <= number; k++)
                    durable[k] = true;
            }
        }
        log_store_free(store);
        lose_power(&fake, names, named);
        losses++;

        memset(found, 0, sizeof found);
        struct seen seen = {.found = found};
        fake_read(&fake, see, &seen);
        assert_false(seen.out_of_order);
        assert_true(seen.torn <= losses * LOG_STORE_SEGMENTS); /* one in each file */
        assert_true(fake.most_used <= LOG_STORE_MIN_BYTES);
        /* All that was durable is there, but for the oldest, which rotation took. */
        while (durable_from <= number && !found[durable_from])
            durable_from++;
        int oldest = durable_from;
        for (int k = oldest; k <= number; k++)
            if (durable[k] && !found[k])
                fail_msg("seed %u: line %d was durable and is gone", seed, k);
    }
    fake_free(&fake);
}

static void durable_lines_survive(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= SEEDS; seed++)
        one_life(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durable_lines_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
