// MQTTOutbox
