/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swap-simulation: runs seeds, in several processes, until one fails or all are done.
 *
 *     swap-simulation --seeds 1..10000 --jobs 2
 *     swap-simulation --seed 4711 --trace
 *     swap-simulation --station --seeds 1..10000
 */
#include "sim.h"
#include "site.h"

#include "base/log.h"
#include "database.h"
#include "store/store.h"
#include <assert.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 64

struct job {
    atomic_uint_least64_t seed; /* under way, 0 none */
    atomic_uint_least64_t done;
    struct sim_counts counts;
    struct site_counts site_counts;
};

struct shared { /* between the processes */
    atomic_uint_least64_t next;
    atomic_bool failed;
    struct job jobs[JOBS_MAX];
};

struct options {
    uint64_t first, last;
    int jobs;
    bool sqlite, station, trace, goes_on;
};

static const char USAGE[] =
    "usage: swap-simulation [--station | --sqlite] [--seed N | --seeds FROM..TO] [--jobs N] "
    "[--go-on] [--trace]\n"
    "\n"
    "Runs stations, broker and bridge in virtual time with faults drawn from each seed, and "
    "checks\n"
    "that nothing is lost, nothing happens twice, and no door or gate does what it must not.\n"
    "\n"
    "  --seed N          this seed only\n"
    "  --seeds FROM..TO  these seeds (default 1..1000)\n"
    "  --jobs N          processes (default: one per processor)\n"
    "  --station         one station without a cloud, on the physics of the sim driver, with\n"
    "                    trouble of the hardware: the rules hold on the plant, it recovers\n"
    "  --sqlite          journals and database in SQLite on disks whose power fails\n"
    "  --go-on           do not stop at the first seed that fails\n"
    "  --trace           say on stderr all that happens (one process)\n";

static bool parse_seeds(const char *text, struct options *options)
{
    char *end = NULL;
    options->first = options->last = strtoull(text, &end, 10);
    if (end != text && strncmp(end, "..", 2) == 0) {
        text = end + 2;
        options->last = strtoull(text, &end, 10);
    }
    return end != text && *end == '\0' && options->first >= 1 && options->last >= options->first;
}

static bool parse(int argc, char **argv, struct options *options)
{
    static const struct option LONG[] = {{"seed", required_argument, NULL, 's'},
                                         {"seeds", required_argument, NULL, 's'},
                                         {"jobs", required_argument, NULL, 'j'},
                                         {"sqlite", no_argument, NULL, 'q'},
                                         {"station", no_argument, NULL, 'y'},
                                         {"go-on", no_argument, NULL, 'g'},
                                         {"trace", no_argument, NULL, 't'},
                                         {"help", no_argument, NULL, 'h'},
                                         {NULL, 0, NULL, 0}};
    int option;
    bool good = true;
    while (good && (option = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
        if (option == 's')
            good = parse_seeds(optarg, options);
        else if (option == 'j')
            good = (options->jobs = atoi(optarg)) >= 1 && options->jobs <= JOBS_MAX;
        else if (option == 'q')
            options->sqlite = true;
        else if (option == 'y')
            options->station = true;
        else if (option == 'g')
            options->goes_on = true;
        else if (option == 't')
            options->trace = true;
        else
            good = false;
    }
    return good && optind == argc && !(options->station && options->sqlite);
}

static const char *mode_flag(const struct options *options)
{
    return options->station ? " --station" : options->sqlite ? " --sqlite" : "";
}

/* --- a worker --- */

static int run_seed(uint64_t seed, struct job *job, const struct options *options,
                    const struct database *database, char *violation, size_t size)
{
    if (options->station)
        return site_run(seed, options->trace, &job->site_counts, violation, size);
    int code = sim_run(seed, options->trace, database->store, &job->counts, violation, size);
    if (!options->sqlite)
        database_empty(database);
    return code;
}

static void work(struct shared *shared, struct job *job, const struct options *options)
{
    char violation[512];
    struct database database = {.store = NULL};
    if (!options->sqlite && !options->station)
        database_open(&database);
    if (!options->trace) { /* thousands of expected complaints */
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(null, STDERR_FILENO);
        (void)close(null);
    }
    log_set_level(options->trace ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
    while (options->goes_on || !atomic_load(&shared->failed)) {
        uint64_t seed = atomic_fetch_add(&shared->next, 1);
        if (seed > options->last)
            break;
        atomic_store(&job->seed, seed);
        if (run_seed(seed, job, options, &database, violation, sizeof violation) < 0) {
            (void)printf("seed %" PRIu64 ": %s\nreplay: swap-simulation%s --seed %" PRIu64
                         " --trace\n",
                         seed, violation, mode_flag(options), seed);
            (void)fflush(stdout);
            atomic_store(&shared->failed, true);
        }
        atomic_store(&job->seed, 0);
        atomic_fetch_add(&job->done, 1);
    }
    if (database.store)
        database_close(&database);
}

/* --- the parent --- */

/* Counts are structs of nothing but int64_t. */
static void add(void *to, const void *from, size_t size)
{
    const int64_t *part = from;
    int64_t *sum = to;
    assert(size % sizeof *sum == 0);
    for (size_t i = 0; i < size / sizeof *sum; i++)
        sum[i] += part[i];
}

static void print_station_counts(const struct shared *shared, const struct options *options,
                                 double seconds)
{
    struct site_counts sum = {0};
    for (int i = 0; i < options->jobs; i++)
        add(&sum, &shared->jobs[i].site_counts, sizeof sum);
    double years = (double)sum.virtual_us / 1e6 / 86400 / 365.25;
    (void)printf("seeds %" PRId64 " (station), %.1f s, %.1f station-hours, %.3f station-years "
                 "per minute\n",
                 sum.runs, seconds, (double)sum.virtual_us / 3.6e9, years / (seconds / 60));
    (void)printf("engine steps %" PRId64 ", events %" PRId64 ", commands %" PRId64
                 ", swaps begun %" PRId64 ", done %" PRId64 ", checks %" PRId64 "\n",
                 sum.steps, sum.events, sum.commands, sum.swaps, sum.done, sum.checks);
    for (int i = 0; i < TROUBLE_COUNT; i++)
        (void)printf("  %8" PRId64 "  %s\n", sum.troubles[i], SITE_TROUBLE_NAMES[i]);
    for (int i = 0; i < SCRIPT_FAULT_COUNT; i++)
        (void)printf("  %8" PRId64 "  %s\n", sum.faults[i],
                     script_fault_name((enum script_fault)i));
}

static void print_counts(const struct shared *shared, const struct options *options, double seconds)
{
    struct sim_counts sum = {0};
    for (int i = 0; i < options->jobs; i++)
        add(&sum, &shared->jobs[i].counts, sizeof sum);
    (void)printf("seeds %" PRId64 " (%s), %.1f s, %.1f station-hours\n", sum.runs,
                 options->sqlite ? "SQLite" : "memory", seconds, (double)sum.virtual_us / 3.6e9);
    (void)printf("messages %" PRId64 ", events %" PRId64 ", telemetry rows %" PRId64
                 ", commands %" PRId64 ", swaps %" PRId64 " (%" PRId64 " by card, %" PRId64
                 " of them cut off from the broker)\n",
                 sum.messages, sum.events, sum.telemetry, sum.commands, sum.swaps, sum.local_swaps,
                 sum.cut_off_swaps);
    (void)printf("repeats dropped %" PRId64 ", resends asked %" PRId64 ", gap rows %" PRId64
                 ", redelivered by the broker %" PRId64 ", checks %" PRId64 "\n",
                 sum.repeats, sum.missing, sum.gap_rows, sum.redeliveries, sum.checks);
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        (void)printf("  %8" PRId64 "  %s\n", sum.faults[i], SIM_FAULT_NAMES[i]);
}

static uint64_t count_done(const struct shared *shared, int jobs)
{
    uint64_t done = 0;
    for (int i = 0; i < jobs; i++)
        done += atomic_load(&shared->jobs[i].done);
    return done;
}

/* Waits for one worker, or for a while. False: none is left. */
static bool attend(struct shared *shared, const struct options *options, const pid_t *pids)
{
    int status = 0;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid < 0)
        return false;
    if (pid == 0) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        return true;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    atomic_store(&shared->failed, true);
    for (int i = 0; i < options->jobs; i++)
        if (pids[i] == pid) {
            uint64_t seed = atomic_load(&shared->jobs[i].seed);
            (void)printf("seed %" PRIu64 ": the process ended by %s %d\nreplay: swap-simulation"
                         "%s --seed %" PRIu64 " --trace\n",
                         seed, WIFSIGNALED(status) ? "signal" : "status",
                         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                         mode_flag(options), seed);
        }
    return true;
}

static void supervise(struct shared *shared, const struct options *options)
{
    pid_t pids[JOBS_MAX];
    time_t told = time(NULL);
    for (int i = 0; i < options->jobs; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            work(shared, &shared->jobs[i], options);
            exit(0);
        }
    }
    while (attend(shared, options, pids))
        if (time(NULL) - told >= 10) {
            told = time(NULL);
            (void)fprintf(stderr, "%" PRIu64 " of %" PRIu64 " seeds\n",
                          count_done(shared, options->jobs), options->last - options->first + 1);
        }
}

int main(int argc, char **argv)
{
    struct options options = {.first = 1, .last = 1000, .jobs = (int)sysconf(_SC_NPROCESSORS_ONLN)};
    if (!parse(argc, argv, &options)) {
        (void)fputs(USAGE, stderr);
        return EX_USAGE;
    }
    if (options.trace || options.first == options.last)
        options.jobs = 1;
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return EX_OSERR;
    atomic_store(&shared->next, options.first);
    struct timespec begin, end;
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    (void)fflush(stdout);
    supervise(shared, &options);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds =
        (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    (options.station ? print_station_counts : print_counts)(shared, &options, seconds);
    bool failed = atomic_load(&shared->failed);
    (void)munmap(shared, sizeof *shared);
    return failed ? 1 : 0;
}
