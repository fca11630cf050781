/* Paho C against a broker: paho_c PORT VERSION. Exit status 0 when all was as it should be. */
#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void demand(int holds, const char *what, int code) {
    if (holds) return;
    fprintf(stderr, "%s: %d\n", what, code);
    exit(1);
}

static MQTTClient connected(const char *port, int version, const char *name) {
    char uri[64], id[64];
    snprintf(uri, sizeof uri, "tcp://127.0.0.1:%s", port);
    snprintf(id, sizeof id, "c-%d-%s", version, name);
    MQTTClient client;
    MQTTClient_createOptions creation = MQTTClient_createOptions_initializer;
    creation.MQTTVersion = version;
    int code = MQTTClient_createWithOptions(&client, uri, id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &creation);
    demand(code == MQTTCLIENT_SUCCESS, "create", code);
    MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
    MQTTClient_connectOptions options5 = MQTTClient_connectOptions_initializer5;
    if (version == 5) {
        options5.MQTTVersion = version;
        options5.cleanstart = 1;
        MQTTResponse response = MQTTClient_connect5(client, &options5, NULL, NULL);
        code = response.reasonCode;
        MQTTResponse_free(response);
    } else {
        options.MQTTVersion = version;
        options.cleansession = 1;
        code = MQTTClient_connect(client, &options);
    }
    demand(code == MQTTCLIENT_SUCCESS, "connect", code);
    return client;
}

static void subscribe(MQTTClient client, int version, const char *filter, int qos) {
    int code;
    if (version == 5) {
        MQTTResponse response = MQTTClient_subscribe5(client, filter, qos, NULL, NULL);
        code = response.reasonCode;
        MQTTResponse_free(response);
        demand(code == qos, "subscribe", code);
    } else {
        code = MQTTClient_subscribe(client, filter, qos);
        demand(code == MQTTCLIENT_SUCCESS, "subscribe", code);
    }
}

static void publish(MQTTClient client, int version, const char *topic, const char *payload, int qos) {
    MQTTClient_deliveryToken token;
    int code;
    if (version == 5) {
        MQTTResponse response = MQTTClient_publish5(client, topic, (int)strlen(payload), payload, qos, 0, NULL, &token);
        code = response.reasonCode;
        MQTTResponse_free(response);
    } else {
        code = MQTTClient_publish(client, topic, (int)strlen(payload), payload, qos, 0, &token);
    }
    demand(code == MQTTCLIENT_SUCCESS, "publish", code);
    code = MQTTClient_waitForCompletion(client, token, 20000);
    demand(code == MQTTCLIENT_SUCCESS, "completion", code);
}

int main(int count, char **arguments) {
    demand(count == 3, "arguments", count);
    int version = atoi(arguments[2]);
    MQTTClient receiver = connected(arguments[1], version, "receiver");
    MQTTClient sender = connected(arguments[1], version, "sender");
    subscribe(receiver, version, "c/#", 2);
    for (int qos = 0; qos <= 2; qos++) {
        char topic[32], payload[32];
        snprintf(topic, sizeof topic, "c/%d", qos);
        snprintf(payload, sizeof payload, "with %d", qos);
        publish(sender, version, topic, payload, qos);
        char *name = NULL;
        int length;
        MQTTClient_message *message = NULL;
        int code = MQTTClient_receive(receiver, &name, &length, &message, 20000);
        demand(code == MQTTCLIENT_SUCCESS && message != NULL, "receive", code);
        demand(strcmp(name, topic) == 0, name, 0);
        demand(message->qos == qos, "QoS", message->qos);
        demand((size_t)message->payloadlen == strlen(payload) && memcmp(message->payload, payload, strlen(payload)) == 0, "payload", 0);
        MQTTClient_freeMessage(&message);
        MQTTClient_free(name);
    }
    int code = version == 5 ? MQTTClient_disconnect5(sender, 1000, 0, NULL) : MQTTClient_disconnect(sender, 1000);
    demand(code == MQTTCLIENT_SUCCESS, "disconnect", code);
    MQTTClient_destroy(&sender);
    MQTTClient_destroy(&receiver);
    puts("as it should be");
    return 0;
}
