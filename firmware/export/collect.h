/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes into a bundle, one function per subject. Each adds what it can read and lists the rest
 * as missing; negative only when the bundle itself cannot be written. Nothing is changed on the
 * station, no daemon is asked or held up.
 */
#ifndef SWAPSTACK_EXPORT_COLLECT_H
#define SWAPSTACK_EXPORT_COLLECT_H

#include "export/bundle.h"

struct collect_places { /* folders; texts are the caller's */
    const char *config, *board, *logs, *monitor_state, *engine_state;
};

/* A file as it is, at most `max_bytes` of it; `scrub` (may be NULL) takes secrets out. */
typedef int64_t collect_scrub(const char *text, size_t length, struct strbuf *to);
int collect_file(struct bundle *bundle, const char *name, const char *path, size_t max_bytes,
                 collect_scrub *scrub, struct err *err);
int collect_text(struct bundle *bundle, const char *name, const struct strbuf *text,
                 collect_scrub *scrub, bool tail, struct err *err);

/* versions.txt: of our programs, libraries, kernel, system, board. */
int collect_versions(struct bundle *bundle, struct err *err);
/* system/: memory, load, disks, network addresses, our processes, from /proc and the kernel. */
int collect_system(struct bundle *bundle, const struct collect_places *places, struct err *err);
/* system/kernel.log: the kernel's own buffer; system/journal.log: kernel and systemd by journalctl.
 */
int collect_kernel(struct bundle *bundle, struct err *err);
/* board/, config/: board folder and configuration, without secrets. */
int collect_settings(struct bundle *bundle, const struct collect_places *places, struct err *err);
/* engine/engine.state: without secrets. */
int collect_engine(struct bundle *bundle, const struct collect_places *places, struct err *err);
/* journal/: statistics.json and, when it is not larger than a quarter of the bundle, journal.db. */
int collect_journal(struct bundle *bundle, const struct collect_places *places, struct err *err);
/* logs/: the segments of each program, the newest first; the last that fits is cut. */
int collect_logs(struct bundle *bundle, const struct collect_places *places, struct err *err);

#endif
