/* SPDX-License-Identifier: Apache-2.0 */
/* The console's pure parts: words, completion, lines of a screen, checks; and the files that it
 * reads. */
#include "console/can_dump.h"
#include "console/console.h"
#include "console/files.h"
#include "console/options.h"
#include "console/screen.h"
#include "console/selftest.h"
#include "monitor/journal.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void lines_are_words(void **state)
{
    (void)state;
    struct words words;
    struct err err = {0};
    assert_int_equal(words_parse(" bay\t 3 \r\n", 10, &words, &err), 0);
    assert_int_equal(words.count, 2);
    assert_string_equal(words.at[0], "bay");
    assert_string_equal(words.at[1], "3");
    assert_null(words.at[2]);
    const char *quoted = "log --module \"a b\" \"\" x\"y z\"";
    assert_int_equal(words_parse(quoted, strlen(quoted), &words, &err), 0);
    assert_int_equal(words.count, 5);
    assert_string_equal(words.at[2], "a b");
    assert_string_equal(words.at[3], "");
    assert_string_equal(words.at[4], "xy z");
    assert_int_equal(words_parse("", 0, &words, &err), 0);
    assert_int_equal(words.count, 0);
    static const struct {
        const char *line, *sentence;
    } BAD[] = {{"bay \"3", "not closed"},
               {"bay \x1b[A", "byte 0x1b"},
               {"bay \xc3\xa9", "byte 0xc3"},
               {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "more than 16 words"}};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_int_equal(words_parse(BAD[i].line, strlen(BAD[i].line), &words, &err), ERR_USAGE);
        assert_non_null(strstr(err.text, BAD[i].sentence));
        assert_int_equal(words.count, 0);
    }
    char longest[WORDS_LINE_MAX + 1];
    memset(longest, 'x', sizeof longest);
    assert_int_equal(words_parse(longest, WORDS_LINE_MAX, &words, &err), 0);
    assert_int_equal(words_parse(longest, WORDS_LINE_MAX + 1, &words, &err), ERR_USAGE);
    int64_t number = 0;
    assert_int_equal(words_number("64", "bay", 1, 64, &number, &err), 0);
    assert_int_equal(number, 64);
    static const char *const NUMBERS[] = {"0",  "65", "",    "-1",
                                          "+1", "1x", "1e1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
        assert_int_equal(words_number(NUMBERS[i], "bay", 1, 64, &number, &err), ERR_USAGE);
    assert_string_equal(err.text,
                        "bay: a number from 1 to 64 is expected, not '99999999999999999999'");
}

static const struct words_verb VERBS[] = {{"bay", "bay N"},
                                          {"bays", "bays"},
                                          {"gate", "gate open|close"},
                                          {"log", "log [-n N] [-f] [--level L]"},
                                          {"help", "help [VERB]"},
                                          {NULL, NULL}};

/* The completions of a line whose cursor is at its end, as "a b c". */
static const char *completed(const char *line, size_t *common)
{
    static char text[256];
    struct completions found;
    words_complete(line, strlen(line), VERBS, &found);
    text[0] = '\0';
    for (size_t i = 0; i < found.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
                 found.words[i]);
    *common = found.common;
    return text;
}

static void words_are_completed(void **state)
{
    (void)state;
    size_t common;
    assert_string_equal(completed("", &common), "bay bays gate log help");
    assert_int_equal(common, 0);
    assert_string_equal(completed("ba", &common), "bay bays");
    assert_int_equal(common, 3);
    assert_string_equal(completed("bays", &common), "bays");
    assert_string_equal(completed("gate ", &common), "open close");
    assert_string_equal(completed("  gate c", &common), "close");
    assert_string_equal(completed("log -", &common), "-n -f --level");
    assert_string_equal(completed("help g", &common), "gate");
    assert_string_equal(completed("bay ", &common), ""); /* N is no word */
    assert_string_equal(completed("x", &common), "");
    assert_int_equal(common, 1);
}

static void every_verb_is_documented(void **state)
{
    (void)state;
    for (const struct console_verb *verb = CONSOLE_VERBS; verb->name; verb++) {
        assert_non_null(verb->function);
        assert_true(strlen(verb->help) > 10);
        assert_memory_equal(verb->synopsis, verb->name, strlen(verb->name));
        for (const struct console_verb *other = CONSOLE_VERBS; other != verb; other++)
            assert_string_not_equal(other->name, verb->name);
    }
}

static void screens_have_80_columns(void **state)
{
    (void)state;
    struct strbuf text = STRBUF_INIT;
    char line[200];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    screen_wrap(&text, line, 4);
    assert_int_equal(strcspn(text.text, "\n"), SCREEN_COLUMNS);
    assert_memory_equal(text.text + SCREEN_COLUMNS + 1, "    x", 5);
    strbuf_clear(&text);
    memset(line, ' ', 1);
    memset(line + 70, ' ', 1);
    screen_wrap(&text, line, 0);
    assert_int_equal(strcspn(text.text, "\n"), 70); /* at the blank */
    strbuf_clear(&text);
    screen_wrap(&text, "a\x1b[2J\xc3\xa9\rb\n\nc", 2);
    assert_string_equal(text.text, "a?[2J???b\n\nc\n");
    strbuf_free(&text);
    char span[SCREEN_SPAN_SIZE];
    screen_span(59, span);
    assert_string_equal(span, "59 s");
    screen_span(425, span);
    assert_string_equal(span, "7 min 05 s");
    screen_span(3 * 3600 + 600, span);
    assert_string_equal(span, "3 h 10 min");
    screen_span(12 * 86400 + 4 * 3600, span);
    assert_string_equal(span, "12 d 4 h");
    screen_age((double)NAN, span);
    assert_string_equal(span, "never");
    screen_age(4210, span);
    assert_string_equal(span, "4.2 s");
    char real[SCREEN_REAL_SIZE];
    screen_real((double)NAN, 1, real);
    assert_string_equal(real, "-");
}

static void lines_are_named(void **state)
{
    (void)state;
    char path[64];
    speed_t speed;
    struct err err = {0};
    assert_int_equal(terminal_parse("/dev/ttyS1@9600", path, sizeof path, &speed, &err), 0);
    assert_string_equal(path, "/dev/ttyS1");
    assert_true(speed == B9600);
    assert_int_equal(terminal_parse("ttyUSB0", path, sizeof path, &speed, &err), 0);
    assert_string_equal(path, "/dev/ttyUSB0");
    assert_true(speed == B115200);
    assert_int_equal(terminal_parse("ttyS0@12", path, sizeof path, &speed, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "9600"));
    assert_int_equal(terminal_parse("@9600", path, sizeof path, &speed, &err), ERR_USAGE);
}

static void the_example_is_the_table(void **state)
{
    (void)state;
    char *written = NULL, *shipped = NULL;
    size_t length = 0, size = 0;
    FILE *memory = open_memstream(&written, &length);
    config_write_example(CONSOLE_KEYS, CONSOLE_KEY_COUNT, CONSOLE_SPEC.program, memory);
    fclose(memory);
    FILE *file = fopen(SOURCE_DIR "/firmware/console/swap-console.example.ini", "re");
    assert_non_null(file);
    shipped = calloc(1, length + 2);
    size = fread(shipped, 1, length + 1, file);
    fclose(file);
    assert_int_equal(length, size); /* else: swap-console --example-config --config x > the file */
    assert_memory_equal(written, shipped, length);
    free(written);
    free(shipped);
}

/* --- selftest --- */

static const char STATUS[] =
    "{\"mode\":\"normal\",\"monitor\":true,\"storage_fault\":false,\"bays\":["
    "{\"slot\":1,\"state\":\"READY\"},{\"slot\":2,\"state\":\"CHARGING\"}]}";
static const char IO[] = "{\"station\":{\"age_ms\":10},\"bays\":["
                         "{\"slot\":1,\"age_ms\":5,\"door\":\"closed\",\"locked\":true,"
                         "\"contactor\":false,\"present\":true,"
                         "\"charger\":{\"age_ms\":1},\"pack\":{\"age_ms\":1}},"
                         "{\"slot\":2,\"age_ms\":5,\"door\":\"closed\",\"locked\":true,"
                         "\"contactor\":true,\"present\":true,"
                         "\"charger\":{\"age_ms\":1},\"pack\":{\"age_ms\":1}}]}";

/* Runs the engine's checks with one text of the readings replaced; returns what was printed. */
static char *engine_checks(const char *status, const char *from, const char *to, int *failed)
{
    struct strbuf io = STRBUF_INIT;
    char *text = NULL;
    size_t length;
    const char *at = from ? strstr(IO, from) : IO;
    assert_non_null(at);
    strbuf_append(&io, IO, (size_t)(at - IO));
    strbuf_printf(&io, "%s%s", from ? to : "", at + (from ? strlen(from) : 0));
    cJSON *parts[] = {cJSON_Parse(status), cJSON_Parse(strbuf_text(&io)),
                      cJSON_Parse("{\"faults\":[{\"severity\":\"warning\"}]}")};
    assert_true(parts[0] && parts[1] && parts[2]);
    struct selftest test = {.to = open_memstream(&text, &length)};
    selftest_engine(&test, parts[0], parts[1], parts[2]);
    fclose(test.to);
    *failed = test.failed;
    for (int i = 0; i < 3; i++)
        cJSON_Delete(parts[i]);
    strbuf_free(&io);
    return text;
}

static void expect_failure(const char *from, const char *to, const char *sentence)
{
    int failed;
    char *text = engine_checks(STATUS, from, to, &failed);
    if (failed != 1 || !strstr(text, sentence))
        fail_msg("%d failed, '%s' is expected in: %s", failed, sentence, text);
    free(text);
}

static void checks_name_what_is_wrong(void **state)
{
    (void)state;
    int failed;
    char *text = engine_checks(STATUS, NULL, NULL, &failed);
    assert_int_equal(failed, 0);
    assert_null(strstr(text, "FAIL"));
    free(text);
    expect_failure("{\"age_ms\":10}", "{\"age_ms\":9000}", "FAIL  the station's inputs are fresh");
    expect_failure("\"slot\":2,\"age_ms\":5", "\"slot\":2,\"age_ms\":null",
                   "FAIL  the bays' inputs are fresh, not of bay 2: ");
    expect_failure("\"locked\":true", "\"locked\":false", "as the bays' states say, not of bay 1");
    expect_failure("\"contactor\":false", "\"contactor\":true", "not of bay 1: the contactor");
    expect_failure("\"pack\":{\"age_ms\":1}", "\"pack\":{\"age_ms\":6000}",
                   "not of bay 1: look at its plug");
    text = engine_checks("{\"mode\":\"maintenance\",\"monitor\":false,\"storage_fault\":true,"
                         "\"bays\":[{\"slot\":1,\"state\":\"QUARANTINE\"}]}",
                         NULL, NULL, &failed);
    assert_int_equal(failed, 4);
    assert_non_null(strstr(text, "maintenance off"));
    free(text);
}

static void the_monitors_checks(void **state)
{
    (void)state;
    cJSON *parts[] = {
        cJSON_Parse("{\"clock_synced\":false,\"engine\":{\"state\":\"away\"}}"),
        cJSON_Parse("{\"connected\":false,\"offline\":true,\"last_error\":\"no route\"}"),
        cJSON_Parse("{\"storage\":\"full\"}")};
    char *text = NULL;
    size_t length;
    struct selftest test = {.to = open_memstream(&text, &length)};
    selftest_monitor(&test, parts[0], parts[1], parts[2]);
    fclose(test.to);
    assert_int_equal(test.failed, 4);
    assert_int_equal(test.passed, 1); /* approval cannot be judged without a connection */
    assert_non_null(strstr(text, "no route; it is offline by command"));
    for (int i = 0; i < 3; i++)
        cJSON_Delete(parts[i]);
    free(text);
}

/* --- files --- */

struct folder {
    char path[64];
};

static void folder_make(struct folder *folder)
{
    (void)snprintf(folder->path, sizeof folder->path, "/tmp/swapstack-console-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
}

static void folder_remove(const struct folder *folder)
{
    static const char *const NAMES[] = {"journal.db", "journal.db-wal", "journal.reserve",
                                        "engine.state"};
    char path[128];
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder->path, NAMES[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(folder->path), 0); /* nothing else was left there */
}

static void fill(struct journal *journal, int rows)
{
    struct err err = {0};
    for (int i = 1; i <= rows; i++) {
        struct journal_row row = {.lane = i % 2 ? LANE_EVENT : LANE_TELEMETRY,
                                  .boot = journal->boot,
                                  .seq = i,
                                  .time_us = 1795258800000000 + i,
                                  .payload = "{}",
                                  .length = 2};
        assert_int_equal(journal->ops->begin(journal->self, true, &err), 0);
        assert_int_equal(journal->ops->append(journal->self, &row, &err), 0);
        assert_int_equal(journal->ops->commit(journal->self, &err), 0);
    }
}

/* Read while the monitor has it open and locked, with rows that are only in its log; and after. */
static void a_journal_is_read_beside_its_monitor(void **state)
{
    (void)state;
    struct folder folder;
    struct journal journal;
    struct files_journal seen;
    struct err err = {0};
    bool damaged;
    folder_make(&folder);
    assert_int_equal(files_read_journal(folder.path, &seen, &err), ERR_NOT_FOUND);
    assert_int_equal(journal_sqlite_open(&journal, folder.path, "0123456789abcdef0123456789abcdef",
                                         &damaged, &err),
                     0);
    fill(&journal, 11);
    if (files_read_journal(folder.path, &seen, &err))
        fail_msg("%s", err.text);
    assert_string_equal(seen.id, "0123456789abcdef0123456789abcdef");
    assert_int_equal(seen.boot, 1);
    assert_int_equal(seen.event_rows, 6);
    assert_int_equal(seen.telemetry_rows, 5);
    assert_int_equal(seen.telemetry_bytes, 5 * (2 + JOURNAL_ROW_OVERHEAD));
    assert_int_equal(seen.oldest_us, 1795258800000001);
    fill(&journal, 0); /* it was not disturbed */
    journal.ops->close(journal.self);
    assert_int_equal(files_read_journal(folder.path, &seen, &err), 0);
    assert_int_equal(seen.event_rows, 6);
    /* damaged: named, not hidden */
    char path[128];
    (void)snprintf(path, sizeof path, "%s/journal.db", folder.path);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    static const char NOISE[4096] = {1, 2, 3};
    for (int page = 1; page < 6; page++)
        assert_true(pwrite(fd, NOISE, sizeof NOISE, page * 4096) > 0);
    (void)close(fd);
    assert_int_equal(files_read_journal(folder.path, &seen, &err), ERR_INVALID);
    folder_remove(&folder);
}

static void a_state_file_is_read_or_refused(void **state)
{
    (void)state;
    struct folder folder;
    struct err err = {0};
    char path[128];
    folder_make(&folder);
    assert_int_equal(files_check_engine(folder.path, &err), ERR_NOT_FOUND);
    (void)snprintf(path, sizeof path, "%s/engine.state", folder.path);
    FILE *file = fopen(path, "we");
    assert_true(file && fputs("swap-engine 1 00\n{}", file) >= 0);
    fclose(file);
    assert_int_equal(files_check_engine(folder.path, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "engine.state"));
    folder_remove(&folder);
}

/* --- can dump --- */

static int receive_frame(void *self, struct canframe *frame, int64_t *at_us, struct err *err)
{
    int *left = self;
    if (*left < 0)
        return err_set(err, ERR_UNAVAILABLE, "the interface is down");
    if (*left == 0)
        return 0;
    *frame = (struct canframe){.id = 0x1826F456, .extended = true, .length = 2, .data = {1, 0xAB}};
    *at_us = 1000000 + *left;
    (*left)--;
    return 1;
}

static void frames_are_dumped(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length;
    int left = 5;
    struct err err = {0};
    struct canbus bus = {.self = &left, .receive = receive_frame};
    struct can_dump dump = {.interface = "can0", .count = 2, .to = open_memstream(&text, &length)};
    struct terminal terminal = {.fd = -1, .out = dump.to};
    assert_int_equal(can_dump_run(&bus, -1, &terminal, &dump, &err), 0);
    assert_int_equal(dump.seen, 2);
    fclose(dump.to);
    assert_string_equal(text, "(1.000005) can0 1826F456#01AB\n(1.000004) can0 1826F456#01AB\n");
    free(text);
    left = -1;
    dump = (struct can_dump){.interface = "can0", .count = 2, .to = stdout};
    assert_int_equal(can_dump_run(&bus, -1, &terminal, &dump, &err), ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_words),
        cmocka_unit_test(words_are_completed),
        cmocka_unit_test(every_verb_is_documented),
        cmocka_unit_test(screens_have_80_columns),
        cmocka_unit_test(lines_are_named),
        cmocka_unit_test(the_example_is_the_table),
        cmocka_unit_test(checks_name_what_is_wrong),
        cmocka_unit_test(the_monitors_checks),
        cmocka_unit_test(a_journal_is_read_beside_its_monitor),
        cmocka_unit_test(a_state_file_is_read_or_refused),
        cmocka_unit_test(frames_are_dumped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
