"""aiomqtt against a broker: aiomqtt_python.py PORT VERSION. Exit status 0 when all was as it should be."""
import asyncio
import sys

import aiomqtt

port, version = int(sys.argv[1]), int(sys.argv[2])
protocol = {3: aiomqtt.ProtocolVersion.V31, 4: aiomqtt.ProtocolVersion.V311, 5: aiomqtt.ProtocolVersion.V5}[version]


def client(name):
    return aiomqtt.Client("127.0.0.1", port, identifier=f"aiomqtt-{version}-{name}", protocol=protocol, timeout=20)


async def main():
    async with client("receiver") as receiver, client("sender") as sender:
        await receiver.subscribe(f"aiomqtt/{version}/#", qos=2)
        messages = aiter(receiver.messages)
        for sent in (0, 1, 2):
            await sender.publish(f"aiomqtt/{version}/{sent}", f"with {sent}", qos=sent)
            message = await asyncio.wait_for(anext(messages), 20)
            found = (str(message.topic), message.payload.decode(), message.qos)
            assert found == (f"aiomqtt/{version}/{sent}", f"with {sent}", sent), found
        await receiver.unsubscribe(f"aiomqtt/{version}/#")
    print("as it should be", flush=True)


asyncio.run(main())
