/* SPDX-License-Identifier: Apache-2.0 */
/* The MQTT session against a real mosquitto on a free loopback port. */
#include "mqtt/session.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT_MS 20000 /* a condition that does not come in this time fails the test */

/* A broker of our own -------------------------------------------------------------------------- */

struct broker {
    pid_t pid;
    int port;
    char folder[64], config[96], password[96], acl[96];
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static int free_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static bool port_answers(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    bool answers = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return answers;
}

static const char *mosquitto(void)
{
    static const char *const places[] = {"/usr/sbin/mosquitto", "/usr/bin/mosquitto",
                                         "/usr/local/sbin/mosquitto"};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (access(places[i], X_OK) == 0)
            return places[i];
    }
    return NULL;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void broker_start(struct broker *broker)
{
    broker->pid = fork();
    assert_true(broker->pid >= 0);
    if (broker->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is killed leaves nothing behind */
        if (!freopen("/dev/null", "w", stderr))
            _exit(127);
        execl(mosquitto(), "mosquitto", "-c", broker->config, (char *)NULL);
        _exit(127);
    }
    for (int64_t until = now_ms() + LIMIT_MS; !port_answers(broker->port); nap())
        assert_true(now_ms() < until);
}

static void broker_stop(struct broker *broker, int how)
{
    kill(broker->pid, how);
    waitpid(broker->pid, NULL, 0);
    broker->pid = 0;
}

/* `extra` goes into the configuration. User "station" has the password "secret". */
static void broker_make(struct broker *broker, const char *extra)
{
    *broker = (struct broker){.port = free_port(), .folder = "/tmp/swapstack-session-XXXXXX"};
    assert_non_null(mkdtemp(broker->folder));
    snprintf(broker->config, sizeof(broker->config), "%s/broker.conf", broker->folder);
    snprintf(broker->password, sizeof(broker->password), "%s/password", broker->folder);
    snprintf(broker->acl, sizeof(broker->acl), "%s/acl", broker->folder);
    char text[1024];
    snprintf(text, sizeof(text),
             "user root\nlistener %d 127.0.0.1\npersistence false\nmax_inflight_messages 1000\n"
             "max_queued_messages 10000\n%s",
             broker->port, extra);
    write_file(broker->config, text);
}

static void broker_free(struct broker *broker)
{
    if (broker->pid > 0)
        broker_stop(broker, SIGTERM);
    unlink(broker->config);
    unlink(broker->password);
    unlink(broker->acl);
    rmdir(broker->folder);
}

/* A client that counts --------------------------------------------------------------------------
 */

struct client {
    struct session *session;
    pthread_mutex_t lock;
    int ready, lost, published, failed, messages, retained;
    bool present;
    char reason[256], topic[64], payload[256];
};

static void on_ready(void *self, bool present)
{
    struct client *client = self;
    pthread_mutex_lock(&client->lock);
    client->ready++;
    client->present = present;
    pthread_mutex_unlock(&client->lock);
}

static void on_lost(void *self, const char *reason)
{
    struct client *client = self;
    pthread_mutex_lock(&client->lock);
    client->lost++;
    snprintf(client->reason, sizeof(client->reason), "%s", reason);
    pthread_mutex_unlock(&client->lock);
}

static void on_message(void *self, const struct session_message *message)
{
    struct client *client = self;
    pthread_mutex_lock(&client->lock);
    client->messages++;
    client->retained += message->retained;
    snprintf(client->topic, sizeof(client->topic), "%s", message->topic);
    snprintf(client->payload, sizeof(client->payload), "%.*s", (int)message->length,
             (const char *)message->payload);
    pthread_mutex_unlock(&client->lock);
}

static void on_published(void *self, int64_t token, bool ok)
{
    struct client *client = self;
    if (token <= 0)
        abort();
    pthread_mutex_lock(&client->lock);
    client->published += ok;
    client->failed += !ok;
    pthread_mutex_unlock(&client->lock);
}

static const struct session_events EVENTS = {on_ready, on_lost, on_message, on_published};

static int get(struct client *client, const int *field)
{
    pthread_mutex_lock(&client->lock);
    int value = *field;
    pthread_mutex_unlock(&client->lock);
    return value;
}

static void wait_for(struct client *client, const int *field, int least)
{
    for (int64_t until = now_ms() + LIMIT_MS; get(client, field) < least; nap()) {
        if (now_ms() >= until)
            fail_msg("waited in vain; last reason: %s", client->reason);
    }
}

static struct session_options options_for(const struct broker *broker, const char *id,
                                          struct client *client)
{
    return (struct session_options){.host = "127.0.0.1",
                                    .port = broker->port,
                                    .client_id = id,
                                    .clean_start = true,
                                    .keep_alive_s = 5,
                                    .receive_maximum = 100,
                                    .backoff_min_ms = 10,
                                    .backoff_max_ms = 100,
                                    .events = &EVENTS,
                                    .self = client};
}

static void client_make(struct client *client, const struct session_options *options)
{
    *client = (struct client){.lock = PTHREAD_MUTEX_INITIALIZER};
    struct session_options own = *options;
    own.self = client;
    assert_int_equal(session_new(&client->session, &own, NULL), 0);
}

static void client_start(struct client *client)
{
    assert_int_equal(session_start(client->session, NULL), 0);
}

static void say(struct client *client, const char *topic, const char *text, int qos)
{
    assert_int_equal(session_publish(client->session, topic, text, strlen(text), qos, NULL, NULL),
                     0);
}

static const struct session_subscription ALL[] = {
    {.topic = "t/#", .qos = 1, .retain_as_published = true}};
static const struct session_subscription NOT_MINE[] = {
    {.topic = "t/#", .qos = 1, .no_local = true}};

static void test_publish_and_receive(void **state)
{
    struct broker *broker = *state;
    struct client sender, receiver;
    struct session_options options = options_for(broker, "receiver", NULL);
    options.subscriptions = ALL;
    options.subscription_count = 1;
    client_make(&receiver, &options);
    options = options_for(broker, "sender", NULL);
    options.subscriptions = NOT_MINE;
    options.subscription_count = 1;
    client_make(&sender, &options);
    assert_false(session_is_ready(sender.session));
    struct err err = {0};
    assert_int_equal(session_publish(sender.session, "t/1", "x", 1, 1, NULL, &err),
                     ERR_UNAVAILABLE);
    client_start(&receiver);
    client_start(&sender);
    wait_for(&receiver, &receiver.ready, 1);
    wait_for(&sender, &sender.ready, 1);
    assert_true(session_is_ready(sender.session));
    assert_false(sender.present);

    int64_t token = 0;
    assert_int_equal(session_publish(sender.session, "t/1", "one", 3, 1, &token, NULL), 0);
    assert_true(token > 0);
    assert_int_equal(session_publish(sender.session, "t/1", "two", 3, 0, &token, NULL), 0);
    assert_int_equal(token, 0);
    wait_for(&receiver, &receiver.messages, 2);
    wait_for(&sender, &sender.published, 1);
    assert_string_equal(receiver.payload, "two");
    assert_string_equal(receiver.topic, "t/1");
    say(&receiver, "t/2", "answer", 1); /* to both: the receiver hears itself, the sender not */
    wait_for(&sender, &sender.messages, 1);
    wait_for(&receiver, &receiver.messages, 3);
    assert_int_equal(sender.messages, 1);

    session_stop(sender.session, 1000);
    assert_false(session_is_ready(sender.session));
    assert_int_equal(sender.lost, 0); /* we wanted it */
    client_start(&sender);
    wait_for(&sender, &sender.ready, 2);
    session_free(sender.session);
    session_free(receiver.session);
}

/* Thousands of messages pass; a full window is told and not exceeded. */
static void test_window(void **state)
{
    struct broker *broker = *state;
    struct client sender, receiver;
    struct session_options options = options_for(broker, "receiver", NULL);
    options.subscriptions = ALL;
    options.subscription_count = 1;
    client_make(&receiver, &options);
    options = options_for(broker, "sender", NULL);
    client_make(&sender, &options);
    client_start(&receiver);
    client_start(&sender);
    wait_for(&receiver, &receiver.ready, 1);
    wait_for(&sender, &sender.ready, 1);
    kill(broker->pid, SIGSTOP); /* nothing is acknowledged now */
    int taken = 0, rc;
    while ((rc = session_publish(sender.session, "t/w", "m", 1, 1, NULL, NULL)) == 0)
        taken++;
    kill(broker->pid, SIGCONT);
    assert_int_equal(rc, ERR_BUSY);
    assert_int_equal(taken, 200);
    while (taken < 2000) {
        rc = session_publish(sender.session, "t/w", "m", 1, 1, NULL, NULL);
        taken += rc == 0;
        if (rc == ERR_BUSY)
            nap();
        else
            assert_int_equal(rc, 0);
    }
    session_stop(sender.session, LIMIT_MS); /* waits for the rest of the window */
    assert_int_equal(get(&sender, &sender.published), 2000);
    assert_int_equal(get(&sender, &sender.failed), 0);
    wait_for(&receiver, &receiver.messages, 2000);
    session_free(sender.session);
    session_free(receiver.session);
}

/* Every publish ends once, also when the broker dies under it; then the session comes back. */
static void test_broker_dies(void **state)
{
    struct broker *broker = *state;
    struct client client;
    struct session_options options = options_for(broker, "client", NULL);
    options.subscriptions = ALL;
    options.subscription_count = 1;
    client_make(&client, &options);
    client_start(&client);
    wait_for(&client, &client.ready, 1);
    kill(broker->pid, SIGSTOP);
    for (int i = 0; i < 50; i++)
        say(&client, "t/d", "m", 1);
    broker_stop(broker, SIGKILL);
    wait_for(&client, &client.lost, 1);
    wait_for(&client, &client.failed, 50);
    assert_int_equal(client.published, 0);
    assert_true(strlen(client.reason) > 0);
    wait_for(&client, &client.lost, 3); /* tries in vain */
    struct session_view view;
    session_look(client.session, &view);
    assert_string_equal(view.host, "127.0.0.1");
    assert_int_equal(view.port, broker->port);
    assert_true(view.failures >= 1 && strlen(view.last_error) > 0);
    assert_string_not_equal(view.phase, "ready");
    broker_start(broker);
    wait_for(&client, &client.ready, 2);
    session_look(client.session, &view);
    assert_string_equal(view.phase, "ready");
    assert_int_equal(view.next_ms, 0);
    assert_int_equal(view.failures, 0);
    say(&client, "t/d", "again", 1);
    wait_for(&client, &client.published, 1);
    wait_for(&client, &client.messages, 1);
    session_drop(client.session);
    wait_for(&client, &client.ready, 3);
    assert_string_equal(client.reason, "dropped");
    session_free(client.session);
}

/* The other process of the test below: connects with a will, says something, waits. */
_Noreturn static void live_until_killed(const struct broker *broker, int gate)
{
    struct client dying;
    struct session_options options = options_for(broker, "dying", NULL);
    char go;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (read(gate, &go, 1) != 1)
        _exit(1);
    client_make(&dying, &options);
    if (session_set_will(dying.session, "t/will", "gone", 4, NULL) < 0)
        _exit(2);
    session_start(dying.session, NULL);
    for (int64_t until = now_ms() + LIMIT_MS; get(&dying, &dying.ready) == 0; nap()) {
        if (now_ms() > until)
            _exit(3);
    }
    session_publish(dying.session, "t/alive", "here", 4, 1, NULL, NULL);
    for (;;)
        pause();
}

/* A killed client's will is published, a cleanly ended one's not; the retained flag is seen. */
static void test_will_and_retained(void **state)
{
    struct broker *broker = *state;
    int gate[2];
    assert_int_equal(pipe(gate), 0);
    pid_t child = fork(); /* before paho has threads, which would not live in the child */
    assert_true(child >= 0);
    if (child == 0)
        live_until_killed(broker, gate[0]);

    struct client watcher;
    struct session_options options = options_for(broker, "watcher", NULL);
    options.subscriptions = ALL;
    options.subscription_count = 1;
    client_make(&watcher, &options);
    client_start(&watcher);
    wait_for(&watcher, &watcher.ready, 1);
    assert_int_equal(write(gate[1], "g", 1), 1);
    close(gate[0]);
    close(gate[1]);
    wait_for(&watcher, &watcher.messages, 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    wait_for(&watcher, &watcher.messages, 2);
    assert_string_equal(watcher.topic, "t/will");
    assert_string_equal(watcher.payload, "gone");
    assert_int_equal(watcher.retained, 0);

    struct client polite;
    options = options_for(broker, "polite", NULL);
    client_make(&polite, &options);
    assert_int_equal(session_set_will(polite.session, "t/will", "never", 5, NULL), 0);
    client_start(&polite);
    wait_for(&polite, &polite.ready, 1);
    say(&polite, "t/last", "bye", 1);
    session_stop(polite.session, LIMIT_MS);
    session_free(polite.session);
    wait_for(&watcher, &watcher.messages, 3);
    char command[160];
    snprintf(command, sizeof(command), "mosquitto_pub -h 127.0.0.1 -p %d -q 1 -r -t t/kept -m kept",
             broker->port);
    assert_int_equal(system(command), 0);
    wait_for(&watcher, &watcher.retained, 1); /* live, and yet the flag is there */
    assert_int_equal(watcher.messages, 4);
    assert_string_equal(watcher.topic, "t/kept");
    session_free(watcher.session);
}

/* A persistent session: what came while we were away is delivered. */
static void test_persistent(void **state)
{
    struct broker *broker = *state;
    struct client keeper, sender;
    struct session_options options = options_for(broker, "keeper", NULL);
    options.clean_start = false;
    options.session_expiry_s = 1000;
    options.subscriptions = ALL;
    options.subscription_count = 1;
    client_make(&keeper, &options);
    client_start(&keeper);
    wait_for(&keeper, &keeper.ready, 1);
    session_stop(keeper.session, 0);
    options = options_for(broker, "sender", NULL);
    client_make(&sender, &options);
    client_start(&sender);
    wait_for(&sender, &sender.ready, 1);
    for (int i = 0; i < 20; i++)
        say(&sender, "t/p", "waiting", 1);
    wait_for(&sender, &sender.published, 20);
    client_start(&keeper);
    wait_for(&keeper, &keeper.ready, 2);
    assert_true(keeper.present);
    wait_for(&keeper, &keeper.messages, 20);
    session_free(sender.session);
    session_free(keeper.session);
}

/* User and password file; a subscription that the broker refuses never becomes ready. */
static void test_login(void **state)
{
    (void)state;
    struct broker broker;
    broker_make(&broker, "");
    char text[1024], command[256], secret[128];
    snprintf(
        text, sizeof(text),
        "user root\nlistener %d 127.0.0.1\nallow_anonymous false\npassword_file %s\nacl_file %s\n",
        broker.port, broker.password, broker.acl);
    write_file(broker.config, text);
    write_file(broker.acl, "user station\ntopic readwrite t/#\n");
    snprintf(command, sizeof(command), "mosquitto_passwd -b -c %s station secret 2>/dev/null",
             broker.password);
    assert_int_equal(system(command), 0);
    broker_start(&broker);
    snprintf(secret, sizeof(secret), "%s/secret", broker.folder);
    write_file(secret, "wrong\n");

    struct client client;
    struct session_options options = options_for(&broker, "client", NULL);
    options.subscriptions = ALL;
    options.subscription_count = 1;
    options.user = "station";
    options.password_file = secret;
    client_make(&client, &options);
    client_start(&client);
    wait_for(&client, &client.lost, 1);
    assert_int_equal(client.ready, 0);
    write_file(secret, "secret\nanything\n"); /* read again at the next attempt */
    wait_for(&client, &client.ready, 1);
    session_free(client.session);
    unlink(secret);
    broker_free(&broker);
}

static int setup(void **state)
{
    static struct broker broker;
    broker_make(&broker, "allow_anonymous true\n");
    broker_start(&broker);
    *state = &broker;
    return 0;
}

static int teardown(void **state)
{
    broker_free(*state);
    return 0;
}

int main(void)
{
    if (!mosquitto()) {
        print_message("mosquitto is not installed: skipped\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_publish_and_receive, setup, teardown),
        cmocka_unit_test_setup_teardown(test_window, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broker_dies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_will_and_retained, setup, teardown),
        cmocka_unit_test_setup_teardown(test_persistent, setup, teardown),
        cmocka_unit_test(test_login),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
