/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about the machine: what /proc and a few system calls say. */
#include "base/args.h"
#include "base/child.h"
#include "base/file.h"
#include "base/log_line.h"
#include "base/scope.h"
#include "export/collect.h"
#include "export/secrets.h"
#include "logs/source.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <zlib.h>

#define FACT_MAX        ((size_t)128 << 10)
#define KERNEL_MAX      ((size_t)512 << 10)
#define SYSLOG_READ_ALL 3 /* syslog(2) */
#define CHILD_MS        3000

/* versions.txt ----------------------------------------------------------------------------------
 */

static void append_program(struct strbuf *to, const char *program)
{
    const char *words[] = {program, "--version", NULL};
    struct child child;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    int code = child_start(&child, words, -1, -1, &err);
    if (code == 0)
        code = child_collect(&child, CHILD_MS, 512, &out, NULL, NULL, &err);
    if (code == 0)
        (void)child_wait(&child, CHILD_MS);
    else
        (void)child_end(&child);
    strbuf_printf(to, "%s", code == 0 ? strbuf_text(&out) : "");
    if (code < 0)
        strbuf_printf(to, "%s: %s\n", program, err.text);
}

static void append_first_line(struct strbuf *to, const char *label, const char *path)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    if (file_read(path, 4096, &text, NULL) == 0 && text.length > 0)
        strbuf_printf(to, "%s: %.*s\n", label, (int)strcspn(text.text, "\n"), text.text);
}

int collect_versions(struct bundle *bundle, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct utsname machine;
    strbuf_printf(&text, "swap-export %s\n", args_version());
    static const char *const programs[] = {"swap-engine", "swap-monitor", "swap-log"};
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        append_program(&text, programs[i]);
    strbuf_printf(&text, "sqlite %s\nzlib %s\n", sqlite3_libversion(), zlibVersion());
    if (uname(&machine) == 0)
        strbuf_printf(&text, "kernel: %s %s %s %s, host %s\n", machine.sysname, machine.release,
                      machine.version, machine.machine, machine.nodename);
    append_first_line(&text, "board", "/proc/device-tree/model");
    append_first_line(&text, "compatible", "/proc/device-tree/compatible");
    SCOPE_STRBUF struct strbuf release = STRBUF_INIT;
    if (file_read("/etc/os-release", 8192, &release, NULL) == 0)
        strbuf_append(&text, release.text, release.length);
    return collect_text(bundle, "versions.txt", &text, NULL, false, err);
}

/* system/ ---------------------------------------------------------------------------------------
 */

/* One row per address of each interface, as `ip address` would say. */
static int collect_addresses(struct bundle *bundle, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) < 0) {
        bundle_miss(bundle, "system/addresses.txt", strerror(errno));
        return 0;
    }
    for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
        char address[INET6_ADDRSTRLEN] = "";
        int family = at->ifa_addr ? at->ifa_addr->sa_family : AF_UNSPEC;
        const char *bytes = (const char *)at->ifa_addr;
        if (family == AF_INET)
            (void)inet_ntop(family, bytes + offsetof(struct sockaddr_in, sin_addr), address,
                            sizeof address);
        else if (family == AF_INET6)
            (void)inet_ntop(family, bytes + offsetof(struct sockaddr_in6, sin6_addr), address,
                            sizeof address);
        strbuf_printf(&text, "%s %s%s%s\n", at->ifa_name, at->ifa_flags & IFF_UP ? "up" : "down",
                      at->ifa_flags & IFF_RUNNING ? " running " : " ", address);
    }
    freeifaddrs(list);
    return collect_text(bundle, "system/addresses.txt", &text, NULL, false, err);
}

static void append_space(struct strbuf *to, const char *path)
{
    struct statvfs disk;
    if (statvfs(path, &disk) < 0)
        strbuf_printf(to, "%s: %s\n", path, strerror(errno));
    else
        strbuf_printf(
            to, "%s: %" PRIu64 " of %" PRIu64 " KiB free, %" PRIu64 " of %" PRIu64 " inodes%s\n",
            path, (uint64_t)disk.f_bavail * disk.f_frsize / 1024,
            (uint64_t)disk.f_blocks * disk.f_frsize / 1024, (uint64_t)disk.f_favail,
            (uint64_t)disk.f_files, disk.f_flag & ST_RDONLY ? ", read-only" : "");
}

/* State, memory and threads of processes named swap-*. */
static int collect_processes(struct bundle *bundle, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    DIR *folder = opendir("/proc");
    for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        char path[300];
        SCOPE_STRBUF struct strbuf status = STRBUF_INIT;
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        (void)snprintf(path, sizeof path, "/proc/%s/status", entry->d_name);
        if (file_read(path, 16384, &status, NULL) == 0 &&
            strncmp(strbuf_text(&status), "Name:\tswap-", 11) == 0)
            strbuf_printf(&text, "%s\n", strbuf_text(&status));
    }
    if (folder)
        (void)closedir(folder);
    return collect_text(bundle, "system/processes.txt", &text, NULL, false, err);
}

int collect_system(struct bundle *bundle, const struct collect_places *places, struct err *err)
{
    static const char *const facts[] = {
        "uptime",      "loadavg",         "meminfo",     "cpuinfo", "cmdline",   "mounts",
        "diskstats",   "partitions",      "interrupts",  "net/dev", "net/route", "net/ipv6_route",
        "net/arp",     "net/sockstat",    "net/snmp",    "net/tcp", "net/tcp6",  "net/can/stats",
        "pressure/io", "pressure/memory", "pressure/cpu"};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof facts / sizeof facts[0]; i++) {
        char path[64], name[64];
        (void)snprintf(path, sizeof path, "/proc/%s", facts[i]);
        (void)snprintf(name, sizeof name, "system/%s", facts[i]);
        code = collect_file(bundle, name, path, FACT_MAX, secrets_scrub_text, err);
    }
    SCOPE_STRBUF struct strbuf space = STRBUF_INIT;
    const char *const folders[] = {"/", places->monitor_state, places->engine_state, places->logs};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        append_space(&space, folders[i]);
    if (code == 0)
        code = collect_text(bundle, "system/space.txt", &space, NULL, false, err);
    if (code == 0)
        code = collect_addresses(bundle, err);
    return code < 0 ? code : collect_processes(bundle, err);
}

/* The kernel's messages -------------------------------------------------------------------------
 */

static int collect_kernel_buffer(struct bundle *bundle, struct err *err)
{
    SCOPE_FREE char *bytes = malloc(KERNEL_MAX);
    int got = bytes ? klogctl(SYSLOG_READ_ALL, bytes, (int)KERNEL_MAX) : -1;
    if (got < 0) {
        bundle_miss(bundle, "system/kernel.log", strerror(errno));
        return 0;
    }
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    strbuf_append(&text, bytes, (size_t)got);
    return collect_text(bundle, "system/kernel.log", &text, secrets_scrub_text, true, err);
}

/* The last day of it at most; as swap-log prints it. */
static int collect_journalctl(struct bundle *bundle, struct err *err)
{
    struct logs_source source;
    struct logs_entry entry;
    struct err why = {0};
    int64_t since_us = bundle->time_us - INT64_C(86400000000);
    if (logs_journal_open(&source, since_us, false, &why) < 0) {
        bundle_miss(bundle, "system/journal.log", why.text);
        return 0;
    }
    char *bytes = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&bytes, &length);
    while (to && source.next(source.self, &entry, &why) > 0)
        logs_print_text(&entry, to);
    bool good = to && fclose(to) == 0;
    source.free(source.self);
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    if (good)
        strbuf_append(&text, bytes, length);
    free(bytes);
    if (!good) {
        bundle_miss(bundle, "system/journal.log", "out of memory");
        return 0;
    }
    return collect_text(bundle, "system/journal.log", &text, secrets_scrub_text, true, err);
}

int collect_kernel(struct bundle *bundle, struct err *err)
{
    int code = collect_kernel_buffer(bundle, err);
    return code < 0 ? code : collect_journalctl(bundle, err);
}
