/* SPDX-License-Identifier: Apache-2.0 */
/* The ring between callback and writer: order, bounds, waiting, closing. Also built with TSan. */
#include "cloud/support.h"

#include "bridge/ring.h"
#include <pthread.h>
#include <time.h>

static struct ring_item message(const char *topic, const char *payload)
{
    return (struct ring_item){
        .kind = RING_MESSAGE, .topic = topic, .payload = payload, .length = strlen(payload)};
}

static struct ring *must_make(size_t items, size_t reserve, size_t bytes)
{
    struct ring *ring = NULL;
    struct err err = {0};
    assert_int_equal(ring_new(&ring, items, reserve, bytes, &err), 0);
    return ring;
}

static void must_push(struct ring *ring, const char *payload)
{
    struct ring_item item = message("info", payload);
    assert_int_equal(ring_push(ring, &item, 0, NULL), 0);
}

static void keeps_order_and_copies(void **state)
{
    (void)state;
    struct ring *ring = must_make(8, 0, 1000);
    char payload[8] = "one";
    must_push(ring, payload);
    memcpy(payload, "two", 4); /* the caller's bytes may change at once */
    must_push(ring, payload);
    struct ring_item link = {.kind = RING_LINK, .up = true};
    assert_int_equal(ring_push_reserve(ring, &link, NULL), 0);
    struct ring_item items[8];
    assert_int_equal(ring_take(ring, items, 2, 0, 0), 2);
    assert_memory_equal(items[0].payload, "one", 3);
    assert_memory_equal(items[1].payload, "two", 3);
    assert_string_equal(items[1].topic, "info");
    ring_item_release(&items[0]);
    ring_item_release(&items[1]);
    assert_int_equal(ring_take(ring, items, 8, 0, 0), 1);
    assert_int_equal(items[0].kind, RING_LINK);
    assert_true(items[0].up);
    assert_int_equal(ring_take(ring, items, 8, 0, 0), 0);
    ring_free(ring);
}

static void is_bounded_in_items_and_bytes(void **state)
{
    (void)state;
    struct ring *ring = must_make(2, 1, 1000);
    must_push(ring, "a");
    must_push(ring, "b");
    struct ring_item item = message("info", "c");
    assert_int_equal(ring_push(ring, &item, 1, NULL), ERR_TIMEOUT);
    assert_int_equal(ring_push_reserve(ring, &item, NULL), 0);
    assert_int_equal(ring_push_reserve(ring, &item, NULL), ERR_TIMEOUT);
    /* A change of the link still finds its place. */
    struct ring_item link = {.kind = RING_LINK};
    assert_int_equal(ring_push_reserve(ring, &link, NULL), 0);
    assert_false(ring_is_drained(ring));
    ring_free(ring);

    ring = must_make(100, 0, 20);
    must_push(ring, "a message that alone is larger than the bound"); /* or it never could pass */
    item = message("info", "d");
    assert_int_equal(ring_push(ring, &item, 1, NULL), ERR_TIMEOUT);
    struct ring_item taken[4];
    assert_int_equal(ring_take(ring, taken, 4, 0, 0), 1);
    ring_item_release(&taken[0]);
    assert_true(ring_is_drained(ring));
    assert_int_equal(ring_push(ring, &item, 1, NULL), 0);
    ring_free(ring);
}

static void closed_ring_gives_the_rest(void **state)
{
    (void)state;
    struct ring *ring = must_make(4, 0, 1000);
    must_push(ring, "last");
    ring_close(ring);
    struct ring_item item = message("info", "late");
    assert_int_equal(ring_push(ring, &item, 1000, NULL), ERR_UNAVAILABLE);
    assert_int_equal(ring_push_reserve(ring, &item, NULL), ERR_UNAVAILABLE);
    struct ring_item items[4];
    assert_int_equal(ring_take(ring, items, 4, 60000, 60000), 1);
    ring_item_release(&items[0]);
    assert_int_equal(ring_take(ring, items, 4, 60000, 60000), 0);
    assert_true(ring_is_closed(ring));
    ring_free(ring);
}

#define PRODUCERS 3
#define EACH      4000

struct producer {
    struct ring *ring;
    int number, timeouts;
};

static void *produce(void *argument)
{
    struct producer *producer = argument;
    for (int i = 0; i < EACH;) {
        char payload[32];
        (void)snprintf(payload, sizeof payload, "%d %d", producer->number, i);
        struct ring_item item = message("info", payload);
        int status = ring_push(producer->ring, &item, 10, NULL);
        if (status == ERR_TIMEOUT)
            producer->timeouts++;
        else
            i++;
    }
    return NULL;
}

static void nothing_is_lost_or_swapped_between_threads(void **state)
{
    (void)state;
    struct ring *ring = must_make(16, 4, 100000);
    struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){.ring = ring, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    int next[PRODUCERS] = {0};
    for (int total = 0; total < PRODUCERS * EACH;) {
        struct ring_item items[7];
        size_t count = ring_take(ring, items, 7, 1000, 1);
        for (size_t i = 0; i < count; i++, total++) {
            int number, value;
            char text[32] = "";
            memcpy(text, items[i].payload, items[i].length);
            assert_int_equal(sscanf(text, "%d %d", &number, &value), 2);
            assert_int_equal(value, next[number]++); /* in order per producer, none missing */
            ring_item_release(&items[i]);
        }
    }
    for (int i = 0; i < PRODUCERS; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(ring_count(ring), 0);
    ring_free(ring);
}

static void *close_soon(void *argument)
{
    ring_close(argument);
    return NULL;
}

static void closing_wakes_whoever_waits(void **state)
{
    (void)state;
    struct ring *ring = must_make(1, 0, 1000);
    must_push(ring, "full");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, close_soon, ring), 0);
    struct ring_item item = message("info", "waits");
    assert_int_equal(ring_push(ring, &item, 600000, NULL), ERR_UNAVAILABLE);
    (void)pthread_join(thread, NULL);
    ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_order_and_copies),
        cmocka_unit_test(is_bounded_in_items_and_bytes),
        cmocka_unit_test(closed_ring_gives_the_rest),
        cmocka_unit_test(nothing_is_lost_or_swapped_between_threads),
        cmocka_unit_test(closing_wakes_whoever_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
