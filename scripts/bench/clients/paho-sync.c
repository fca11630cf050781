/* Paho C, the synchronous library: cc -O2 paho-sync.c -lpaho-mqtt3c
 * Without the memory task: connecting takes it 0.2 s, one client after the other. */
#include "task.h"
#include <MQTTClient.h>

static sem_t answered, room;
static long received;

static void on_delivered(void *context, MQTTClient_deliveryToken token) { sem_post(&room); }

static int on_message(void *context, char *topic, int length, MQTTClient_message *message) {
    if (message->payloadlen == size && ++received == count) sem_post(&answered);
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
    return 1;
}

/* Without callbacks the library has no thread, and each call does its own reading and writing. */
static MQTTClient connected(int with_callbacks) {
    char uri[64];
    snprintf(uri, sizeof uri, "tcp://127.0.0.1:%d", port);
    MQTTClient client;
    MQTTClient_createOptions creation = MQTTClient_createOptions_initializer;
    creation.MQTTVersion = MQTTVERSION_5;
    int code = MQTTClient_createWithOptions(&client, uri, "paho-sync", MQTTCLIENT_PERSISTENCE_NONE, NULL, &creation);
    demand(code == MQTTCLIENT_SUCCESS, "create", code);
    if (with_callbacks) MQTTClient_setCallbacks(client, NULL, NULL, on_message, on_delivered);
    MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer5;
    options.cleanstart = 1;
    options.reliable = 0;
    options.maxInflightMessages = 2 * WINDOW;
    MQTTResponse response = MQTTClient_connect5(client, &options, NULL, NULL);
    demand(response.reasonCode == MQTTCLIENT_SUCCESS, "connect", response.reasonCode);
    MQTTResponse_free(response);
    return client;
}

static void subscribe(MQTTClient client, const char *filter, int qos) {
    MQTTResponse response = MQTTClient_subscribe5(client, filter, qos, NULL, NULL);
    demand((int)response.reasonCode == qos, "subscribe", response.reasonCode);
    MQTTResponse_free(response);
}

static MQTTClient_deliveryToken publish(MQTTClient client, char *payload, int qos) {
    MQTTClient_deliveryToken token;
    MQTTResponse response = MQTTClient_publish5(client, TOPIC, size, payload, qos, 0, NULL, &token);
    demand(response.reasonCode == MQTTCLIENT_SUCCESS, "publish", response.reasonCode);
    MQTTResponse_free(response);
    return token;
}

static void publish_all(int qos) {
    char *payload = calloc(1, size + 1);
    MQTTClient client = connected(qos);
    sem_init(&room, 0, WINDOW);
    begin();
    for (long i = 0; i < count; i++) {
        if (qos) take(&room, 1);
        publish(client, payload, qos);
    }
    if (qos) take(&room, WINDOW);
    MQTTClient_deliveryToken last = publish(client, payload, 1);
    if (qos) take(&room, 1);
    else demand(MQTTClient_waitForCompletion(client, last, 60000) == MQTTCLIENT_SUCCESS, "waiting for the last", 0);
    report_rate();
}

static void receive_all(int qos) {
    subscribe(connected(1), TOPIC, qos);
    ready();
    take(&answered, 1);
    report_rate();
}

int main(int argc, char **argv) {
    read_task(argc, argv);
    sem_init(&answered, 0, 0);
    if (is_task("publish0")) publish_all(0);
    else if (is_task("publish1")) publish_all(1);
    else if (is_task("receive0")) receive_all(0);
    else if (is_task("receive1")) receive_all(1);
    else demand(0, "unknown task", 0);
    _exit(0);
}
