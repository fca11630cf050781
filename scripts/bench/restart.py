#!/usr/bin/env python3
"""How soon martletd serves again on a store of some size, and in how much memory.

  restart.py --martletd PATH --martlet PATH [--loops 2] [--sessions 100000] [--retained 1000000] [--queued 1000000]

Makes a store with three subscriptions a session, through `martlet doctor --import`, then starts the broker on it several times: until a
client gets its CONNACK. The first start with another number of loops writes part of the store anew; those after it do not.
"""
import argparse, os, socket, subprocess, sys, tempfile, time


def rows(sessions, retained, queued):
    yield '{"kind":"store","format":"Martlet store","version":1}\n'
    yield '{"kind":"placement","shards":1,"hash_seed":"6370366946504899055"}\n'
    number = iter(range(64, 1 << 60, 64))
    time = '"arrived":"2026-01-01T00:00:00.000000000Z","expires":null'
    ids = [next(number) for _ in range(sessions)]
    for i, session in enumerate(ids):
        yield f'{{"kind":"session","number":{session},"client":"device-{i:06d}","disconnected":null,"expiry_seconds":4294967295}}\n'
    for i, session in enumerate(ids):
        for k in range(3):
            yield (f'{{"kind":"subscription","number":{next(number)},"session":{session},"filter":"site/{i % 100}/dev/{i}/cmd{k}",'
                   '"maximum_qos":1,"no_local":false,"retain_as_published":false,"identifier":null}\n')
    for i in range(retained):
        yield (f'{{"kind":"retained","number":{next(number)},"version":{(i + 1) * 64},"publisher":null,'
               f'"topic":"site/{i % 100}/dev/{i}/state","qos":1,"retain":true,{time},"payload":"{"x" * 64}"}}\n')
    for i in range(queued):
        yield (f'{{"kind":"message","number":{next(number)},"topic":"site/{i % 100}/dev/{i % sessions}/cmd0","qos":1,"retain":false,{time},'
               f'"claims":[{{"session":{ids[i % sessions]},"packet":0,"qos":1,"retain":false}}],"payload":"{"y" * 256}"}}\n')


def anonymous_mb(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next((int(line.split()[1]) for line in status if line.startswith("RssAnon")), 0) / 1024


def start(martletd, data, loops, log):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began, peak = time.monotonic(), 0
    broker = subprocess.Popen([martletd, "--port", str(port), "--data", data, "--loops", str(loops)], stdout=log, stderr=log)
    connect = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04look"
    while time.monotonic() - began < 120 and broker.poll() is None:
        peak = max(peak, anonymous_mb(broker))
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=0.2) as client:
                client.sendall(connect)
                client.settimeout(0.02)
                while time.monotonic() - began < 120:
                    try:
                        if client.recv(4):
                            break
                    except TimeoutError:
                        peak = max(peak, anonymous_mb(broker))
                served = time.monotonic() - began
                break
        except OSError:
            time.sleep(0.005)
    else:
        sys.exit("the broker did not serve: " + open(log.name).read())
    time.sleep(1)
    after = anonymous_mb(broker)
    broker.terminate()
    broker.wait(60)
    return served, peak, after


arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
for name, default in [("loops", 2), ("sessions", 100_000), ("retained", 1_000_000), ("queued", 1_000_000), ("rounds", 3)]:
    arguments.add_argument("--" + name, type=int, default=default)
arguments.add_argument("--martletd", required=True)
arguments.add_argument("--martlet", required=True)
asked = arguments.parse_args()
with tempfile.TemporaryDirectory() as directory:
    data = os.path.join(directory, "data")
    doctor = subprocess.Popen([asked.martlet, "doctor", data, "--import", "-"], stdin=subprocess.PIPE, text=True)
    for row in rows(asked.sessions, asked.retained, asked.queued):
        doctor.stdin.write(row)
    doctor.stdin.close()
    if doctor.wait() != 0:
        sys.exit("the store could not be made")
    with open(os.path.join(directory, "log"), "w") as log:
        for round in range(asked.rounds + 1):
            served, peak, after = start(asked.martletd, data, asked.loops, log)
            print(f"{'first start' if round == 0 else 'again':12} serving after {served:.2f} s, anonymous memory {peak:.0f} MB at most, {after:.0f} MB then")
