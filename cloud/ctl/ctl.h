/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swapctl: what an operator asks of the database and of the stations. One verb is one function;
 * verbs.c has the table of all of them.
 */
#ifndef SWAPSTACK_CTL_CTL_H
#define SWAPSTACK_CTL_CTL_H

#include "base/args.h"
#include "base/config.h"
#include "base/err.h"
#include "store/report.h"
#include <stdbool.h>
#include <stdio.h>

struct ctl {
    const struct args *args;
    const struct config *config;
    const char *word;        /* the verb's own word (BID, ID, FILE), NULL: none, or left out */
    const char *second_word; /* of a verb that takes two */
    int first_word;          /* its place among args_word, for a verb that takes several */
    bool json;
    FILE *out;
};

struct ctl_verb {
    const char *subject, *name; /* "battery" "history", "battery" "area set"; name NULL: the subject
                                   stands alone */
    /* What its words mean ("BID", "ID ZONE"; "[QUERY]": it may be left out; "ID…": one or more),
     * NULL: it takes none. */
    const char *word;
    int (*run)(const struct ctl *ctl, struct err *err);
};

extern const struct ctl_verb CTL_VERBS[]; /* ends with subject == NULL */
extern const struct args_spec CTL_SPEC;
extern const struct config_key CTL_KEYS[];
extern const size_t CTL_KEY_COUNT;

/* Finds the verb for the words; *used is how many of them name it. ERR_USAGE with a sentence that
 * names the nearest one. */
int ctl_find_verb(const struct args *args, const struct ctl_verb **verb, int *used,
                  struct err *err);

/* How many words the verb takes behind its name. */
int ctl_verb_words(const struct ctl_verb *verb);

/* Runs the command line: words, configuration, verb. Returns 0 or the code for args_fail. */
int ctl_run(const struct args *args, FILE *out, struct err *err);

/* The whole number of an option, `fallback` when it was not given. */
int ctl_integer(const struct ctl *ctl, const char *option, int64_t least, int64_t most,
                int64_t fallback, int64_t *to, struct err *err);

/* The time of an option, `fallback` when it was not given. */
int ctl_time(const struct ctl *ctl, const char *option, int64_t fallback, int64_t *to,
             struct err *err);
/* --db; ERR_USAGE when there is none. */
int ctl_db_path(const struct ctl *ctl, const char **path, struct err *err);
/* Opens --db for reading. */
int ctl_open(const struct ctl *ctl, struct store **store, struct err *err);
/* --station, --battery, --vehicle, --from, --to, --limit as a filter. */
int ctl_filter(const struct ctl *ctl, struct report_filter *filter, struct err *err);

/* Who will stand in the log: --actor, else the user that runs swapctl. */
const char *ctl_actor(const struct ctl *ctl);

/* Prints a report of --db as a table or, with --json, as an array (lists.c). */
int ctl_print_list(const struct ctl *ctl, const struct report *report,
                   const struct report_filter *filter, struct err *err);

/* The verb's word as an id; `what` it is of stands in the error ("charging process"). */
int ctl_word_id(const struct ctl *ctl, const char *what, int64_t *id, struct err *err);

/* Code of the configured currency, "" when there is none. */
const char *ctl_currency(const struct ctl *ctl);

/* --gap-limit and --rating for rule 2, with their defaults (charging.c). */
struct evaluate2_limits;
int ctl_rule_limits(const struct ctl *ctl, struct evaluate2_limits *limits, struct err *err);

/* The number of an option, NAN when it was not given. */
int ctl_number(const struct ctl *ctl, const char *option, double *to, struct err *err);
/* Lists leave out samples that are damaged; who asks for one process is told by this error. */
int ctl_check_samples(struct store *store, int64_t id, struct err *err);

/* The verbs, by file. */
int ctl_list_stations(const struct ctl *ctl, struct err *err); /* lists.c */
int ctl_list_batteries(const struct ctl *ctl, struct err *err);
int ctl_list_exchanges(const struct ctl *ctl, struct err *err);
int ctl_list_swaps(const struct ctl *ctl, struct err *err);
int ctl_list_charging(const struct ctl *ctl, struct err *err);
int ctl_list_quarantine(const struct ctl *ctl, struct err *err);
int ctl_list_commands(const struct ctl *ctl, struct err *err);
int ctl_show_station(const struct ctl *ctl, struct err *err); /* show.c */
int ctl_show_battery(const struct ctl *ctl, struct err *err);
int ctl_show_charging(const struct ctl *ctl, struct err *err);
int ctl_evaluate_charging(const struct ctl *ctl, struct err *err); /* charging.c */
int ctl_charging_samples(const struct ctl *ctl, struct err *err);
int ctl_check_charging(const struct ctl *ctl, struct err *err);       /* check.c */
int ctl_recalculate_charging(const struct ctl *ctl, struct err *err); /* recalculate.c */
int ctl_repair_charging(const struct ctl *ctl, struct err *err);      /* repair.c */
int ctl_approve_station(const struct ctl *ctl, struct err *err);      /* database.c */
int ctl_refuse_station(const struct ctl *ctl, struct err *err);
int ctl_list_alerts(const struct ctl *ctl, struct err *err); /* alerts.c */
int ctl_acknowledge_alerts(const struct ctl *ctl, struct err *err);
int ctl_list_channels(const struct ctl *ctl, struct err *err); /* channels.c */
int ctl_list_deliveries(const struct ctl *ctl, struct err *err);
int ctl_test_alerts(const struct ctl *ctl, struct err *err);
int ctl_set_webhook(const struct ctl *ctl, struct err *err);
int ctl_unset_webhook(const struct ctl *ctl, struct err *err);
int ctl_list_thresholds(const struct ctl *ctl, struct err *err); /* thresholds.c */
int ctl_set_threshold(const struct ctl *ctl, struct err *err);
int ctl_unset_threshold(const struct ctl *ctl, struct err *err);
int ctl_set_battery_model(const struct ctl *ctl, struct err *err);
int ctl_backup(const struct ctl *ctl, struct err *err);
int ctl_restore(const struct ctl *ctl, struct err *err);
int ctl_battery_history(const struct ctl *ctl, struct err *err); /* questions.c */
int ctl_battery_where(const struct ctl *ctl, struct err *err);
int ctl_battery_holder(const struct ctl *ctl, struct err *err);
int ctl_battery_utilisation(const struct ctl *ctl, struct err *err);
int ctl_battery_way(const struct ctl *ctl, struct err *err);  /* areas.c */
int ctl_lock_battery(const struct ctl *ctl, struct err *err); /* orders.c */
int ctl_unlock_battery(const struct ctl *ctl, struct err *err);
int ctl_list_locks(const struct ctl *ctl, struct err *err);
int ctl_list_areas(const struct ctl *ctl, struct err *err);
int ctl_set_area(const struct ctl *ctl, struct err *err);
int ctl_clear_area(const struct ctl *ctl, struct err *err);
int ctl_vehicle_history(const struct ctl *ctl, struct err *err);
int ctl_count_swaps(const struct ctl *ctl, struct err *err);
int ctl_battery_health(const struct ctl *ctl, struct err *err); /* health.c */
/* The battery's charges as a list; `counting`: only those that show its health. */
int ctl_battery_charges(const struct ctl *ctl, bool counting, struct err *err);
int ctl_export_exchanges(const struct ctl *ctl, struct err *err); /* exchanges.c */
int ctl_add_exchange(const struct ctl *ctl, struct err *err);
int ctl_import_exchanges(const struct ctl *ctl, struct err *err);
int ctl_audit(const struct ctl *ctl, struct err *err); /* audit.c */
int ctl_rebuild(const struct ctl *ctl, struct err *err);
int ctl_charging_report(const struct ctl *ctl, struct err *err); /* charging_report.c */
int ctl_charging_efficiency(const struct ctl *ctl, struct err *err);
int ctl_show_tariff(const struct ctl *ctl, struct err *err);  /* show.c */
int ctl_list_tariffs(const struct ctl *ctl, struct err *err); /* costs.c */
int ctl_add_tariff(const struct ctl *ctl, struct err *err);
int ctl_end_tariff(const struct ctl *ctl, struct err *err);
int ctl_apply_tariffs(const struct ctl *ctl, struct err *err);
int ctl_list_geofences(const struct ctl *ctl, struct err *err);
int ctl_add_geofence(const struct ctl *ctl, struct err *err);
int ctl_change_geofence(const struct ctl *ctl, struct err *err);
int ctl_delete_geofence(const struct ctl *ctl, struct err *err);
int ctl_set_station_zone(const struct ctl *ctl, struct err *err);
int ctl_set_vehicle_free(const struct ctl *ctl, struct err *err);
int ctl_set_charging_cost(const struct ctl *ctl, struct err *err);
int ctl_ask_charge(const struct ctl *ctl, struct err *err); /* ask.c */
int ctl_ask_info(const struct ctl *ctl, struct err *err);
int ctl_ask_restart(const struct ctl *ctl, struct err *err);
int ctl_ask_disconnect(const struct ctl *ctl, struct err *err);
int ctl_push_auth(const struct ctl *ctl, struct err *err); /* auth.c */
int ctl_auth_status(const struct ctl *ctl, struct err *err);
int ctl_retention_status(const struct ctl *ctl, struct err *err); /* retention.c */
int ctl_retention_run(const struct ctl *ctl, struct err *err);
int ctl_live(const struct ctl *ctl, struct err *err); /* live.c */
int ctl_sql(const struct ctl *ctl, struct err *err);  /* sql.c */

#endif
