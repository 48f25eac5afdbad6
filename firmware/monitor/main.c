/* SPDX-License-Identifier: Apache-2.0 */
/* swap-monitor: wires the monitor to the machine: configuration, journal, broker, engine socket,
 * signals. */
#include "base/daemon.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/watchdog.h"
#include "ipc/ipc.h"
#include "monitor/console_serve.h"
#include "monitor/inbox.h"
#include "monitor/monitor.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>

#define MODULE        "main"
#define FAST_TRIES    5
#define FAST_RETRY_US INT64_C(500000)
#define LAST_WORDS_MS 3000

/* Everything that lives as long as the process. */
struct process {
    const struct args *args;
    struct config *config;
    struct settings settings;
    struct env env;
    struct env_real real;
    struct journal journal;
    bool journal_damaged;
    struct inbox *inbox;
    struct session *session;
    struct monitor_link link;
    struct monitor *monitor;
    struct monitor_serve *console; /* NULL: technicians' tools are not served */
    char host[256];
    int signals, engine; /* file descriptors, -1: none */
    int engine_tries;    /* in a row that came to nothing */
    int64_t engine_try_us, engine_retry_us;
    bool stop, reboot;
};

/* --- what the monitor asks for --- */

static int link_publish(void *self, const char *topic, const void *payload, size_t length, int qos,
                        int64_t *token, struct err *err)
{
    const struct process *process = self;
    return session_publish(process->session, topic, payload, length, qos, token, err);
}

static int link_set_will(void *self, const char *topic, const void *payload, size_t length,
                         struct err *err)
{
    const struct process *process = self;
    return session_set_will(process->session, topic, payload, length, err);
}

static void link_go_offline(void *self)
{
    const struct process *process = self;
    session_stop(process->session, LAST_WORDS_MS);
}

static void link_go_online(void *self)
{
    const struct process *process = self;
    (void)session_start(process->session, NULL);
}

static int link_engine_send(void *self, const void *bytes, size_t length, struct err *err)
{
    const struct process *process = self;
    if (process->engine < 0)
        return err_set(err, ERR_UNAVAILABLE, "no engine is connected");
    return ipc_send(process->engine, bytes, length, err);
}

static void close_engine(struct process *process)
{
    if (process->engine >= 0)
        (void)close(process->engine);
    process->engine = -1;
    process->engine_tries = 0;
    process->engine_try_us = clock_mono_us() + FAST_RETRY_US;
}

static void link_engine_close(void *self)
{
    close_engine(self);
}

static void link_request_exit(void *self, enum monitor_exit mode)
{
    struct process *process = self;
    process->stop = true;
    process->reboot = mode == MONITOR_EXIT_REBOOT;
}

static bool link_clock_synced(void *self)
{
    struct timex state = {.modes = 0};
    (void)self;
    return adjtimex(&state) != TIME_ERROR && !(state.status & STA_UNSYNC);
}

static const struct monitor_link LINK = {
    .publish = link_publish,
    .set_will = link_set_will,
    .go_offline = link_go_offline,
    .go_online = link_go_online,
    .engine_send = link_engine_send,
    .engine_close = link_engine_close,
    .request_exit = link_request_exit,
    .clock_synced = link_clock_synced,
};

/* --- engine socket: five fast tries, then slow ones for ever --- */

static void try_engine(struct process *process)
{
    const char *path = config_text(process->config, "engine", "socket");
    struct err err = {0};
    int64_t now = clock_mono_us();
    if (process->engine >= 0 || now < process->engine_try_us)
        return;
    int fd = ipc_connect(path, &err);
    if (fd >= 0) {
        log_info(MODULE, "engine connected socket=%s", path);
        process->engine = fd;
        process->engine_tries = 0;
        monitor_on_engine_connected(process->monitor);
        return;
    }
    process->engine_tries++;
    if (process->engine_tries == FAST_TRIES)
        log_warning(MODULE, "%s; tried again from time to time", err.text);
    process->engine_try_us =
        now + (process->engine_tries < FAST_TRIES ? FAST_RETRY_US : process->engine_retry_us);
}

static void receive_engine(struct process *process)
{
    SCOPE_STRBUF struct strbuf packet = STRBUF_INIT;
    struct err err = {0};
    while (process->engine >= 0) {
        int rc = ipc_receive(process->engine, &packet, &err);
        if (rc == ERR_BUSY)
            return;
        if (rc == 0) {
            monitor_on_engine_packet(process->monitor, strbuf_text(&packet), packet.length);
        } else if (rc == ERR_PROTOCOL) {
            log_error(MODULE, "a packet of the engine is ignored: %s", err.text);
        } else {
            close_engine(process);
            monitor_on_engine_lost(process->monitor, err.text);
        }
    }
}

/* --- start --- */

static int make_folder(const char *path, struct err *err)
{
    if (mkdir(path, 0750) < 0 && errno != EEXIST)
        return err_set_errno(err, ERR_STORAGE, errno, "folder %s cannot be made", path);
    return 0;
}

static int configure(struct process *process, struct err *err)
{
    struct clock clock;
    const char *state = args_value(process->args, "state");
    int rc = args_load_config(process->args, &SETTINGS_SPEC, SETTINGS_KEYS, SETTINGS_KEY_COUNT,
                              &process->config, err);
    if (rc == 0)
        rc = daemon_configure(process->config, &clock, err);
    if (rc == 0)
        rc = daemon_keep_log(process->config, SETTINGS_SPEC.program, err);
    if (rc == 0)
        rc = settings_read(&process->settings, process->config, &clock, err);
    if (rc == 0 && (!state || state[0] == '\0'))
        rc = err_set(err, ERR_USAGE, "--state DIR is needed: the folder of the durable state");
    if (rc == 0)
        rc = make_folder(state, err);
    if (rc < 0)
        return rc;
    process->engine_retry_us = (int64_t)(config_real(process->config, "engine", "retry_s") * 1e6);
    process->real = (struct env_real){.clock = clock, .directory = state};
    env_real_init(&process->env, &process->real);
    return 0;
}

static int open_journal(struct process *process, struct err *err)
{
    const char *folder = config_text(process->config, "journal", "dir");
    unsigned char random[16];
    char id[JOURNAL_ID_SIZE];
    if (folder[0] == '\0')
        folder = process->real.directory;
    int rc = make_folder(folder, err);
    process->env.random_bytes(process->env.self, random, sizeof(random));
    for (size_t i = 0; i < sizeof(random); i++)
        (void)snprintf(id + 2 * i, 3, "%02x", random[i]);
    return rc < 0
               ? rc
               : journal_sqlite_open(&process->journal, folder, id, &process->journal_damaged, err);
}

/* The session needs the monitor's topics, the monitor the session for its will: the topics depend
 * on the settings only, so the session is made first. */
static int make_session(struct process *process, struct err *err)
{
    char topics[2][TOPIC_SIZE];
    const struct settings *settings = &process->settings;
    int rc = topic_format(topics[0], settings->prefix, TOPIC_CONTROL, NULL, err);
    if (rc == 0)
        rc = topic_format(topics[1], settings->prefix, TOPIC_CONTROL, settings->device, err);
    struct session_subscription subscriptions[2] = {
        {.topic = topics[0], .qos = 1, .retain_as_published = true},
        {.topic = topics[1], .qos = 1, .retain_as_published = true}};
    struct session_options options = {.client_id = settings->device,
                                      .clean_start = true,
                                      .receive_maximum = 100,
                                      .subscriptions = subscriptions,
                                      .subscription_count = 2,
                                      .events = &INBOX_EVENTS,
                                      .self = process->inbox};
    if (rc == 0)
        rc = session_options_from_config(&options, process->config, process->host,
                                         sizeof(process->host), err);
    return rc < 0 ? rc : session_new(&process->session, &options, err);
}

static int start(struct process *process, struct err *err)
{
    int rc = configure(process, err);
    if (rc == 0) {
        process->signals = daemon_signals(err);
        rc = process->signals < 0 ? process->signals : 0;
    }
    if (rc == 0)
        rc = open_journal(process, err);
    if (rc == 0)
        rc = inbox_new(&process->inbox, err);
    if (rc == 0)
        rc = make_session(process, err);
    if (rc < 0)
        return rc;
    process->link = LINK;
    process->link.self = process;
    struct monitor_options options = {.settings = &process->settings,
                                      .env = &process->env,
                                      .link = &process->link,
                                      .journal = &process->journal,
                                      .journal_damaged = process->journal_damaged};
    rc = monitor_new(&process->monitor, &options, err);
    if (rc == 0)
        rc = session_start(process->session, err);
    if (rc == 0)
        process->console = monitor_serve_open(process->monitor, process->session, process->config,
                                              process->real.directory);
    /* It serves from here on: what happens is journaled, with or without a broker. */
    if (rc == 0)
        daemon_notify("READY=1");
    return rc;
}

/* --- run --- */

static void reload_log_level(struct process *process)
{
    SCOPE(config_free_scope) struct config *config = NULL;
    struct clock clock;
    struct err err = {0};
    int rc = args_load_config(process->args, &SETTINGS_SPEC, SETTINGS_KEYS, SETTINGS_KEY_COUNT,
                              &config, &err);
    if (rc == 0)
        rc = daemon_configure(config, &clock, &err);
    if (rc < 0)
        log_error(MODULE, "configuration not read again: %s", err.text);
    else
        log_info(MODULE, "log level read again level=%s", log_level_name(log_get_level()));
}

static void take_signals(struct process *process)
{
    for (int number; (number = daemon_next_signal(process->signals)) != 0;) {
        if (number == SIGHUP)
            reload_log_level(process);
        else
            process->stop = true;
    }
}

/* Milliseconds until `at_us`, rounded up so that it has come when poll returns. */
static int wait_ms(int64_t at_us)
{
    int64_t span = at_us == INT64_MAX ? INT64_MAX : at_us - clock_mono_us();
    if (span <= 0)
        return 0;
    return span / 1000 >= INT_MAX ? INT_MAX : (int)((span + 999) / 1000);
}

static void serve(struct process *process)
{
    struct watchdog watchdog = watchdog_from_environment();
    while (!process->stop) {
        try_engine(process);
        int64_t next = monitor_tick(process->monitor);
        if (process->engine < 0 && process->engine_try_us < next)
            next = process->engine_try_us;
        int64_t ping_us = watchdog_tick(&watchdog, clock_mono_us());
        if (ping_us < next)
            next = ping_us;
        struct pollfd fds[] = {{.fd = process->signals, .events = POLLIN},
                               {.fd = inbox_fd(process->inbox), .events = POLLIN},
                               {.fd = process->engine, .events = POLLIN},
                               {.fd = monitor_serve_fd(process->console), .events = POLLIN}};
        if (process->stop)
            return;
        if (poll(fds, 4, wait_ms(next)) < 0 && errno != EINTR) {
            log_error(MODULE, "poll: %s", strerror(errno));
            return;
        }
        if (fds[0].revents)
            take_signals(process);
        if (fds[1].revents)
            inbox_deliver(process->inbox, process->monitor);
        if (fds[2].revents)
            receive_engine(process);
        if (fds[3].revents)
            monitor_serve_step(process->console);
    }
}

static void finish(struct process *process)
{
    daemon_notify("STOPPING=1");
    monitor_serve_close(process->console);
    if (process->monitor)
        monitor_shutdown(process->monitor, process->reboot ? "reboot" : "stopping");
    if (process->session)
        session_stop(process->session, LAST_WORDS_MS);
    session_free(process->session);
    inbox_free(process->inbox);
    monitor_free(process->monitor);
    if (process->journal.ops)
        process->journal.ops->close(process->journal.self);
    if (process->engine >= 0)
        (void)close(process->engine);
    if (process->signals >= 0)
        (void)close(process->signals);
}

static int reboot_machine(const struct process *process)
{
    const char *command = config_text(process->config, "control", "reboot_command");
    log_info(MODULE, "rebooting command=%s", command);
    int status = system(command);
    if (status != 0)
        log_error(MODULE, "the reboot command failed status=%d", status);
    return status == 0 ? 0 : EX_OSERR;
}

int main(int argc, char **argv)
{
    struct process process = {.signals = -1, .engine = -1};
    struct args *args = NULL;
    struct err err = {0};
    if (args_parse(&args, &SETTINGS_SPEC, argc, argv, &err) < 0)
        return args_fail(&SETTINGS_SPEC, &err);
    if (args_value(args, "example-config")) {
        config_write_example(SETTINGS_KEYS, SETTINGS_KEY_COUNT, SETTINGS_SPEC.program, stdout);
        args_free(args);
        return 0;
    }
    process.args = args;
    int rc = start(&process, &err);
    if (rc == 0) {
        serve(&process);
        log_info(MODULE, "stopping");
    } else {
        log_error(MODULE, "it cannot start: %s", err.text); /* for the log's files */
    }
    finish(&process);
    int status = rc < 0 ? args_fail(&SETTINGS_SPEC, &err) : 0;
    if (rc == 0 && process.reboot)
        status = reboot_machine(&process);
    config_free(process.config);
    args_free(args);
    return status;
}
