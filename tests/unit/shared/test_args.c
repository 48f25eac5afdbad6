/* SPDX-License-Identifier: Apache-2.0 */
#include "shared/check.h"

#include "base/args.h"
#include "base/scope.h"
#include "base/strbuf.h"
#include <sys/wait.h>

static const struct args_option options[] = {
    {"broker", "HOST:PORT", "the MQTT broker", "mqtt", "broker"},
    {"db", "FILE", "the database", NULL, NULL},
    {"config", "FILE", "configuration file", NULL, NULL},
    {"json", NULL, "for programs", NULL, NULL},
    {"n", "COUNT", "how many", NULL, NULL},
    {"f", NULL, "go on", NULL, NULL},
    {"own-topic", NULL, "publish below info/DEVICE", "mqtt", "own_topic"},
    {0},
};
static const struct args_spec spec = {"swap-test", "--db FILE [--broker HOST:PORT] WORD ...",
                                      "Tests arguments.", options, true};
static const struct args_spec spec_wordless = {"swap-test", "", "Tests arguments.", options, false};

static const struct config_key keys[] = {
    {"mqtt", "broker", CONFIG_TEXT, "default:1", 0, 0, NULL, "Broker as HOST:PORT."},
    {"mqtt", "keep_alive_s", CONFIG_INTEGER, "60", 5, 65535, NULL, "Keep-alive."},
    {"mqtt", "own_topic", CONFIG_BOOL, "off", 0, 0, NULL, "Own topic."},
};

enum { WORDS_MAX = 16 };

/* Splits `line` at spaces into an argv behind the program's name; the texts live in `copy`. */
static int split(const char *line, char copy[256], char *argv[WORDS_MAX])
{
    int argc = 0;
    (void)snprintf(copy, 256, "swap-test %s", line);
    for (char *word = strtok(copy, " "); word != NULL && argc + 1 < WORDS_MAX;
         word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return argc;
}

static void takes_options_in_any_place(void **state)
{
    (void)state;
    char copy[256], *argv[WORDS_MAX];
    int argc = split("battery --db a.db show --db=b.db --json B1 -- --db -", copy, argv);
    struct args *args = NULL;
    struct err err = {0};
    assert_int_equal(args_parse(&args, &spec, argc, argv, &err), 0);
    assert_string_equal(args_value(args, "db"), "b.db");
    assert_string_equal(args_value(args, "json"), "");
    assert_null(args_value(args, "broker"));
    assert_int_equal(args_word_count(args), 5);
    assert_string_equal(args_word(args, 0), "battery");
    assert_string_equal(args_word(args, 2), "B1");
    assert_string_equal(args_word(args, 3), "--db");
    assert_string_equal(args_word(args, 4), "-");
    args_free(args);
}

static void takes_options_of_one_letter(void **state)
{
    (void)state;
    static const char *const lines[] = {"-n 25 -f x", "x -f -n25", "-f x -n 7 -n 25"};
    for (size_t i = 0; i < CHECK_COUNT(lines); i++) {
        char copy[256], *argv[WORDS_MAX];
        int argc = split(lines[i], copy, argv);
        struct args *args = NULL;
        struct err err = {0};
        assert_int_equal(args_parse(&args, &spec, argc, argv, &err), 0);
        assert_string_equal(args_value(args, "n"), "25");
        assert_string_equal(args_value(args, "f"), "");
        assert_int_equal(args_word_count(args), 1);
        args_free(args);
    }
}

static void refuses_with_a_sentence(void **state)
{
    (void)state;
    const struct {
        const struct args_spec *spec;
        const char *line, *sentence;
    } cases[] = {
        {&spec, "--brokr x", "there is no option --brokr; did you mean --broker?"},
        {&spec, "--brokr=x:1", "there is no option --brokr; did you mean --broker?"},
        {&spec, "--exmple-config", "did you mean --example-config?"},
        {&spec, "-broker x", "there is no option -broker; did you mean --broker?"},
        {&spec, "--xyzzy", "there is no option --xyzzy"},
        {&spec, "--db", "--db needs a value: --db FILE"},
        {&spec, "--json=1", "--json takes no value, but --json=1 gives one"},
        {&spec, "-n", "-n needs a value: -n COUNT"},
        {&spec, "-fx", "-f takes no value, but -fx gives one"},
        {&spec, "--n 5", "there is no option --n; did you mean -n?"},
        {&spec, "-x", "there is no option -x"},
        {&spec_wordless, "start", "start is not expected: swap-test takes options only"},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        char copy[256], *argv[WORDS_MAX];
        int argc = split(cases[i].line, copy, argv);
        struct args *args = NULL;
        struct err err = {0};
        assert_int_equal(args_parse(&args, cases[i].spec, argc, argv, &err), ERR_USAGE);
        assert_null(args);
        check_sentence(&err, cases[i].sentence);
    }
}

/* Runs args_parse, args_load_config and, after an error, args_fail in a child, as a main would.
 * Returns the exit status; what it wrote to `fd` (1 or 2) goes to `output`. */
static int run_main(const char *line, int fd, struct strbuf *output)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char copy[256], *argv[WORDS_MAX];
        int argc = split(line, copy, argv);
        (void)dup2(ends[1], fd);
        struct args *args = NULL;
        struct config *config = NULL;
        struct err err = {0};
        int result = args_parse(&args, &spec, argc, argv, &err);
        if (result == 0)
            result = args_load_config(args, &spec, keys, CHECK_COUNT(keys), &config, &err);
        int status = result == 0 ? 0 : args_fail(&spec, &err);
        args_free(args);
        config_free(config);
        _exit(status);
    }
    (void)close(ends[1]);
    char chunk[512];
    ssize_t got;
    while ((got = read(ends[0], chunk, sizeof chunk)) > 0)
        strbuf_append(output, chunk, (size_t)got);
    (void)close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void prints_help_and_version(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf help = STRBUF_INIT, version = STRBUF_INIT;
    assert_int_equal(run_main("word --help", STDOUT_FILENO, &help), 0);
    assert_non_null(strstr(strbuf_text(&help), "Usage: swap-test --db FILE"));
    assert_non_null(strstr(strbuf_text(&help), "--broker HOST:PORT        the MQTT broker"));
    assert_non_null(strstr(strbuf_text(&help), "--example-config"));
    assert_non_null(strstr(strbuf_text(&help), "SWAPSTACK_<SECTION>_<KEY>"));
    assert_int_equal(run_main("--version", STDOUT_FILENO, &version), 0);
    assert_non_null(strstr(strbuf_text(&version), "swap-test " SWAPSTACK_VERSION " ("));
}

static void prints_the_example_configuration(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    assert_int_equal(run_main("--example-config", STDOUT_FILENO, &text), 0);
    assert_non_null(strstr(strbuf_text(&text), "\n[mqtt]\n"));
    assert_non_null(strstr(strbuf_text(&text), "\n;keep_alive_s = 60\n"));
}

static void fails_with_the_status_of_sysexits(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf usage = STRBUF_INIT, file = STRBUF_INIT, none = STRBUF_INIT;
    assert_int_equal(run_main("--brokr x", STDERR_FILENO, &usage), 64);
    assert_string_equal(strbuf_text(&usage),
                        "swap-test: there is no option --brokr; did you mean --broker?\n"
                        "See swap-test --help\n");
    assert_int_equal(run_main("--config /nonexistent/x.ini", STDERR_FILENO, &file), 78);
    assert_string_equal(strbuf_text(&file), "swap-test: /nonexistent/x.ini cannot be opened: "
                                            "No such file or directory\n");
    assert_int_equal(run_main("--own-topic", STDERR_FILENO, &none), 0);
    assert_string_equal(strbuf_text(&none), "");
}

static void flags_beat_environment_beats_file(void **state)
{
    (void)state;
    char path[] = "/tmp/swapstack-test-XXXXXX", line[256], copy[256], *argv[WORDS_MAX];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "[mqtt]\nbroker=file:1\nkeep_alive_s=10\n", 37), 37);
    (void)close(fd);
    struct err err = {0};
    const struct {
        const char *environment, *flags, *broker;
    } cases[] = {
        {NULL, "", "file:1"},
        {"environment:1", "", "environment:1"},
        {"environment:1", "--broker flag:1", "flag:1"},
        {NULL, "--broker flag:1", "flag:1"},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        (void)snprintf(line, sizeof line, "--own-topic --config %s %s", path, cases[i].flags);
        int argc = split(line, copy, argv);
        if (cases[i].environment)
            (void)setenv("SWAPSTACK_MQTT_BROKER", cases[i].environment, 1);
        struct args *args = NULL;
        struct config *config = NULL;
        assert_int_equal(args_parse(&args, &spec, argc, argv, &err), 0);
        assert_int_equal(args_load_config(args, &spec, keys, CHECK_COUNT(keys), &config, &err), 0);
        (void)unsetenv("SWAPSTACK_MQTT_BROKER");
        assert_string_equal(config_text(config, "mqtt", "broker"), cases[i].broker);
        assert_int_equal(config_integer(config, "mqtt", "keep_alive_s"), 10);
        assert_true(config_bool(config, "mqtt", "own_topic"));
        config_free(config);
        args_free(args);
    }
    (void)unlink(path);
}

static void splits_host_and_port(void **state)
{
    (void)state;
    char host[16];
    int port = 0;
    struct err err = {0};
    assert_int_equal(args_host_port("127.0.0.1:1883", host, sizeof host, &port, &err), 0);
    assert_string_equal(host, "127.0.0.1");
    assert_int_equal(port, 1883);
    assert_int_equal(args_host_port("[::1]:8883", host, sizeof host, &port, &err), 0);
    assert_string_equal(host, "::1");
    assert_int_equal(port, 8883);
    static const char *const wrong[] = {"",       "host",    "host:",    ":1",
                                        "host:0", "h:65536", "h:1x",     "h:-1",
                                        "h: 1",   "[]:1",    "::1:1883", "h:123456789012"};
    for (size_t i = 0; i < CHECK_COUNT(wrong); i++)
        assert_int_equal(args_host_port(wrong[i], host, sizeof host, &port, &err), ERR_USAGE);
    assert_int_equal(args_host_port("a-very-long-host-name:1", host, sizeof host, &port, &err),
                     ERR_USAGE);
    check_sentence(&err, "the host name is longer than 15 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_options_in_any_place),
        cmocka_unit_test(takes_options_of_one_letter),
        cmocka_unit_test(refuses_with_a_sentence),
        cmocka_unit_test(prints_help_and_version),
        cmocka_unit_test(prints_the_example_configuration),
        cmocka_unit_test(fails_with_the_status_of_sysexits),
        cmocka_unit_test(flags_beat_environment_beats_file),
        cmocka_unit_test(splits_host_and_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
