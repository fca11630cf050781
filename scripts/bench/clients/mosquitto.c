/* Mosquitto's library with its thread: cc -O2 mosquitto.c -lmosquitto */
#include "task.h"
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>

static sem_t answered, room;
static long received;

static void on_connect(struct mosquitto *client, void *context, int code) {
    demand(code == 0, "connect", code);
    sem_post(&answered);
}

static void on_subscribe(struct mosquitto *client, void *context, int id, int grants, const int *granted) { sem_post(&answered); }

static void on_publish(struct mosquitto *client, void *context, int id) { sem_post(&room); }

static void on_message(struct mosquitto *client, void *context, const struct mosquitto_message *message) {
    if (message->payloadlen == size && ++received == count) sem_post(&answered);
}

static struct mosquitto *connecting(long number) {
    char id[64];
    snprintf(id, sizeof id, "mosquitto-%ld", number);
    struct mosquitto *client = mosquitto_new(id, 1, NULL);
    demand(client != NULL, "create", 0);
    mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_max_inflight_messages_set(client, WINDOW);
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_subscribe_callback_set(client, on_subscribe);
    mosquitto_publish_callback_set(client, on_publish);
    mosquitto_message_callback_set(client, on_message);
    int code = mosquitto_connect(client, "127.0.0.1", port, 60);
    demand(code == MOSQ_ERR_SUCCESS, "connect", code);
    return client;
}

static struct mosquitto *connected(void) {
    struct mosquitto *client = connecting(0);
    int code = mosquitto_loop_start(client);
    demand(code == MOSQ_ERR_SUCCESS, "loop", code);
    take(&answered, 1);
    return client;
}

static void publish(struct mosquitto *client, char *payload, int qos) {
    int code = mosquitto_publish(client, NULL, TOPIC, size, payload, qos, 0);
    demand(code == MOSQ_ERR_SUCCESS, "publish", code);
}

static void publish_all(int qos) {
    int window = qos ? WINDOW : BACKLOG;
    char *payload = calloc(1, size + 1);
    struct mosquitto *client = connected();
    sem_init(&room, 0, window);
    begin();
    for (long i = 0; i < count; i++) {
        take(&room, 1);
        publish(client, payload, qos);
    }
    take(&room, window);
    publish(client, payload, 1);
    take(&room, 1);
    report_rate();
}

static void receive_all(int qos) {
    struct mosquitto *client = connected();
    int code = mosquitto_subscribe(client, NULL, TOPIC, qos);
    demand(code == MOSQ_ERR_SUCCESS, "subscribe", code);
    take(&answered, 1);
    ready();
    take(&answered, 1);
    report_rate();
}

/* Until it is answered, without a thread for each client, and without mosquitto_loop, which takes no descriptor above 1,023. */
static void loop_until_answered(struct mosquitto *client) {
    while (sem_trywait(&answered) != 0) {
        struct pollfd socket = {.fd = mosquitto_socket(client), .events = POLLIN | (mosquitto_want_write(client) ? POLLOUT : 0)};
        demand(poll(&socket, 1, 10000) == 1, "nothing from the broker", 0);
        int code = socket.revents & POLLOUT ? mosquitto_loop_write(client, 1) : mosquitto_loop_read(client, 1);
        demand(code == MOSQ_ERR_SUCCESS, "loop", code);
    }
}

static void measure_memory(void) {
    long before = own_memory();
    for (long i = 0; i < count; i++) {
        char filter[64];
        snprintf(filter, sizeof filter, "plant/%ld", i);
        struct mosquitto *client = connecting(i);
        loop_until_answered(client);
        int code = mosquitto_subscribe(client, NULL, filter, 1);
        demand(code == MOSQ_ERR_SUCCESS, "subscribe", code);
        loop_until_answered(client);
    }
    report_memory(before);
}

int main(int argc, char **argv) {
    read_task(argc, argv);
    mosquitto_lib_init();
    sem_init(&answered, 0, 0);
    if (is_task("publish0")) publish_all(0);
    else if (is_task("publish1")) publish_all(1);
    else if (is_task("receive0")) receive_all(0);
    else if (is_task("receive1")) receive_all(1);
    else if (is_task("memory")) measure_memory();
    else demand(0, "unknown task", 0);
    _exit(0);
}
