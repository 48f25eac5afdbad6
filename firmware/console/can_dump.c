/* SPDX-License-Identifier: Apache-2.0 */
/* `can dump`: frames as candump -L writes them. Listens only. */
#include "console/can_dump.h"
#include "can/canbus.h"
#include "console/console.h"
#include "console/screen.h"
#include <dirent.h>
#include <net/if.h>
#include <string.h>

#define ARPHRD_CAN_TEXT "280" /* linux/if_arp.h, as sysfs shows it */

static bool is_can(const char *name)
{
    char path[128], type[8] = "";
    (void)snprintf(path, sizeof path, "/sys/class/net/%.64s/type", name);
    SCOPE_FCLOSE FILE *file = fopen(path, "re");
    if (!file || !fgets(type, sizeof type, file))
        return false;
    type[strcspn(type, "\n")] = '\0';
    return strcmp(type, ARPHRD_CAN_TEXT) == 0;
}

/* The machine's only CAN interface. */
static int only_interface(char name[CANDUMP_INTERFACE_SIZE], struct err *err)
{
    SCOPE_STRBUF struct strbuf all = STRBUF_INIT;
    DIR *folder = opendir("/sys/class/net");
    int count = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.' || !is_can(entry->d_name))
            continue;
        (void)snprintf(name, CANDUMP_INTERFACE_SIZE, "%.16s", entry->d_name);
        strbuf_printf(&all, " %s", name);
        count++;
    }
    if (folder)
        (void)closedir(folder);
    if (count == 1)
        return 0;
    if (count == 0)
        return err_set(err, ERR_NOT_FOUND, "this machine has no CAN interface (ip link shows all)");
    return err_set(err, ERR_USAGE, "which interface? There are%s: can dump IFACE",
                   strbuf_text(&all));
}

/* Takes what is there. 1: more may come, 0: enough. */
static int drain(struct canbus *bus, struct can_dump *dump, struct err *err)
{
    struct candump_line line = {0};
    char text[CANDUMP_LINE_SIZE];
    (void)snprintf(line.interface, sizeof line.interface, "%s", dump->interface);
    while (dump->seen < dump->count) {
        int got = bus->receive(bus->self, &line.frame, &line.at_us, err);
        if (got <= 0)
            return got < 0 ? got : 1;
        candump_format(&line, text);
        screen_print(dump->to, "%s%s\n", text,
                     line.frame.error ? "  (the controller reports an error)" : "");
        dump->seen++;
    }
    return 0;
}

int can_dump_run(struct canbus *bus, int fd, struct terminal *terminal, struct can_dump *dump,
                 struct err *err)
{
    for (;;) {
        int code = drain(bus, dump, err);
        if (code <= 0)
            return code;
        if (terminal_wait(terminal, fd, -1) == TERMINAL_INTERRUPT)
            return 0;
    }
}

int verb_can(struct console *console, const struct words *words, struct err *err)
{
    struct can_dump dump = {.count = INT64_MAX, .to = console->to};
    struct canbus bus;
    int fd = -1;
    int code = console_expect(words, 1, 4, err);
    if (!code && strcmp(words->at[1], "dump") != 0)
        code = err_set(err, ERR_USAGE, "can %.20s: dump is expected", words->at[1]);
    for (int i = 2; !code && i < words->count; i++) {
        if (strcmp(words->at[i], "-n") == 0)
            code = i + 1 < words->count
                       ? words_number(words->at[++i], "-n", 1, 1000000000, &dump.count, err)
                       : err_set(err, ERR_USAGE, "-n: a number of frames is expected behind it");
        else if (dump.interface[0] || strlen(words->at[i]) >= sizeof dump.interface)
            code =
                err_set(err, ERR_USAGE, "can dump %.20s: one interface is expected", words->at[i]);
        else
            (void)snprintf(dump.interface, sizeof dump.interface, "%s", words->at[i]);
    }
    if (!code && !dump.interface[0])
        code = only_interface(dump.interface, err);
    if (!code)
        code = socketcan_open(&bus, dump.interface, &fd, err);
    if (code)
        return code;
    code = can_dump_run(&bus, fd, console->terminal, &dump, err);
    bus.close(bus.self);
    if (!code)
        screen_print(console->to, "%lld frames\n", (long long)dump.seen);
    return code;
}
