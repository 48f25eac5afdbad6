/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept, as one row. */
#include "store/report_columns.h"

static const struct report_column retention[] = {REAL("thin_after_days", 2, ""),
                                                 INTEGER("thin_interval_s", ""),
                                                 REAL("drop_after_days", 2, ""),
                                                 REAL("quarantine_days", 2, ""),
                                                 REAL("event_log_days", 2, ""),
                                                 TIME("pass_began_at", ""),
                                                 TIME("pass_ended_at", ""),
                                                 INTEGER("processes_open", ""),
                                                 INTEGER("processes_whole", ""),
                                                 INTEGER("processes_thinned", ""),
                                                 INTEGER("processes_dropped", ""),
                                                 INTEGER("samples_removed", ""),
                                                 INTEGER("samples_open", ""),
                                                 INTEGER("samples_packed", ""),
                                                 INTEGER("packed_bytes", ""),
                                                 REAL("bytes_per_sample", 2, ""),
                                                 TIME("oldest_whole_end", ""),
                                                 INTEGER("quarantine_rows", ""),
                                                 INTEGER("quarantine_removed", ""),
                                                 INTEGER("event_log_rows", ""),
                                                 INTEGER("event_log_removed", ""),
                                                 INTEGER("file_bytes", ""),
                                                 INTEGER("free_bytes", ""),
                                                 BOOL("file_can_shrink", ""),
                                                 END};

#define SETTING(name) "(SELECT " name " FROM retention_state), "
#define REMOVED(name) "(SELECT ifnull(sum(value), 0) FROM counter WHERE name = '" name "'), "
#define REDUCED(kept) "(SELECT count(*) FROM charge_retention WHERE kept = '" kept "'), "

const struct report REPORT_RETENTION = {
    "retention",
    "SELECT " SETTING("thin_after_days") SETTING("thin_interval_s") SETTING("drop_after_days")
        SETTING("quarantine_days") SETTING("event_log_days") SETTING("pass_began_at") SETTING(
            "pass_ended_at") "(SELECT count(*) FROM charging_process WHERE end_date IS "
                             "NULL), (SELECT count(*) FROM charging_process WHERE "
                             "end_date IS NOT NULL) - (SELECT count(*) FROM "
                             "charge_retention WHERE kept <> 'all'), " REDUCED("thinned") REDUCED("none") REMOVED(
                                 "retention.samples") "(SELECT count(*) FROM charge_open), (SELECT "
                                                      "ifnull(sum(samples), 0) FROM charge_chunk), "
                                                      "(SELECT "
                                                      "ifnull(sum(length(chunk)), 0) FROM "
                                                      "charge_chunk), "
                                                      "(SELECT sum(length(chunk)) * 1.0 / "
                                                      "sum(samples) FROM "
                                                      "charge_chunk), (SELECT min(end_date) FROM "
                                                      "charging_process WHERE end_date IS NOT NULL "
                                                      "AND id NOT "
                                                      "IN (SELECT process FROM charge_retention "
                                                      "WHERE kept <> "
                                                      "'all')), (SELECT count(*) FROM "
                                                      "quarantine), " REMOVED(
                                                          "retention.quarantine") "(SELECT "
                                                                                  "count(*) FROM "
                                                                                  "event_log),"
                                                                                  " " REMOVED(
                                                                                      "reten"
                                                                                      "tion."
                                                                                      "event"
                                                                                      "_log") "(SEL"
                                                                                              "ECT "
                                                                                              "page"
                                                                                              "_cou"
                                                                                              "nt "
                                                                                              "* "
                                                                                              "page"
                                                                                              "_siz"
                                                                                              "e "
                                                                                              "FROM"
                                                                                              " pra"
                                                                                              "gma_"
                                                                                              "page"
                                                                                              "_cou"
                                                                                              "nt, "
                                                                                              "prag"
                                                                                              "ma_"
                                                                                              "page"
                                                                                              "_siz"
                                                                                              "e), "
                                                                                              "(SEL"
                                                                                              "ECT "
                                                                                              "free"
                                                                                              "list"
                                                                                              "_cou"
                                                                                              "nt "
                                                                                              "* "
                                                                                              "page"
                                                                                              "_siz"
                                                                                              "e "
                                                                                              "FROM"
                                                                                              " pra"
                                                                                              "gma_"
                                                                                              "free"
                                                                                              "list"
                                                                                              "_cou"
                                                                                              "nt, "
                                                                                              "prag"
                                                                                              "ma_"
                                                                                              "page"
                                                                                              "_siz"
                                                                                              "e), "
                                                                                              "(SEL"
                                                                                              "ECT "
                                                                                              "auto"
                                                                                              "_vac"
                                                                                              "uum "
                                                                                              "<> "
                                                                                              "0 "
                                                                                              "FROM"
                                                                                              " pra"
                                                                                              "gma_"
                                                                                              "auto"
                                                                                              "_vac"
                                                                                              "uum"
                                                                                              ")",
    retention};
