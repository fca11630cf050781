"""paho-mqtt against a broker: paho_python.py PORT VERSION SCENARIO. Exit status 0 when all was as it should be."""
import queue
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

port, version, scenario = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
patience = 20


class Client:
    """A connected client; what comes lies in queues."""

    def __init__(self, name, clean=True, properties=None, will=None):
        options = {} if version == 5 else {"clean_session": clean}
        self.mqtt = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=f"{scenario}-{version}-{name}", protocol=version, reconnect_on_failure=False, **options)
        self.messages, self.connected, self.disconnected = queue.Queue(), queue.Queue(), queue.Queue()
        self.subscribed, self.published = queue.Queue(), queue.Queue()
        self.mqtt.on_message = lambda _, __, message: self.messages.put(message)
        self.mqtt.on_connect = lambda _, __, flags, reason, ___: self.connected.put((flags, reason))
        self.mqtt.on_disconnect = lambda _, __, ___, reason, ____: self.disconnected.put(reason)
        self.mqtt.on_subscribe = lambda _, __, ___, codes, ____: self.subscribed.put(codes)
        self.mqtt.on_publish = lambda _, __, mid, reason, ___: self.published.put(mid)
        if will:
            self.mqtt.will_set(*will)
        arguments = {"clean_start": clean, "properties": properties} if version == 5 else {}
        self.mqtt.connect("127.0.0.1", port, keepalive=60, **arguments)
        self.mqtt.loop_start()
        self.flags, reason = self.connected.get(timeout=patience)
        assert reason == 0, reason

    def subscribe(self, filter, qos, **arguments):
        self.mqtt.subscribe(filter, qos, **arguments)
        codes = self.subscribed.get(timeout=patience)
        assert all(code.value < 3 for code in codes), codes

    def publish(self, topic, payload, qos, retain=False, properties=None):
        self.mqtt.publish(topic, payload, qos, retain, properties)
        self.published.get(timeout=patience)

    def message(self):
        return self.messages.get(timeout=patience)

    def end(self):
        self.mqtt.disconnect()
        self.disconnected.get(timeout=patience)
        self.mqtt.loop_stop()


def properties(packet, **values):
    result = Properties(packet)
    for name, value in values.items():
        setattr(result, name, value)
    return result


def lasting(name):
    return Client(name, clean=False, properties=properties(PacketTypes.CONNECT, SessionExpiryInterval=100) if version == 5 else None)


def qos():
    for granted in (0, 1, 2):
        receiver, sender = Client("receiver"), Client("sender")
        receiver.subscribe(f"paho/{version}/#", granted)
        for sent in (0, 1, 2):
            sender.publish(f"paho/{version}/{sent}", f"with {sent}", sent)
            message = receiver.message()
            assert (message.topic, message.payload.decode(), message.qos) == (f"paho/{version}/{sent}", f"with {sent}", min(sent, granted))
            assert not message.retain and not message.dup
        receiver.end()
        sender.end()


def retained():
    sender = Client("sender")
    sender.publish("kept/a", b"first", 1, retain=True)
    sender.publish("kept/a", b"second", 2, retain=True)
    receiver = Client("receiver")
    receiver.subscribe("kept/#", 2)
    message = receiver.message()
    assert (message.payload, message.retain, message.qos) == (b"second", True, 2), message
    sender.publish("kept/a", b"", 1, retain=True)
    message = receiver.message()
    assert (message.payload, message.retain) == (b"", False), message
    late = Client("late")
    late.subscribe("kept/#", 2)
    late.publish("kept/b", b"nothing before this", 1)
    assert late.message().payload == b"nothing before this"


def resume():
    first = lasting("lasting")
    assert not first.flags.session_present
    first.subscribe("while/away", 2)
    first.end()
    sender = Client("sender")
    for i in range(20):
        sender.publish("while/away", f"{i}", 1 + i % 2)
    again = lasting("lasting")
    assert version == 3 or again.flags.session_present
    received = [again.message() for _ in range(20)]
    # A message with QoS 2 is handed over at its PUBREL: order holds within a QoS.
    for level in (1, 2):
        assert [int(message.payload) for message in received if message.qos == level] == list(range(level - 1, 20, 2))


def takeover():
    first = Client("same")
    second = Client("same")
    reason = first.disconnected.get(timeout=patience)
    assert version < 5 or reason.value == 0x8E, reason
    second.subscribe("x", 1)
    second.publish("x", b"here", 1)
    assert second.message().payload == b"here"


def round_trip():
    receiver = Client("receiver")
    receiver.subscribe("properties/#", 1, options=None, properties=properties(PacketTypes.SUBSCRIBE, SubscriptionIdentifier=77))
    sent = properties(
        PacketTypes.PUBLISH, PayloadFormatIndicator=1, MessageExpiryInterval=100, ContentType="text/plain", ResponseTopic="answers/here",
        CorrelationData=b"\x00\x01\xff", UserProperty=[("b", "1"), ("a", "2"), ("b", "3"), ("", "")])
    sender = Client("sender")
    sender.publish("properties/x", "hello", 1, properties=sent)
    came = receiver.message().properties
    assert came.PayloadFormatIndicator == 1 and came.ContentType == "text/plain" and came.ResponseTopic == "answers/here"
    assert came.CorrelationData == b"\x00\x01\xff" and 0 < came.MessageExpiryInterval <= 100
    assert came.UserProperty == [("b", "1"), ("a", "2"), ("b", "3"), ("", "")], came.UserProperty
    assert came.SubscriptionIdentifier == [77], came.SubscriptionIdentifier


def aliases():
    receiver = Client("receiver", properties=properties(PacketTypes.CONNECT, TopicAliasMaximum=10))
    receiver.subscribe("alias/#", 1)
    sender = Client("sender")
    sender.publish("alias/x", "one", 1, properties=properties(PacketTypes.PUBLISH, TopicAlias=3))
    sender.publish("", "two", 1, properties=properties(PacketTypes.PUBLISH, TopicAlias=3))
    one, two = receiver.message(), receiver.message()
    assert (one.topic, one.payload) == ("alias/x", b"one") and (two.topic, two.payload) == ("", b"two"), (one.topic, two.topic)
    assert one.properties.TopicAlias == two.properties.TopicAlias <= 10


def large():
    receiver, sender = Client("receiver"), Client("sender")
    topic = "long/" + "x" * 65530
    receiver.subscribe(topic, 2)
    receiver.subscribe("large", 2)
    sender.publish(topic, b"far away", 2)
    message = receiver.message()
    assert message.topic == topic and message.payload == b"far away"
    payload = bytes(range(256)) * 40960
    for level in (0, 1, 2):
        sender.publish("large", payload, level)
        message = receiver.message()
        assert message.payload == payload and message.qos == level


def will():
    """Waits to be killed."""
    Client("mortal", will=("obituaries/paho", "killed", 1, False))
    print("ready", flush=True)
    threading.Event().wait()


{f.__name__: f for f in (qos, retained, resume, takeover, round_trip, aliases, large, will)}[scenario]()
print("as it should be", flush=True)
