/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what is being written: files that rotate meanwhile, several sources by time, the last N.
 */
#include "shared/logs_support.h"

#include "logs/merge.h"
#include "logs/tail.h"
#include <pthread.h>

/* Reads a source as far as it goes; the numbers must come in order, without a gap. */
static void drain(const struct logs_source *source, int *last)
{
    struct logs_entry entry;
    struct err err = {0};
    int number, code;
    while ((code = source->next(source->self, &entry, &err)) > 0) {
        assert_int_equal(sscanf(entry.text, "number=%d", &number), 1);
        assert_int_equal(number, *last + 1);
        *last = number;
    }
    assert_int_equal(code, 0);
}

static void say_number(struct program *program, int number)
{
    char text[400];
    (void)snprintf(text, sizeof text, "number=%d %0*d", number, 50 + number % 300, 0);
    say(program, T0 + number, LOG_LEVEL_INFO, "test", text);
}

/* The reader looks after each line, through many rotations. */
static void follows_through_rotation(void **state)
{
    (void)state;
    struct program program;
    struct logs_source source;
    struct err err = {0};
    char path[128];
    int last = 0;
    begin(&program, "p", "prog", LOG_STORE_MIN_BYTES);
    (void)snprintf(path, sizeof path, "%s/p", folder);
    assert_int_equal(logs_files_open(&source, path, "prog", &err), 0);
    drain(&source, &last); /* nothing there yet */
    for (int number = 1; number <= 1500; number++) {
        say_number(&program, number);
        if (number % 3 == 0)
            drain(&source, &last);
    }
    drain(&source, &last);
    assert_int_equal(last, 1500);
    source.free(source.self);
    end(&program);
}

/* One that is too slow loses what was removed, and goes on with what is there. */
static void slow_reader_skips_what_is_gone(void **state)
{
    (void)state;
    struct program program;
    struct logs_source source;
    struct logs_entry entry;
    struct err err = {0};
    char path[128];
    int number = 0, count = 0, before = 0;
    begin(&program, "p", "prog", LOG_STORE_MIN_BYTES);
    (void)snprintf(path, sizeof path, "%s/p", folder);
    assert_int_equal(logs_files_open(&source, path, "prog", &err), 0);
    say_number(&program, 1);
    assert_int_equal(source.next(source.self, &entry, &err), 1);
    for (int i = 2; i <= 3000; i++)
        say_number(&program, i);
    for (; source.next(source.self, &entry, &err) > 0; count++, before = number) {
        assert_int_equal(sscanf(entry.text, "number=%d", &number), 1);
        assert_true(number > before);
    }
    assert_int_equal(number, 3000);
    assert_in_range(count, 100, 2000);
    source.free(source.self);
    end(&program);
}

static void *write_numbers(void *self)
{
    for (int number = 1; number <= 3000; number++)
        say_number(self, number);
    return NULL;
}

/* At the same time, in another thread: a reader that keeps up sees every line. The bound is wide
 * enough that nothing is removed. */
static void follows_a_writer_at_work(void **state)
{
    (void)state;
    struct program program;
    struct logs_source source;
    struct err err = {0};
    char path[128];
    pthread_t writer;
    int last = 0;
    begin(&program, "p", "prog", 4 << 20);
    (void)snprintf(path, sizeof path, "%s/p", folder);
    assert_int_equal(logs_files_open(&source, path, "prog", &err), 0);
    assert_int_equal(pthread_create(&writer, NULL, write_numbers, &program), 0);
    while (last < 3000)
        drain(&source, &last);
    assert_int_equal(pthread_join(writer, NULL), 0);
    source.free(source.self);
    end(&program);
}

/* A source of given times, to see the merge's order. */
struct list_source {
    const int64_t *times;
    size_t count, at;
    char name[8];
};

static int list_next(void *self, struct logs_entry *entry, struct err *err)
{
    struct list_source *list = self;
    (void)err;
    if (list->at == list->count)
        return 0;
    *entry = (struct logs_entry){
        .time_us = list->times[list->at++], .program = list->name, .module = "", .text = ""};
    return 1;
}

static void list_note(void *self, FILE *to)
{
    (void)self;
    (void)to;
}

static int list_fd(void *self)
{
    (void)self;
    return -1;
}

static void list_free(void *self)
{
    (void)self;
}

static void merge_keeps_each_order(void **state)
{
    (void)state;
    static const int64_t a[] = {1, 4, 4, 9}, b[] = {2, 4, 1 /* its clock was set back */, 10};
    struct list_source lists[2] = {{a, 4, 0, "a"}, {b, 4, 0, "b"}};
    struct logs_merge merge = LOGS_MERGE_INIT;
    struct logs_entry entry;
    struct err err = {0};
    char order[32] = "";
    for (size_t i = 0; i < 2; i++) {
        struct logs_source source = {&lists[i], list_next, list_note, list_fd, list_free};
        assert_int_equal(logs_merge_add(&merge, &source, &err), 0);
    }
    while (logs_merge_next(&merge, &entry, &err) > 0)
        (void)snprintf(order + strlen(order), sizeof order - strlen(order), "%s%d ", entry.program,
                       (int)entry.time_us);
    assert_string_equal(order, "a1 b2 a4 a4 b4 b1 a9 b10 ");
    logs_merge_free(&merge);
}

static void tail_keeps_the_last(void **state)
{
    (void)state;
    struct err err = {0};
    for (size_t size = 0; size <= 5; size++) {
        struct logs_tail tail;
        assert_int_equal(logs_tail_new(&tail, size, &err), 0);
        for (int i = 1; i <= 4; i++) {
            struct logs_entry entry = {.time_us = i, .program = "p", .module = "m", .text = "t"};
            assert_int_equal(logs_tail_push(&tail, &entry, &err), 0);
        }
        assert_int_equal(tail.count, size < 4 ? size : 4);
        for (size_t i = 0; i < tail.count; i++)
            assert_int_equal(logs_tail_get(&tail, i)->time_us, 4 - (int)tail.count + 1 + (int)i);
        logs_tail_free(&tail);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LOG_FOLDER(follows_through_rotation), IN_LOG_FOLDER(slow_reader_skips_what_is_gone),
        IN_LOG_FOLDER(follows_a_writer_at_work), cmocka_unit_test(merge_keeps_each_order),
        cmocka_unit_test(tail_keeps_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
