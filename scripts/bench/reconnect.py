#!/usr/bin/env python3
"""How long clients wait for CONNACK when all of them come back at once to sessions that are kept.

  reconnect.py --martletd PATH [--clients 10000] [--rounds 3]

Milliseconds from sending CONNECT to its CONNACK, which waits until the disk knows of the client: nothing can have waited longer for it.
"""
import argparse, resource, select, socket, subprocess, tempfile, time

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--martletd", required=True)
arguments.add_argument("--clients", type=int, default=10_000)
arguments.add_argument("--rounds", type=int, default=3)
asked = arguments.parse_args()
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def connect_packet(i):
    client = b"device-%06d" % i
    body = b"\x00\x04MQTT\x05\x00\x00\x3c\x05\x11\x00\x00\x0e\x10" + len(client).to_bytes(2, "big") + client
    return bytes([0x10, len(body)]) + body


def round(port):
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(asked.clients)]
    poller, by_descriptor = select.epoll(), {}
    for i, client in enumerate(sockets):
        client.setblocking(False)
        poller.register(client.fileno(), select.EPOLLIN)
        by_descriptor[client.fileno()] = i
    packets = [connect_packet(i) for i in range(asked.clients)]
    sent, waited, present = [0.0] * asked.clients, [None] * asked.clients, 0
    answered = 0

    def take(seconds):
        nonlocal answered, present
        for descriptor, _ in poller.poll(seconds):
            i = by_descriptor[descriptor]
            connack = sockets[i].recv(256)
            if waited[i] is None:
                waited[i] = time.monotonic() - sent[i]
                answered += 1
                present += connack[2]

    for i in range(asked.clients):
        sockets[i].send(packets[i])
        sent[i] = time.monotonic()
        if i % 50 == 0:
            take(0)
    while answered < asked.clients:
        take(1)
    waited.sort()
    p50, p99 = waited[asked.clients // 2], waited[asked.clients * 99 // 100]
    print(f"{present} sessions present; CONNACK after {p50 * 1e3:.1f} ms (p50), {p99 * 1e3:.1f} (p99), {waited[-1] * 1e3:.1f} at most")
    for client in sockets:
        client.close()
    time.sleep(1)


with tempfile.TemporaryDirectory() as data:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    broker = subprocess.Popen([asked.martletd, "--port", str(port), "--data", data], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.02)
    for _ in range(asked.rounds):
        round(port)
    broker.terminate()
    broker.wait(30)
