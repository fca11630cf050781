// MQTTTestServer
