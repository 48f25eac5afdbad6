/* SPDX-License-Identifier: Apache-2.0 */
/* swap-bridge: configuration, signals, and the loop around the bridge. */
#include "base/daemon.h"
#include "base/log.h"
#include "base/scope.h"
#include "bridge/bridge.h"
#include "bridge/options.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#define MODULE "main"

static int load(const struct args *args, struct config **config, struct err *err)
{
    int status =
        args_load_config(args, &OPTIONS_ARGS, OPTIONS_KEYS, OPTIONS_KEY_COUNT, config, err);
    if (status == 0 && config_text(*config, "store", "db")[0] == '\0')
        status = err_set(err, ERR_USAGE, "--db FILE is needed: the database to write");
    return status;
}

/* SIGHUP: log level and what the ingest can change while running. */
static void reload(struct bridge *bridge, const struct args *args)
{
    SCOPE(config_free_scope) struct config *config = NULL;
    struct err err = {0};
    enum log_level level;
    if (load(args, &config, &err) < 0 ||
        log_level_parse(config_text(config, "log", "level"), &level, &err) < 0) {
        log_error(MODULE, "configuration not read again: %s", err.text);
        return;
    }
    log_set_level(level);
    bridge_configure(bridge, config);
    log_info(MODULE, "configuration read again");
}

/* Until SIGTERM or SIGINT. */
static void serve(struct bridge *bridge, int signal_fd, const struct args *args)
{
    for (int wait_ms = -1;;) {
        struct pollfd fds[2] = {{.fd = signal_fd, .events = POLLIN},
                                {.fd = bridge_fd(bridge), .events = POLLIN}};
        if (poll(fds, 2, wait_ms) < 0 && errno != EINTR) {
            log_error(MODULE, "poll: %s", strerror(errno));
            return;
        }
        for (int number; (number = daemon_next_signal(signal_fd)) != 0;) {
            if (number != SIGHUP) {
                log_info(MODULE, "stopping signal=%d", number);
                return;
            }
            reload(bridge, args);
        }
        wait_ms = bridge_attend(bridge);
    }
}

static int run(const struct args *args, struct err *err)
{
    SCOPE(config_free_scope) struct config *config = NULL;
    struct clock clock;
    int status = load(args, &config, err);
    if (status == 0)
        status = daemon_configure(config, &clock, err);
    if (status == 0)
        status = daemon_keep_log(config, OPTIONS_ARGS.program, err);
    if (status < 0)
        return status;
    SCOPE_CLOSE int signal_fd = daemon_signals(err);
    if (signal_fd < 0)
        return signal_fd;
    struct bridge *bridge;
    status = bridge_start(&bridge, config, &clock, err);
    if (status < 0)
        return status;
    serve(bridge, signal_fd, args);
    daemon_notify("STOPPING=1");
    status = bridge_stop(bridge, err);
    if (status == 0)
        log_info(MODULE, "stopped");
    return status;
}

int main(int argc, char **argv)
{
    struct args *args;
    struct err err = {0};
    if (args_parse(&args, &OPTIONS_ARGS, argc, argv, &err) < 0)
        return args_fail(&OPTIONS_ARGS, &err);
    int status = 0;
    if (args_value(args, "example-config"))
        config_write_example(OPTIONS_KEYS, OPTIONS_KEY_COUNT, OPTIONS_ARGS.program, stdout);
    else
        status = run(args, &err);
    if (status < 0)
        log_error(MODULE, "it ends: %s", err.text); /* for the log's files */
    args_free(args);
    return status < 0 ? args_fail(&OPTIONS_ARGS, &err) : 0;
}
