/* SPDX-License-Identifier: Apache-2.0 */
/* Reading logs: files that rotate while they are read, several of them by time, filters, output. */
#include "shared/check.h"

#include "base/clock.h"
#include "base/log_disk.h"
#include "base/log_line.h"
#include "base/log_store.h"
#include "logs/logs.h"
#include "logs/merge.h"
#include "logs/tail.h"
#include "protocol/json.h"
#include <dirent.h>
#include <ftw.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define T0 INT64_C(1790000000000000)

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/swapstack-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    /* No journal of this machine in what is tested. */
    assert_int_equal(setenv("PATH", "/nonexistent", 1), 0);
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

static int remove_folder(void **state)
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

static void begin(struct program *program, const char *below, const char *name, int64_t max_bytes)
{
    char path[128];
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/%s", folder, below);
    assert_int_equal(log_disk_open(&program->disk, &program->real, path, name, &err), 0);
    assert_int_equal(log_store_new(&program->store, &program->disk, max_bytes, &err), 0);
}

static void say(struct program *program, int64_t time_us, enum log_level level, const char *module,
                const char *text)
{
    char line[LOG_LINE_MAX];
    log_store_write(program->store, line, log_line_format(line, time_us, level, module, text));
}

static void end(struct program *program)
{
    log_store_free(program->store);
    log_disk_close(&program->real);
}

/* Runs the command; what it printed, and what it noted. */
static int run(const char *words, struct strbuf *out, struct strbuf *notes, struct err *err)
{
    char copy[256], *argv[16], *text = NULL, *noted = NULL;
    size_t length = 0, noted_length = 0;
    int argc = 0;
    (void)snprintf(copy, sizeof copy, "log %s", words);
    for (char *word = strtok(copy, " "); word && argc < 15; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    FILE *to = open_memstream(&text, &length), *note = open_memstream(&noted, &noted_length);
    const struct logs_reader reader = {.out = to, .notes = note, .folder = folder, .stop_fd = -1};
    int code = logs_verb(argc, argv, &reader, err);
    (void)fclose(to);
    (void)fclose(note);
    strbuf_clear(out);
    strbuf_clear(notes);
    strbuf_append(out, text, length);
    strbuf_append(notes, noted, noted_length);
    free(text);
    free(noted);
    return code;
}

static void shows(const char *words, const char *wanted)
{
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT, notes = STRBUF_INIT;
    struct err err = {0};
    if (run(words, &out, &notes, &err) != 0)
        fail_msg("%s: %s", words, err.text);
    assert_string_equal(strbuf_text(&out), wanted);
}

static void programs_by_time_and_filters(void **state)
{
    (void)state;
    struct program engine, monitor;
    begin(&engine, "engine", "swap-engine", 1 << 20);
    begin(&monitor, "monitor", "swap-monitor", 1 << 20);
    say(&engine, T0, LOG_LEVEL_INFO, "engine", "ready bays=8");
    say(&engine, T0 + 3000000, LOG_LEVEL_ERROR, "sim", "gate=\"will not\" open");
    say(&monitor, T0 + 1000000, LOG_LEVEL_INFO, "engine", "registered");
    say(&monitor, T0 + 2000000, LOG_LEVEL_DEBUG, "link", "ping");
    say(&monitor, T0 + 3000000, LOG_LEVEL_WARNING, "link", "broker lost");
    end(&engine);
    end(&monitor);
    static const char ready[] = "2026-09-21T14:13:20.000Z INFO swap-engine/engine: ready bays=8\n";
    static const char registered[] =
        "2026-09-21T14:13:21.000Z INFO swap-monitor/engine: registered\n";
    static const char gate[] =
        "2026-09-21T14:13:23.000Z ERROR swap-engine/sim: gate=\"will not\" open\n";
    static const char lost[] = "2026-09-21T14:13:23.000Z WARNING swap-monitor/link: broker lost\n";
    char wanted[1024], all[1024];
    (void)snprintf(all, sizeof all, "%s%s%s%s%s", ready, registered,
                   "2026-09-21T14:13:22.000Z DEBUG swap-monitor/link: ping\n", "%s", "%s");
    /* Of one time: in the order in which the folder lists the programs, each time the same. */
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT, notes = STRBUF_INIT;
    struct err err = {0};
    assert_int_equal(run("", &out, &notes, &err), 0);
    assert_int_equal(out.length, strlen(all) - 4 + strlen(gate) + strlen(lost));
    assert_memory_equal(out.text, all, strlen(all) - 4);
    assert_non_null(strstr(out.text, gate));
    assert_non_null(strstr(out.text, lost));
    assert_non_null(strstr(strbuf_text(&notes), "messages are left out: there is no journalctl"));

    shows("--module sim", gate);
    (void)snprintf(wanted, sizeof wanted, "%s%s", ready, registered);
    shows("--module engine", wanted);
    (void)snprintf(wanted, sizeof wanted, "%s%s", ready, gate);
    shows("--module swap-engine", wanted);
    shows("--module swap-engine -n 1", gate);
    shows("--module swap-engine -n 0", "");
    shows("--level error", gate);
    shows("--level info --module link", lost);
    shows("--since 2026-09-21T14:13:23Z --module sim", gate);
    shows("--since 2026-09-22", "");
    char words[128];
    (void)snprintf(words, sizeof words, "-n1 %s/engine", folder);
    shows(words, gate);
    shows("--json --module sim",
          "{\"time\":\"2026-09-21T14:13:23.000Z\",\"level\":\"ERROR\",\"program\":\"swap-engine\","
          "\"module\":\"sim\",\"message\":\"gate=\\\"will not\\\" open\",\"fields\":{\"gate\":"
          "\"will not\"}}\n");
}

static void refuses_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *words, *sentence;
        int code;
    } cases[] = {
        {"-n x", "-n x: a number of entries from 0 to 1000000 is expected", ERR_USAGE},
        {"-n -5", "-n -5: a number of entries", ERR_USAGE},
        {"--level loud", "--level loud is no log level: the levels are debug, info", ERR_USAGE},
        {"--since soon", "--since soon: a time (2026-11-21 or", ERR_USAGE},
        {"--since 5w", "--since 5w: a time", ERR_USAGE},
        {"--modul x", "did you mean --module?", ERR_USAGE},
        {"/nonexistent", "log folder /nonexistent cannot be read: No such file", ERR_NOT_FOUND},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        SCOPE_STRBUF struct strbuf out = STRBUF_INIT, notes = STRBUF_INIT;
        struct err err = {0};
        assert_int_equal(run(cases[i].words, &out, &notes, &err), cases[i].code);
        check_sentence(&err, cases[i].sentence);
    }
}

/* As a verb of a console: no folder of somebody's choice, and --help does not end the console. */
static void verb_keeps_to_its_folder(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    const struct logs_reader reader = {
        .out = to, .notes = to, .folder = folder, .is_verb = true, .stop_fd = -1};
    struct err err = {0};
    char verb[] = "log", other[] = "/etc", help[] = "--help", version[] = "--version";
    char *words[] = {verb, other, NULL};
    assert_int_equal(logs_verb(2, words, &reader, &err), ERR_USAGE);
    check_sentence(&err, "/etc is not expected: log takes options only");
    words[1] = version;
    assert_int_equal(logs_verb(2, words, &reader, &err), ERR_USAGE);
    words[1] = help;
    assert_int_equal(logs_verb(2, words, &reader, &err), 0);
    (void)fclose(to);
    assert_non_null(strstr(text, "--since TIME"));
    free(text);
}

static void damage_is_noted(void **state)
{
    (void)state;
    struct program engine;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT, notes = STRBUF_INIT;
    struct err err = {0};
    begin(&engine, "engine", "swap-engine", 1 << 20);
    say(&engine, T0, LOG_LEVEL_INFO, "engine", "one");
    say(&engine, T0, LOG_LEVEL_INFO, "engine", "two");
    end(&engine);
    char path[128];
    struct stat status;
    (void)snprintf(path, sizeof path, "%s/engine/swap-engine.00000001.log", folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(truncate(path, status.st_size - 5), 0);
    assert_int_equal(run("", &out, &notes, &err), 0);
    assert_string_equal(strbuf_text(&out),
                        "2026-09-21T14:13:20.000Z INFO swap-engine/engine: one\n");
    assert_non_null(strstr(strbuf_text(&notes), ": 1 damaged or incomplete lines were skipped\n"));
}

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
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(programs_by_time_and_filters), IN_FOLDER(refuses_with_a_sentence),
        IN_FOLDER(verb_keeps_to_its_folder),     IN_FOLDER(damage_is_noted),
        IN_FOLDER(follows_through_rotation),     IN_FOLDER(slow_reader_skips_what_is_gone),
        IN_FOLDER(follows_a_writer_at_work),     cmocka_unit_test(merge_keeps_each_order),
        cmocka_unit_test(tail_keeps_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
