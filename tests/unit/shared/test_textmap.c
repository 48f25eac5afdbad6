/* SPDX-License-Identifier: Apache-2.0 */
/* The map from text to pointer: finds what was added, through every growth, and nothing else. */
#include "base/textmap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#define MANY 5000

struct item {
    char key[16];
    int number;
};

static int released;

static void release(void *value)
{
    released++;
    free(value);
}

static void add_number(void *self, void *value)
{
    const struct item *item = value;
    *(int64_t *)self += item->number;
}

static void finds_what_was_added_and_nothing_else(void **state)
{
    (void)state;
    struct textmap map = TEXTMAP_INIT;
    assert_null(textmap_find(&map, "anything"));
    for (int i = 0; i < MANY; i++) {
        struct item *item = calloc(1, sizeof *item);
        assert_non_null(item);
        (void)snprintf(item->key, sizeof item->key, "bid-%d", i);
        item->number = i;
        assert_null(textmap_find(&map, item->key));
        assert_int_equal(textmap_add(&map, item->key, item), 0);
    }
    assert_int_equal(map.count, MANY);
    for (int i = 0; i < MANY; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "bid-%d", i);
        const struct item *item = textmap_find(&map, key);
        assert_non_null(item);
        assert_int_equal(item->number, i);
    }
    assert_null(textmap_find(&map, "bid-5000"));
    assert_null(textmap_find(&map, ""));
    int64_t sum = 0;
    textmap_each(&map, add_number, &sum);
    assert_int_equal(sum, (int64_t)MANY * (MANY - 1) / 2);
    released = 0;
    textmap_free(&map, release);
    assert_int_equal(released, MANY);
    assert_int_equal(map.count, 0);
    assert_null(textmap_find(&map, "bid-1"));
}

static void the_empty_key_is_a_key(void **state)
{
    (void)state;
    struct textmap map = TEXTMAP_INIT;
    int value = 7;
    assert_int_equal(textmap_add(&map, "", &value), 0);
    assert_ptr_equal(textmap_find(&map, ""), &value);
    textmap_free(&map, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_added_and_nothing_else),
        cmocka_unit_test(the_empty_key_is_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
