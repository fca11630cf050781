/* Paho C, the asynchronous library: cc -O2 paho.c -lpaho-mqtt3a */
#include "task.h"
#include <MQTTAsync.h>

static sem_t answered, room;
static long received;

static void on_done(void *context, MQTTAsync_successData5 *data) { sem_post(context); }

static void on_failure(void *context, MQTTAsync_failureData5 *data) { demand(0, data->message ? data->message : "failed", data->code); }

static int on_message(void *context, char *topic, int length, MQTTAsync_message *message) {
    if (message->payloadlen == size && ++received == count) sem_post(&answered);
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

static MQTTAsync connecting(long number) {
    char uri[64], id[64];
    snprintf(uri, sizeof uri, "tcp://127.0.0.1:%d", port);
    snprintf(id, sizeof id, "paho-%ld", number);
    MQTTAsync client;
    MQTTAsync_createOptions creation = MQTTAsync_createOptions_initializer5;
    creation.maxBufferedMessages = 2 * BACKLOG;
    int code = MQTTAsync_createWithOptions(&client, uri, id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &creation);
    demand(code == MQTTASYNC_SUCCESS, "create", code);
    MQTTAsync_setCallbacks(client, NULL, NULL, on_message, NULL);
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
    options.cleanstart = 1;
    options.maxInflight = WINDOW;
    options.onSuccess5 = on_done;
    options.onFailure5 = on_failure;
    options.context = &answered;
    code = MQTTAsync_connect(client, &options);
    demand(code == MQTTASYNC_SUCCESS, "connect", code);
    return client;
}

static MQTTAsync connected(void) {
    MQTTAsync client = connecting(0);
    take(&answered, 1);
    return client;
}

static void subscribe(MQTTAsync client, const char *filter, int qos) {
    MQTTAsync_responseOptions answer = MQTTAsync_responseOptions_initializer;
    answer.onSuccess5 = on_done;
    answer.onFailure5 = on_failure;
    answer.context = &answered;
    int code = MQTTAsync_subscribe(client, filter, qos, &answer);
    demand(code == MQTTASYNC_SUCCESS, "subscribe", code);
}

static void publish(MQTTAsync client, char *payload, int qos, sem_t *done) {
    MQTTAsync_message message = MQTTAsync_message_initializer;
    message.payload = payload;
    message.payloadlen = size;
    message.qos = qos;
    MQTTAsync_responseOptions answer = MQTTAsync_responseOptions_initializer;
    answer.onSuccess5 = on_done;
    answer.onFailure5 = on_failure;
    answer.context = done;
    int code = MQTTAsync_sendMessage(client, TOPIC, &message, &answer);
    demand(code == MQTTASYNC_SUCCESS, "publish", code);
}

static void publish_all(int qos) {
    int window = qos ? WINDOW : BACKLOG;
    char *payload = calloc(1, size + 1);
    MQTTAsync client = connected();
    sem_init(&room, 0, window);
    begin();
    for (long i = 0; i < count; i++) {
        take(&room, 1);
        publish(client, payload, qos, &room);
    }
    take(&room, window);
    publish(client, payload, 1, &answered);
    take(&answered, 1);
    report_rate();
}

static void receive_all(int qos) {
    subscribe(connected(), TOPIC, qos);
    take(&answered, 1);
    ready();
    take(&answered, 1);
    report_rate();
}

/* All at once: one after the other takes a second each. */
static void measure_memory(void) {
    MQTTAsync *clients = calloc(count, sizeof *clients);
    long before = own_memory();
    for (long i = 0; i < count; i++) clients[i] = connecting(i);
    take(&answered, count);
    for (long i = 0; i < count; i++) {
        char filter[64];
        snprintf(filter, sizeof filter, "plant/%ld", i);
        subscribe(clients[i], filter, 1);
    }
    take(&answered, count);
    report_memory(before);
}

int main(int argc, char **argv) {
    read_task(argc, argv);
    sem_init(&answered, 0, 0);
    if (is_task("publish0")) publish_all(0);
    else if (is_task("publish1")) publish_all(1);
    else if (is_task("receive0")) receive_all(0);
    else if (is_task("receive1")) receive_all(1);
    else if (is_task("memory")) measure_memory();
    else demand(0, "unknown task", 0);
    _exit(0); /* its threads need not be ended one by one */
}
