// MQTTPayloads
