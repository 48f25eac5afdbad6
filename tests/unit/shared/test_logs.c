/* SPDX-License-Identifier: Apache-2.0 */
/* Reading logs as a command: several programs by time, filters, output, what is said of damage. */
#include "shared/logs_support.h"

#include "base/strbuf.h"
#include "logs/logs.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LOG_FOLDER(programs_by_time_and_filters),
        IN_LOG_FOLDER(refuses_with_a_sentence),
        IN_LOG_FOLDER(verb_keeps_to_its_folder),
        IN_LOG_FOLDER(damage_is_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
