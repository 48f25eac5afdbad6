/* SPDX-License-Identifier: Apache-2.0 */
/* swap-engine: wires the engine to the machine: configuration, drivers, socket, signals, timer. */
#include "base/args.h"
#include "base/daemon.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/watchdog.h"
#include "core/fault_list.h"
#include "engine/console_serve.h"
#include "engine/guardian.h"
#include "engine/options.h"
#include "engine/plants.h"
#include "engine/tools.h"
#include "ipc/ipc.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

static const struct args_option OPTIONS[] = {
    {"board", "DIR", "board folder, for example boards/sim", "engine", "board"},
    {"socket", "PATH", "Unix socket for the monitor", "engine", "socket"},
    {"state", "DIR", "folder of the durable state", "engine", "state"},
    {"config", "FILE", "configuration (INI)", NULL, NULL},
    {"faults", NULL, "print every fault: cause, reaction, what to check (docs/faults.md)", NULL,
     NULL},
    {"check", NULL, "check the board folder, print every mistake, do nothing else", NULL, NULL},
    {"safe", NULL, "put the outputs of the board to their safe level and end", NULL, NULL},
    {"acknowledge", NULL,
     "somebody at the station has looked: latched faults whose cause is gone end", NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static const struct args_spec SPEC = {
    .program = "swap-engine",
    .synopsis = "--board DIR --socket PATH --state DIR [--config FILE]\n"
                "       swap-engine --check | --safe --board DIR\n"
                "       swap-engine --faults",
    .summary = "Drives the hardware of one battery swap station: bays, doors, chargers, gate.\n"
               "Serves one swap-monitor on its socket.",
    .options = OPTIONS,
};

/* Everything that lives as long as the process. */
struct process {
    struct config *config;
    const char *config_file;
    struct board *board;
    struct env env;
    struct env_real real;
    struct plants plants;
    struct guardian guardian;
    struct engine_link link;
    struct engine_options options;
    struct engine *engine;
    struct engine_serve *console;          /* NULL: technicians' tools are not served */
    int signals, listener, monitor, timer; /* -1: none */
    bool stop;
    bool unguarded; /* it stops because its guardian has died */
};

/* --- the monitor's connection --- */

static void drop_monitor(struct process *process, const char *why)
{
    if (process->monitor < 0)
        return;
    log_warning("engine", "monitor lost: %s", why);
    (void)close(process->monitor);
    process->monitor = -1;
    engine_on_monitor_lost(process->engine);
}

static int link_send(void *self, const void *bytes, size_t length, struct err *err)
{
    const struct process *process = self;
    if (process->monitor < 0)
        return err_set(err, ERR_UNAVAILABLE, "no monitor is connected");
    return ipc_send(process->monitor, bytes, length, err);
}

static void accept_monitor(struct process *process)
{
    struct err err = {0};
    int fd = ipc_accept(process->listener, &err);
    if (fd < 0)
        return;
    drop_monitor(process, "a newer connection takes its place");
    process->monitor = fd;
    log_info("engine", "monitor connected");
    engine_on_monitor_connected(process->engine);
}

static void receive_all(struct process *process)
{
    SCOPE_STRBUF struct strbuf packet = STRBUF_INIT;
    struct err err = {0};
    int code = 0;
    while (process->monitor >= 0 && !code) {
        code = ipc_receive(process->monitor, &packet, &err);
        if (!code)
            engine_on_packet(process->engine, strbuf_text(&packet), packet.length);
        else if (code != ERR_BUSY)
            drop_monitor(process, err.text);
    }
}

/* --- start --- */

static int required(const struct config *config, const char *name, struct err *err)
{
    if (config_text(config, "engine", name)[0])
        return 0;
    return err_set(err, ERR_USAGE, "--%s is missing", name);
}

static int configure(struct process *process, const struct args *args, struct err *err)
{
    struct clock clock;
    int code = args_load_config(args, &SPEC, ENGINE_KEYS, ENGINE_KEY_COUNT, &process->config, err);
    for (size_t i = 0; !code && i < 3; i++)
        code = required(process->config, (const char *[]){"board", "socket", "state"}[i], err);
    if (!code)
        code = daemon_configure(process->config, &clock, err);
    if (!code)
        code = daemon_keep_log(process->config, SPEC.program, err);
    if (code)
        return code;
    const char *state = config_text(process->config, "engine", "state");
    if (mkdir(state, 0750) && errno != EEXIST)
        return err_set_errno(err, ERR_STORAGE, errno, "state folder %s cannot be made", state);
    process->real = (struct env_real){.clock = clock, .directory = state};
    env_real_init(&process->env, &process->real);
    return 0;
}

static int open_station(struct process *process, struct err *err)
{
    const struct config *config = process->config;
    struct board_report report;
    int code =
        board_load(config_text(config, "engine", "board"), environ, &process->board, &report, err);
    if (code && report.count > 1)
        board_report_print(&report, stderr);
    if (!code)
        code = board_match_machine(process->board, err);
    if (!code)
        code = options_read(&process->options, config, process->board, err);
    if (!code)
        code = plants_open(&process->plants, process->board, &process->env, err);
    if (!code)
        code = guardian_start(&process->guardian, &process->plants, err);
    if (code)
        return code;
    process->link = (struct engine_link){process, link_send};
    process->options.env = &process->env;
    process->options.link = &process->link;
    process->options.plants = process->plants.list;
    process->options.plant_count = process->plants.count;
    process->options.plant_speed = process->real.clock.speed;
    return engine_new(&process->engine, &process->options, err);
}

/* A tick of 100 ms keeps deadlines of a real station; a fast plant clock wants finer ones. */
static int start_timer(struct process *process, struct err *err)
{
    long tick_ns = process->real.clock.speed > 2 ? 40000000 : 100000000;
    struct itimerspec spec = {{0, tick_ns}, {0, tick_ns}};
    process->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (process->timer < 0 || timerfd_settime(process->timer, 0, &spec, NULL))
        return err_set_errno(err, ERR_SYSTEM, errno, "no timer");
    return 0;
}

static int start(struct process *process, struct err *err)
{
    process->signals = daemon_signals(err);
    if (process->signals < 0)
        return process->signals;
    int code = open_station(process, err);
    if (!code)
        code = start_timer(process, err);
    if (code)
        return code;
    const char *path = config_text(process->config, "engine", "socket");
    process->listener = ipc_listen(path, err);
    if (process->listener < 0)
        return process->listener;
    log_info("engine", "ready board=%s bays=%d socket=%s boot=%lld", process->options.board,
             process->options.bay_count, path, (long long)engine_boot(process->engine));
    process->console = engine_serve_open(process->engine, process->config, process->real.directory);
    daemon_notify("READY=1");
    return 0;
}

/* --- run --- */

static void reread_log_level(struct process *process)
{
    struct config *config = NULL;
    struct clock clock;
    struct err err = {0};
    if (!process->config_file)
        return;
    int code = config_new(&config, ENGINE_KEYS, ENGINE_KEY_COUNT, &err);
    if (!code)
        code = config_read_file(config, process->config_file, &err);
    if (!code)
        code = daemon_configure(config, &clock, &err);
    if (code)
        log_warning("engine", "the configuration is not read again: %s", err.text);
    else
        log_info("engine", "log level read again level=%s", log_level_name(log_get_level()));
    config_free(config);
}

static void take_signals(struct process *process)
{
    for (int signal = 0; (signal = daemon_next_signal(process->signals)) != 0;) {
        if (signal == SIGHUP)
            reread_log_level(process);
        else
            process->stop = true;
    }
}

/* Without a guardian nobody would make the outputs safe after a crash: end, to be started again. */
static void watch_guardian(struct process *process)
{
    if (process->stop || guardian_is_well(&process->guardian))
        return;
    log_error("engine", "the guardian of the outputs has died: the engine ends");
    process->stop = process->unguarded = true;
}

/* An orderly end takes what charging needs to stop and the monitor to hear of it, at most 3 s. */
static bool ended(struct process *process, int64_t *deadline_us)
{
    if (!process->stop && !engine_wants_exit(process->engine))
        return false;
    if (!*deadline_us) {
        *deadline_us = clock_mono_us() + 3 * CLOCK_US_PER_SECOND;
        engine_wind_down(process->engine);
        return false;
    }
    return engine_is_at_rest(process->engine) || clock_mono_us() > *deadline_us;
}

/* Waits for signals, the timer, the monitor, and what drivers want to be woken by. */
static int wait_for(const struct process *process, struct pollfd *fds, int wait_ms)
{
    nfds_t count = 0;
    const int own[] = {process->signals, process->timer, process->listener, process->monitor,
                       engine_serve_fd(process->console)};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        fds[count++] = (struct pollfd){own[i], POLLIN, 0};
    for (size_t i = 0; i < process->plants.count; i++) {
        const struct engine_plant *plant = &process->plants.list[i];
        int fd = plant->ops->wake_fd ? plant->ops->wake_fd(plant->self) : -1;
        fds[count++] = (struct pollfd){fd, POLLIN, 0};
    }
    return poll(fds, count, wait_ms);
}

static void serve(struct process *process)
{
    bool behind = false;
    int64_t deadline_us = 0;
    struct watchdog watchdog = watchdog_from_environment();
    struct pollfd fds[5 + ENGINE_PLANTS_MAX];
    while (!ended(process, &deadline_us)) {
        int wait_ms = -1;
        bool urgent = engine_pump(process->engine, &wait_ms);
        if (wait_for(process, fds, behind || urgent ? 0 : wait_ms) < 0 && errno != EINTR)
            break;
        uint64_t ticks = 0;
        if (fds[1].revents && read(process->timer, &ticks, sizeof ticks) < 0)
            ticks = 0;
        if (fds[0].revents)
            take_signals(process);
        if (fds[3].revents)
            receive_all(process);
        if (fds[2].revents)
            accept_monitor(process);
        if (ticks)
            watch_guardian(process);
        if (ticks || behind || urgent)
            behind = engine_step(process->engine, 100);
        if (ticks || fds[4].revents)
            engine_serve_step(process->console);
        (void)watchdog_tick(&watchdog, clock_mono_us()); /* the timer wakes this loop in time */
    }
}

static int finish(struct process *process, struct err *err)
{
    daemon_notify("STOPPING=1");
    log_info("engine", "stopping: outputs to their safe level");
    int code = engine_stop(process->engine, err);
    const char *path = config_text(process->config, "engine", "socket");
    (void)unlink(path);
    if (!code && process->unguarded)
        code = err_set(err, ERR_SYSTEM, "the guardian of the outputs has died");
    return code;
}

static void release(struct process *process)
{
    plants_close(&process->plants);
    engine_serve_close(process->console);
    guardian_end(&process->guardian);
    engine_free(process->engine);
    board_free(process->board);
    config_free(process->config);
    const int fds[] = {process->signals, process->listener, process->monitor, process->timer};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
}

static int run(struct process *process, const struct args *args, struct err *err)
{
    process->config_file = args_value(args, "config");
    int code = configure(process, args, err);
    if (!code)
        code = start(process, err);
    if (code)
        return code;
    if (args_value(args, "acknowledge"))
        engine_acknowledge(process->engine);
    serve(process);
    return finish(process, err);
}

int main(int argc, char **argv)
{
    struct process process = {.signals = -1, .listener = -1, .monitor = -1, .timer = -1};
    struct args *args = NULL;
    struct err err = {0};
    if (args_parse(&args, &SPEC, argc, argv, &err))
        return args_fail(&SPEC, &err);
    if (args_value(args, "faults")) {
        args_free(args);
        return fault_list_print(stdout) ? EX_OSERR : EX_OK;
    }
    if (args_value(args, "check") || args_value(args, "safe")) {
        int status = tools_use(args);
        args_free(args);
        return status;
    }
    int code = run(&process, args, &err);
    if (code)
        log_error("engine", "it ends: %s", err.text); /* for the log's files */
    release(&process);
    int status = code ? args_fail(&SPEC, &err) : 0;
    args_free(args);
    return status;
}
