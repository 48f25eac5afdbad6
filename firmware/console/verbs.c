/* SPDX-License-Identifier: Apache-2.0 */
/* The table of verbs, and a line run by it. */
#include "console/console.h"

#include "base/nearest.h"
#include "console/screen.h"
#include "core/io.h"
#include <string.h>

static int verb_help(struct console *console, const struct words *words, struct err *err);

static int verb_quit(struct console *console, const struct words *words, struct err *err)
{
    console->quit = true;
    return console_expect(words, 0, 0, err);
}

#define VERB(name, synopsis, function, role, help)                                                 \
    {                                                                                              \
        name, synopsis, help, function, role                                                       \
    }

const struct console_verb CONSOLE_VERBS[] = {
    VERB("status", "status", verb_status, CONSOLE_ANYBODY,
         "The station in short: mode, swap, faults, engine, monitor."),
    VERB("bays", "bays", verb_bays, CONSOLE_ANYBODY, "One line for each bay."),
    VERB("bay", "bay N", verb_bay, CONSOLE_ANYBODY,
         "Everything about a bay: state, session, pack, charger, inputs and outputs."),
    VERB("faults", "faults", verb_faults, CONSOLE_ANYBODY, "Active faults, and since when."),
    VERB("io", "io [N]", verb_io, CONSOLE_ANYBODY,
         "Every input and output with its age; of the station and all bays, or of a bay."),
    VERB("log", "log [-n N] [-f] [--level L] [--module M] [--since T]", verb_log, CONSOLE_ANYBODY,
         "What the programs, kernel and systemd logged, in one order of time; -f goes on until a "
         "key "
         "is pressed."),
    VERB("export", "export --zmodem|--xmodem [--max-bytes N]", verb_export, CONSOLE_ANYBODY,
         "Sends a diagnostic bundle without secrets over this line."),
    VERB("net", "net", verb_net, CONSOLE_ANYBODY,
         "The connection to the broker: state, last error, back-off, what was acknowledged."),
    VERB("journal", "journal", verb_journal, CONSOLE_ANYBODY,
         "What waits to be sent: depth, oldest, dropped, dead, storage."),
    VERB("can", "can dump [IFACE] [-n N]", verb_can, CONSOLE_ANYBODY,
         "Frames of a CAN interface, N of them or until Ctrl-C. Only listens."),
    VERB("selftest", "selftest", verb_selftest, CONSOLE_ANYBODY,
         "Checks programs, files, clock, inputs, doors, faults and broker: PASS or FAIL, and what "
         "to do."),
    VERB("version", "version", verb_version, CONSOLE_ANYBODY,
         "Versions of console, engine, monitor and kernel."),
    VERB("reconnect", "reconnect", verb_reconnect, CONSOLE_ANYBODY,
         "Connects to the broker anew, now; ends a commanded disconnection."),
    VERB("maintenance", "maintenance [login|logout|on [N]|off [N]]", verb_maintenance,
         CONSOLE_ANYBODY,
         "login: prove that you have the technician key. on, off: take the station, or bay N, out "
         "of service and back; off needs everything shut. Alone: shows what is in maintenance."),
    VERB("unlock", "unlock N", verb_motion, CONSOLE_TECHNICIAN,
         "Releases the lock of bay N for a minute; open its door by hand."),
    VERB("open", "open N", verb_motion, CONSOLE_TECHNICIAN, "Opens the door of bay N."),
    VERB("close", "close N", verb_motion, CONSOLE_TECHNICIAN, "Closes and locks bay N."),
    VERB("gate", "gate open|close", verb_motion, CONSOLE_TECHNICIAN,
         "Moves the gate; the whole station must be in maintenance."),
    VERB("light", "light N on|off", verb_motion, CONSOLE_TECHNICIAN, "Light of bay N."),
    VERB("fan", "fan N on|off", verb_motion, CONSOLE_TECHNICIAN,
         "Fan of bay N; off does not stop it while the pack needs it."),
    VERB("stop", "stop", verb_motion, CONSOLE_TECHNICIAN,
         "Stops everything that was moved from here."),
    VERB("reset", "reset [N]", verb_reset, CONSOLE_TECHNICIAN,
         "Confirms latched faults whose cause is gone: of bay N, or all."),
    VERB("help", "help [VERB]", verb_help, CONSOLE_ANYBODY, "All verbs, or one in full."),
    VERB("quit", "quit", verb_quit, CONSOLE_ANYBODY, "Ends the session (also Ctrl-D)."),
    {NULL, NULL, NULL, NULL, CONSOLE_ANYBODY},
};

static const struct console_verb *find(const char *name)
{
    for (const struct console_verb *verb = CONSOLE_VERBS; verb->name; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

static int unknown(const char *name, struct err *err)
{
    struct nearest nearest = nearest_to(name);
    for (const struct console_verb *verb = CONSOLE_VERBS; verb->name; verb++)
        nearest_offer(&nearest, verb->name);
    const char *meant = nearest_word(&nearest);
    return err_set(err, ERR_USAGE, "there is no verb %.40s%s%s%s", name,
                   meant ? "; did you mean " : "; help lists them", meant ? meant : "",
                   meant ? "?" : "");
}

static int verb_help(struct console *console, const struct words *words, struct err *err)
{
    int code = console_expect(words, 0, 1, err);
    if (code)
        return code;
    if (words->count == 2) {
        const struct console_verb *verb = find(words->at[1]);
        if (!verb)
            return unknown(words->at[1], err);
        screen_print(console->to, "%s\n", verb->synopsis);
        screen_print(console->to, "    %s%s\n", verb->help,
                     verb->role == CONSOLE_TECHNICIAN ? " In maintenance, after maintenance login."
                                                      : "");
        return 0;
    }
    for (const struct console_verb *verb = CONSOLE_VERBS; verb->name; verb++) {
        const char *end = strchr(verb->help, '.');
        int length = end ? (int)(end - verb->help) : (int)strlen(verb->help);
        bool wide = strlen(verb->synopsis) > 23;
        if (wide)
            screen_print(console->to, "%c %s\n", verb->role == CONSOLE_TECHNICIAN ? '*' : ' ',
                         verb->synopsis);
        screen_print_indented(console->to, 27, "%c %-23s  %.*s\n",
                              !wide && verb->role == CONSOLE_TECHNICIAN ? '*' : ' ',
                              wide ? "" : verb->synopsis, length, verb->help);
    }
    screen_print(console->to, "* in maintenance only, after maintenance login\n");
    return 0;
}

int console_expect(const struct words *words, int min, int max, struct err *err)
{
    int count = words->count - 1;
    const struct console_verb *verb = find(words->at[0]);
    if (count >= min && count <= max)
        return 0;
    return err_set(err, ERR_USAGE, "%s: %s word; it is used as: %s", words->at[0],
                   count < min ? "it misses a" : "it has one more than a",
                   verb ? verb->synopsis : words->at[0]);
}

int console_slot(const char *word, int64_t *slot, struct err *err)
{
    return words_number(word, "bay", 1, IO_BAYS_MAX, slot, err);
}

int console_ask(struct console *console, struct peer *peer, const char *verb, int64_t bay,
                cJSON **data, struct err *err)
{
    const struct peer_request request = {.verb = verb, .bay = bay};
    int code = peer_ask(peer, console->terminal, &request, data, err);
    if (!code && !*data)
        code = err_set(err, ERR_PROTOCOL, "the %s answered without data", peer->name);
    return code;
}

int console_run(struct console *console, const char *line, size_t length, struct err *err)
{
    struct words words;
    *err = (struct err){0};
    int code = words_parse(line, length, &words, err);
    if (code || words.count == 0)
        return code;
    const struct console_verb *verb = find(words.at[0]);
    if (!verb)
        return unknown(words.at[0], err);
    terminal_begin_run(console->terminal);
    code = verb->function(console, &words, err);
    if (!code && fflush(console->to) != 0)
        code = err_set(err, ERR_IO, "the answer cannot be written");
    return code;
}
