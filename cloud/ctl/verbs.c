/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/ctl.h"

#include "base/nearest.h"
#include "base/strbuf.h"
#include "mqtt/session.h"
#include <string.h>

const struct ctl_verb CTL_VERBS[] = {{"station", "list", NULL, ctl_list_stations},
                                     {"station", "show", "ID", ctl_show_station},
                                     {"station", "approve", "ID", ctl_approve_station},
                                     {"station", "refuse", "ID", ctl_refuse_station},
                                     {"station", "zone", "ID ZONE", ctl_set_station_zone},
                                     {"battery", "list", NULL, ctl_list_batteries},
                                     {"battery", "show", "BID", ctl_show_battery},
                                     {"battery", "history", "BID", ctl_battery_history},
                                     {"battery", "health", "[BID]", ctl_battery_health},
                                     {"battery", "where", "BID", ctl_battery_where},
                                     {"battery", "holder", "BID", ctl_battery_holder},
                                     {"battery", "utilisation", "BID", ctl_battery_utilisation},
                                     {"battery", "way", "BID", ctl_battery_way},
                                     {"battery", "lock", "BID", ctl_lock_battery},
                                     {"battery", "unlock", "BID", ctl_unlock_battery},
                                     {"battery", "locks", NULL, ctl_list_locks},
                                     {"battery", "area list", NULL, ctl_list_areas},
                                     {"battery", "area set", "BID", ctl_set_area},
                                     {"battery", "area clear", "BID", ctl_clear_area},
                                     {"battery", "model", "BID MODEL", ctl_set_battery_model},
                                     {"vehicle", "history", "VID", ctl_vehicle_history},
                                     {"vehicle", "free", "VID on|off", ctl_set_vehicle_free},
                                     {"exchange", "list", NULL, ctl_list_exchanges},
                                     {"exchange", "add", NULL, ctl_add_exchange},
                                     {"export", "exchanges", "FILE", ctl_export_exchanges},
                                     {"import", "exchanges", "FILE", ctl_import_exchanges},
                                     {"swap", "list", NULL, ctl_list_swaps},
                                     {"swap", "count", NULL, ctl_count_swaps},
                                     {"charging", "list", NULL, ctl_list_charging},
                                     {"charging", "show", "ID", ctl_show_charging},
                                     {"charging", "samples", "ID", ctl_charging_samples},
                                     {"charging", "evaluate", "FILE", ctl_evaluate_charging},
                                     {"charging", "check", NULL, ctl_check_charging},
                                     {"charging", "repair", NULL, ctl_repair_charging},
                                     {"charging", "cost", "ID", ctl_set_charging_cost},
                                     {"charging", "report", NULL, ctl_charging_report},
                                     {"charging", "efficiency", NULL, ctl_charging_efficiency},
                                     {"tariff", "list", NULL, ctl_list_tariffs},
                                     {"tariff", "show", "ID", ctl_show_tariff},
                                     {"tariff", "add", NULL, ctl_add_tariff},
                                     {"tariff", "end", "ID", ctl_end_tariff},
                                     {"tariff", "apply", NULL, ctl_apply_tariffs},
                                     {"geofence", "list", NULL, ctl_list_geofences},
                                     {"geofence", "add", NULL, ctl_add_geofence},
                                     {"geofence", "change", "ID", ctl_change_geofence},
                                     {"geofence", "delete", "ID", ctl_delete_geofence},
                                     {"charging", "recalculate", NULL, ctl_recalculate_charging},
                                     {"alert", "list", NULL, ctl_list_alerts},
                                     {"alert", "ack", "ID…", ctl_acknowledge_alerts},
                                     {"alert", "channels", NULL, ctl_list_channels},
                                     {"alert", "deliveries", NULL, ctl_list_deliveries},
                                     {"alert", "test", NULL, ctl_test_alerts},
                                     {"webhook", "set", "NAME", ctl_set_webhook},
                                     {"webhook", "unset", "NAME", ctl_unset_webhook},
                                     {"threshold", "list", NULL, ctl_list_thresholds},
                                     {"threshold", "set", "KIND", ctl_set_threshold},
                                     {"threshold", "unset", "KIND", ctl_unset_threshold},
                                     {"quarantine", "list", NULL, ctl_list_quarantine},
                                     {"command", "list", NULL, ctl_list_commands},
                                     {"command", "ask-charge", NULL, ctl_ask_charge},
                                     {"command", "ask-info", NULL, ctl_ask_info},
                                     {"command", "restart", NULL, ctl_ask_restart},
                                     {"command", "disconnect", NULL, ctl_ask_disconnect},
                                     {"auth", "push", "FILE", ctl_push_auth},
                                     {"auth", "status", NULL, ctl_auth_status},
                                     {"audit", NULL, NULL, ctl_audit},
                                     {"rebuild", NULL, NULL, ctl_rebuild},
                                     {"retention", "status", NULL, ctl_retention_status},
                                     {"retention", "run", NULL, ctl_retention_run},
                                     {"backup", NULL, "FILE", ctl_backup},
                                     {"restore", NULL, "FILE", ctl_restore},
                                     {"live", NULL, NULL, ctl_live},
                                     {"sql", NULL, "[QUERY]", ctl_sql},
                                     {NULL, NULL, NULL, NULL}};

static const struct args_option options[] = {
    {"db", "FILE", "the database of swap-bridge", "store", "db"},
    {"broker", "HOST:PORT", "MQTT broker, for commands", "mqtt", "broker"},
    {"config", "FILE", "configuration file (INI)", NULL, NULL},
    {"json", NULL, "an array of objects instead of a table", NULL, NULL},
    {"station", "ID", "only of this station", NULL, NULL},
    {"battery", "BID", "only of this battery; ask-charge: the battery to dispense", NULL, NULL},
    {"vehicle", "VID", "only of this vehicle; ask-charge: the vehicle that swaps", NULL, NULL},
    {"from", "TIME", "from this time on (2026-11-21, 2026-11-21T08:15:30Z …)", NULL, NULL},
    {"to", "TIME", "before this time", NULL, NULL},
    {"at", "TIME", "battery holder, health: at this time (default: now)", NULL, NULL},
    {"all", NULL,
     "battery health: of all batteries; charging recalculate: every process; alert list: also "
     "those "
     "that have ended",
     NULL, NULL},
    {"what", "WHAT", "battery history: vehicles (default), capacity, soh, temperature, imbalance",
     NULL, NULL},
    {"by", "WHAT",
     "swap count: per battery, vehicle, station or day (default); charging report; alert ack: who "
     "acknowledges",
     NULL, NULL},
    {"bid", "BID", "as --battery", NULL, NULL},
    {"kind", "KIND", "only of this kind of alert or threshold", NULL, NULL},
    {"open", NULL, "alert list: only those that have not ended", NULL, NULL},
    {"model", "MODEL", "threshold: for batteries of this model", NULL, NULL},
    {"raise", "VALUE", "threshold set: beyond it the alert is raised", NULL, NULL},
    {"clear-at", "VALUE", "threshold set: where it ends (default: the usual distance)", NULL, NULL},
    {"failed", NULL, "alert deliveries: only those that were given up", NULL, NULL},
    {"url", "URL", "webhook set: where alerts are POSTed", NULL, NULL},
    {"kinds", "KINDS", "webhook set: only these kinds of alerts, with commas between", NULL, NULL},
    {"secret-file", "FILE", "webhook set: its first line signs (read by the bridge)", NULL, NULL},
    {"disabled", NULL, "threshold set: no such alert there", NULL, NULL},
    {"limit", "N", "newest N rows (tables: 200; JSON: all)", NULL, NULL},
    {"geofence", "ID", "tariff add: for processes within it", NULL, NULL},
    {"per-kwh", "PRICE", "tariff add: price of a kWh; charging cost: by hand", NULL, NULL},
    {"per-minute", "PRICE", "tariff add: price of a minute; charging cost: by hand", NULL, NULL},
    {"fee", "AMOUNT", "tariff add: of each process", NULL, NULL},
    {"windows", "LIST", "tariff add: 'mon-fri 07:00-11:00=0.40, 22:00-06:00=0.12'", NULL, NULL},
    {"total", "AMOUNT", "charging cost: by hand", NULL, NULL},
    {"clear", NULL, "charging cost: none", NULL, NULL},
    {"name", "NAME", "of a geofence", NULL, NULL},
    {"latitude", "DEGREES", "of a geofence", NULL, NULL},
    {"longitude", "DEGREES", "of a geofence", NULL, NULL},
    {"radius", "METRES", "of a geofence", NULL, NULL},
    {"device", "ID", "station that a command is for", NULL, NULL},
    {"list-version", "N", "auth push: version of the list (default: the time in seconds)", NULL,
     NULL},
    {"user", "ID", "user of the swap", NULL, NULL},
    {"count", "N", "ask-charge: batteries of the vehicle's set, 1 or 2", NULL, NULL},
    {"event", "EVENT", "exchange add: On-Load or Off-Load", NULL, NULL},
    {"time", "TIME", "exchange add: when it was", NULL, NULL},
    {"bay", "N", "exchange add: bay of the station", NULL, NULL},
    {"soc", "PERCENT", "exchange add: state of charge", NULL, NULL},
    {"soh", "PERCENT", "exchange add: state of health", NULL, NULL},
    {"battery-version", "VERSION", "exchange add: the battery's version", NULL, NULL},
    {"comments", "TEXT", "exchange add: what else is to be said", NULL, NULL},
    {"reason", "TEXT", "battery lock: why", NULL, NULL},
    {"stations", "A,B", "battery area: stations where it may be", NULL, NULL},
    {"circles", "LAT,LON,M", "battery area: circles of M metres; several: with ; between", NULL,
     NULL},
    {"dry-run", NULL, "import, repair, recalculate, retention run: change nothing", NULL, NULL},
    {"anew", NULL, "charging recalculate: from the first, also when a run was ended", NULL, NULL},
    {"idle-min", "N", "charging repair: without a sample for N minutes (default 60)", NULL, NULL},
    {"thin-after-days", "N", "retention run: instead of the bridge's (0: never)", NULL, NULL},
    {"thin-interval-s", "N", "retention run: instead of the bridge's", NULL, NULL},
    {"drop-after-days", "N", "retention run: instead of the bridge's (0: never)", NULL, NULL},
    {"request-id", "ID", "request id of the swap", NULL, NULL},
    {"mode", "MODE", "restart: service (default) or reboot", NULL, NULL},
    {"seconds", "N", "disconnect: how long (default: the station's, 600)", NULL, NULL},
    {"wait", "S", "wait up to S seconds for the command's end", NULL, NULL},
    {"no-wait", NULL, "do not wait for a result", NULL, NULL},
    {"csv", NULL, "charging samples, sql: CSV instead of a table", NULL, NULL},
    {"rule", "RULE", "charging evaluate: by rule 1 (default), 2 or both", NULL, NULL},
    {"gap-limit", "MIN", "rule 2, without a bridge: a longer silence is a gap (default 5)", NULL,
     NULL},
    {"rating", "KW", "rule 2, without a bridge: rating of the charger", NULL, NULL},
    {"plain", NULL, "live: lines instead of a screen", NULL, NULL},
    {"interval", "S", "live: seconds between looks (default 1)", NULL, NULL},
    {"actor", "NAME", "who stands in the log (default: the user's name)", NULL, NULL},
    {"verbose", NULL, "log what the session with the broker does", NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};

const struct args_spec CTL_SPEC = {
    .program = "swapctl",
    .synopsis = "[--db FILE] [--broker HOST:PORT] [--json] COMMAND …",
    .summary =
        "Queries a bridge's database and commands stations.\n"
        "\n"
        "Commands (options may stand anywhere):\n"
        "  station list               stations, their state and approval\n"
        "  station show ID            one station with its bays\n"
        "  station approve|refuse ID  decide whether its data is wanted [--actor]\n"
        "  station zone ID ZONE       its time zone (Europe/Berlin …), for tariffs with windows\n"
        "  battery list               batteries and where they are\n"
        "  battery show BID           one battery with its versions\n"
        "  battery history BID        the vehicles it was in, when, with which version\n"
        "                             [--from --to]; or --what capacity: what each charge shows\n"
        "                             of its capacity, --what soh: those that count;\n"
        "                             --what temperature, imbalance: the cells day by day\n"
        "  battery health BID|--all   wear, trend, remaining life with its interval, next\n"
        "                             maintenance; those with least life left first [--at TIME]\n"
        "  battery where BID          where it is now, since when\n"
        "  battery holder BID         who had it [--at TIME]\n"
        "  battery utilisation BID    shares of time in vehicle, bay, neither [--from --to]\n"
        "  battery way BID            its visits to stations, and where those stood [--from --to]\n"
        "  battery lock BID           no station gives it out: --reason TEXT [--actor]\n"
        "  battery unlock BID         stations give it out again [--actor]\n"
        "  battery locks              who is locked, since when and why [--battery]\n"
        "  battery area set BID       where it may be; elsewhere it raises outside_area:\n"
        "                             [--stations A,B] [--circles LAT,LON,METRES;…] [--actor]\n"
        "  battery area list          [--battery]\n"
        "  battery area clear BID     it may be anywhere [--actor]\n"
        "  battery model BID MODEL    say which model it is ('-': not known), for thresholds\n"
        "  vehicle history VID        the batteries it had [--from --to]\n"
        "  vehicle free VID on|off    does it charge at Tesla chargers without paying?\n"
        "  exchange list              [--battery --vehicle --station --from --to]\n"
        "  exchange add               record one that no station told: --battery --station\n"
        "                             --event --time [--vehicle --bay --soc --soh --request-id\n"
        "                             --battery-version --user --comments --actor]\n"
        "  export exchanges FILE|-    as CSV [--battery --vehicle --station --from --to]\n"
        "  import exchanges FILE|-    the same CSV; bad lines are named [--dry-run --actor]\n"
        "  swap list                  [--station --vehicle --battery --from --to]\n"
        "  swap count                 batteries put into vehicles [--by "
        "battery|vehicle|station|day\n"
        "                             --station --vehicle --battery --from --to]\n"
        "  charging list              charging processes [--station --battery --from --to]\n"
        "  charging show ID           one process: the figures of both rules, what is\n"
        "                             implausible, its samples\n"
        "  charging samples ID        its samples alone, packed or not [--csv --from --to]\n"
        "  charging evaluate FILE     figures and cost of the samples in a file (- is standard\n"
        "                             input): JSON, JSON Lines or CSV; needs no database\n"
        "                             [--rule 1|2|both --gap-limit --rating]\n"
        "  charging check             reads all samples and names what is damaged (status 65: "
        "some is)\n"
        "                             [--station --battery]\n"
        "  charging repair            close processes that nobody ended, at their last samples\n"
        "                             [--dry-run --idle-min --station --battery]\n"
        "  charging cost ID           its cost by hand: --total, --per-kwh, --per-minute or "
        "--clear\n"
        "  charging report            hours, energy, power, cost of closed processes [--by "
        "NAME,…\n"
        "                             --station --battery --from --to --csv]; names: station, "
        "bay,\n"
        "                             battery, vehicle, month, day, weekday, hour, soc (the "
        "charging\n"
        "                             curve), temperature, power\n"
        "  charging efficiency        energy added by energy used, by temperature and power [the\n"
        "                             same]\n"
        "  tariff list                what charging costs, where and when [--station --from --to]\n"
        "  tariff show ID             one with its windows\n"
        "  tariff add                 --per-kwh or --per-minute [--station or --geofence --fee\n"
        "                             --windows --from --to]; without from: now\n"
        "  tariff end ID              [--to TIME], without it: now\n"
        "  tariff apply               costs of stored processes after a change of tariffs; never\n"
        "                             those by hand [--station --from --to --dry-run]\n"
        "  geofence list              areas with a tariff of their own\n"
        "  geofence add               --name --latitude --longitude --radius\n"
        "  geofence change ID         [--name --latitude --longitude --radius]\n"
        "  geofence delete ID         its processes go to the nearest that remains\n"
        "  charging recalculate       figures again from the samples; a run that was ended goes "
        "on\n"
        "                             (--all | --bid --station --from --to) [--dry-run --anew\n"
        "                             --gap-limit --rating]\n"
        "  alert list                 [--open --kind --station --vehicle --battery --from --to]\n"
        "  alert ack ID…              somebody has taken notice [--by NAME]\n"
        "  alert channels             whom alerts are told, and how many wait\n"
        "  alert deliveries           what they were told [--failed --kind --from --to]\n"
        "  alert test                 tell all of them, and wait for it [--wait S]\n"
        "  webhook set NAME           --url URL [--kinds A,B --secret-file FILE]\n"
        "  webhook unset NAME\n"
        "  threshold list             limits set for battery models and stations [--kind "
        "--station]\n"
        "  threshold set KIND         --raise VALUE [--clear-at VALUE --model M --station ID\n"
        "                             --disabled]; without a model or station: for any\n"
        "  threshold unset KIND       [--model --station]\n"
        "  quarantine list            messages that were not understood [--from --to]\n"
        "  command list               commands and their outcomes [--station --from --to]\n"
        "  command ask-charge         run a swap: --device --vehicle [--user --request-id\n"
        "                             --battery --count 1|2]; waits for its end\n"
        "  command ask-info           ask for a STATION_INFO: --device (or --device '*')\n"
        "  command restart            --device [--mode service|reboot]\n"
        "  command disconnect         --device [--seconds]; waits until accepted\n"
        "  auth push FILE             who may swap while the cloud is gone, one token a line:\n"
        "                             --device [--list-version]; run again it goes on\n"
        "  auth status                which list each station has [--station]\n"
        "  audit                      is tracking what its event log says? (status 65: no)\n"
        "  rebuild                    make tracking again from its log; no bridge may run\n"
        "  retention status           what is kept how long, and what there is\n"
        "  retention run              thins and drops at once what is old enough; no bridge may "
        "run\n"
        "                             [--dry-run --thin-after-days --thin-interval-s\n"
        "                             --drop-after-days]\n"
        "  backup FILE                online backup, also while the bridge runs\n"
        "  restore FILE               put a backup in the database's place; no bridge may run\n"
        "  live                       what happens, until Ctrl-C [--station --plain --interval]\n"
        "  sql [QUERY]                any SQL that only reads, with the table charge (samples) "
        "and\n"
        "                             functions such as time_text(us); without QUERY from "
        "standard\n"
        "                             input, at a terminal line by line [--csv]\n"
        "\n"
        "Exit status: 0 done, 69 refused or failed, 75 no result in time, 64 wrong arguments.",
    .options = options,
    .takes_words = true};

const struct config_key CTL_KEYS[] = {
    SESSION_CONFIG_KEYS,
    {"store", "db", CONFIG_TEXT, "", 0, 0, NULL, "Database file of swap-bridge."},
    {"money", "currency", CONFIG_TEXT, "", 0, 0, NULL,
     "Code of the currency of all amounts (EUR, CNY …), shown behind them. The database holds bare "
     "amounts: one database, one currency."},
    {"health", "end_of_life_soh_percent", CONFIG_REAL, "80", 1, 99, NULL,
     "State of health, in %, at which a battery's life ends."},
    {"health", "nominal_capacity_kwh", CONFIG_REAL, "0", 0, 10000, NULL,
     "Capacity in kWh that is 100 % health. 0: each battery's own (docs/health.md)."},
    {"health", "soc_span_min_percent", CONFIG_REAL, "30", 1, 100, NULL,
     "A charge shows the capacity only when the state of charge rose by this many percent points."},
    {"health", "confidence_percent", CONFIG_REAL, "95", 51, 99, NULL,
     "Confidence of the intervals, in %."},
    {"health", "charges_min", CONFIG_INTEGER, "10", 5, 100000, NULL,
     "Charges that a trend needs at least."},
    {"health", "days_min", CONFIG_REAL, "30", 1, 3650, NULL,
     "Days from the first to the last of them that a trend needs at least."},
    {"health", "maintenance_cycles", CONFIG_REAL, "500", 0, 1000000, NULL,
     "Maintenance is due every so many equivalent full cycles; 0: not by cycles."},
    {"health", "maintenance_days", CONFIG_REAL, "365", 0, 36500, NULL,
     "Maintenance is due every so many days; 0: not by the calendar."}};
const size_t CTL_KEY_COUNT = sizeof CTL_KEYS / sizeof CTL_KEYS[0];

/* How many words of the line name the verb; 0: they do not. */
static int words_of(const struct ctl_verb *verb, const struct args *args)
{
    if (strcmp(verb->subject, args_word(args, 0)) != 0)
        return 0;
    int used = 1;
    for (const char *at = verb->name; at && *at; used++) {
        size_t length = strcspn(at, " ");
        const char *word = used < args_word_count(args) ? args_word(args, used) : "";
        if (strlen(word) != length || strncmp(word, at, length) != 0)
            return 0;
        at += length + (at[length] == ' ');
    }
    return used;
}

/* How a table's entry is typed. */
static void verb_words(const struct ctl_verb *verb, char to[64])
{
    snprintf(to, 64, "%s%s%s", verb->subject, verb->name ? " " : "", verb->name ? verb->name : "");
}

/* No entry of the table: names the nearest, or what the subject knows. */
static int fail_unknown(const struct args *args, struct err *err)
{
    char typed[64], words[sizeof CTL_VERBS / sizeof CTL_VERBS[0]][64];
    const char *subject = args_word(args, 0);
    const char *name = args_word_count(args) > 1 ? args_word(args, 1) : NULL;
    snprintf(typed, sizeof typed, "%.30s%s%.30s", subject, name ? " " : "", name ? name : "");
    SCOPE_STRBUF struct strbuf known = STRBUF_INIT;
    struct nearest nearest = nearest_to(typed);
    for (size_t i = 0; CTL_VERBS[i].subject; i++) {
        const struct ctl_verb *verb = &CTL_VERBS[i];
        verb_words(verb, words[i]);
        nearest_offer(&nearest, words[i]);
        if (verb->name && strcmp(verb->subject, subject) == 0)
            strbuf_printf(&known, "%s%s", known.length ? ", " : "", verb->name);
    }
    const char *near = nearest_word(&nearest);
    if (known.length > 0 && !name)
        return err_set(err, ERR_USAGE, "'%s' needs one of: %s", subject, strbuf_text(&known));
    if (near)
        return err_set(err, ERR_USAGE, "'%s' is no command; did you mean '%s'?", typed, near);
    if (known.length > 0)
        return err_set(err, ERR_USAGE, "'%s' is no command; '%s' knows: %s", typed, subject,
                       strbuf_text(&known));
    return err_set(err, ERR_USAGE, "'%s' is no command", typed);
}

int ctl_verb_words(const struct ctl_verb *verb)
{
    return !verb->word ? 0 : strchr(verb->word, ' ') ? 2 : 1;
}

int ctl_find_verb(const struct args *args, const struct ctl_verb **verb, int *used, struct err *err)
{
    int words = args_word_count(args);
    if (words == 0)
        return err_set(err, ERR_USAGE, "which command? for example: station list");
    for (const struct ctl_verb *each = CTL_VERBS; each->subject; each++) {
        char typed[64];
        *used = words_of(each, args);
        if (*used == 0)
            continue;
        verb_words(each, typed);
        int wanted = ctl_verb_words(each);
        if (words < *used + wanted && each->word[0] != '[')
            return err_set(err, ERR_USAGE, "'%s' needs %s: %s", typed,
                           wanted > 1 ? "two words" : "a word", each->word);
        bool more = each->word && strstr(each->word, "…");
        if (words > *used + wanted && !more)
            return err_set(err, ERR_USAGE, "'%s' is one word too many after '%s'",
                           args_word(args, words - 1), typed);
        *verb = each;
        return 0;
    }
    return fail_unknown(args, err);
}
