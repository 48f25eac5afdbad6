/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl audit | rebuild: tracking against its event log. */
#include "ctl/ctl.h"

#include "base/scope.h"
#include "store/audit.h"
#include "tracking/replay.h"
#include <inttypes.h>
#include <stdlib.h>

/* Differences told one by one; beyond, only their number. */
#define TOLD_MAX 100

struct audit {
    const struct ctl *ctl;
    struct store *kept, *memory, *repair; /* repair NULL: only looking */
    int64_t told, faults;
};

static void tell(void *self, const char *check, const char *sentence)
{
    struct audit *audit = self;
    if (audit->told++ < TOLD_MAX)
        fprintf(stderr, "%s: %s\n", check, sentence);
    else if (audit->told == TOLD_MAX + 1)
        fprintf(stderr, "… and more\n");
}

static void print_result(struct audit *audit, const struct audit_result *result)
{
    audit->faults += result->faults;
    fprintf(audit->ctl->out, "%-46s looked at %8" PRId64 "  %s %" PRId64 "\n", result->check,
            result->looked_at, audit->repair ? "repaired" : "wrong", result->faults);
}

static int replay(struct audit *audit, struct err *err)
{
    int64_t rows;
    int rc = store_open(&audit->memory, STORE_MEMORY, STORE_WRITE, err);
    if (rc == 0)
        rc = tracking_replay(audit->kept, audit->memory, &rows, err);
    if (rc == 0)
        fprintf(audit->ctl->out, "%-46s looked at %8" PRId64 "\n", "event_log", rows);
    return rc;
}

static int compare(struct audit *audit, struct err *err)
{
    struct audit_listener listener = {.tell = tell, .self = audit};
    struct audit_result result;
    int rc = replay(audit, err);
    for (size_t i = 0; i < AUDIT_TABLES && rc == 0; i++) {
        rc = audit_compare(audit->kept, audit->memory, i, audit->repair, &listener, &result, err);
        if (rc == 0)
            print_result(audit, &result);
    }
    for (size_t i = 0; i < AUDIT_INVARIANTS && rc == 0 && !audit->repair; i++) {
        rc = audit_invariant(audit->kept, i, &listener, &result, err);
        if (rc == 0)
            print_result(audit, &result);
    }
    return rc;
}

static void audit_free(struct audit *audit)
{
    store_close(audit->memory);
    store_close(audit->kept);
    store_close(audit->repair);
}

int ctl_audit(const struct ctl *ctl, struct err *err)
{
    SCOPE(audit_free) struct audit audit = {.ctl = ctl};
    int rc = ctl_open(ctl, &audit.kept, err);
    /* A bridge may write meanwhile: log and tables must be of one moment. */
    if (rc == 0)
        rc = store_begin_reading(audit.kept, err);
    if (rc == 0)
        rc = compare(&audit, err);
    if (rc < 0)
        return rc;
    return audit.faults == 0 ? 0
                             : err_set(err, ERR_INVALID,
                                       "%" PRId64 " differences or violations; swapctl rebuild "
                                       "makes tracking again from its log",
                                       audit.faults);
}

/* Under the writer's lock; the differences are read on a second connection, which sees the database
 * as it was, whatever has been repaired so far. */
int ctl_rebuild(const struct ctl *ctl, struct err *err)
{
    SCOPE(audit_free) struct audit audit = {.ctl = ctl};
    const char *path;
    int rc = ctl_db_path(ctl, &path, err);
    if (rc == 0)
        rc = ctl_open(ctl, &audit.kept, err); /* also: it must exist */
    if (rc == 0)
        rc = store_open(&audit.repair, path, STORE_WRITE, err);
    if (rc == 0)
        rc = store_begin(audit.repair, err);
    if (rc == 0)
        rc = audit_defer_references(audit.repair, err);
    if (rc == 0)
        rc = store_begin_reading(audit.kept, err);
    if (rc == 0)
        rc = compare(&audit, err);
    if (rc == 0)
        rc = store_commit(audit.repair, err);
    return rc;
}
