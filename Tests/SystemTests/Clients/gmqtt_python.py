"""gmqtt against a broker: gmqtt_python.py PORT VERSION. Exit status 0 when all was as it should be."""
import asyncio
import sys

import gmqtt
from gmqtt.mqtt.constants import MQTTv311, MQTTv50

port, version = int(sys.argv[1]), int(sys.argv[2])
patience = 20


async def connected(name):
    client = gmqtt.Client(f"gmqtt-{version}-{name}", clean_session=True)
    client.messages, client.granted = asyncio.Queue(), asyncio.Queue()

    def on_message(_, topic, payload, qos, properties):
        client.messages.put_nowait((topic, payload, qos, properties))
        return 0

    client.on_message = on_message
    client.on_subscribe = lambda _, mid, granted, properties: client.granted.put_nowait(granted)
    await asyncio.wait_for(client.connect("127.0.0.1", port, version=MQTTv50 if version == 5 else MQTTv311), patience)
    return client


async def main():
    receiver, sender = await connected("receiver"), await connected("sender")
    receiver.subscribe(f"gmqtt/{version}/#", qos=2)
    await asyncio.wait_for(receiver.granted.get(), patience)
    for sent in (0, 1, 2):
        extra = {"user_property": ("k", str(sent)), "content_type": "text/plain"} if version == 5 else {}
        sender.publish(f"gmqtt/{version}/{sent}", f"with {sent}", qos=sent, **extra)
        topic, payload, qos, properties = await asyncio.wait_for(receiver.messages.get(), patience)
        assert (topic, payload.decode(), qos) == (f"gmqtt/{version}/{sent}", f"with {sent}", sent), (topic, payload, qos)
        if version == 5:
            assert properties["user_property"] == [("k", str(sent))] and properties["content_type"] == ["text/plain"], properties
    await asyncio.wait_for(sender.disconnect(), patience)
    await asyncio.wait_for(receiver.disconnect(), patience)
    print("as it should be", flush=True)


asyncio.run(main())
