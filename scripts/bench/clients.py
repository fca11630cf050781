#!/usr/bin/env python3
"""MQTT client libraries beside one another: messages per CPU second of the client's process, and memory per client.

  clients.py [--rounds 3] [--messages 200000] [--size 64] [--clients 5000] [--rows NAME,..] [--libraries NAME,..] [--json OUT] [--markdown OUT]

martletd, ClientLoad and the programs of scripts/bench/clients are looked for on the PATH; task.h there says what they are asked to do.
Every run has a broker of its own, with one event loop, and a row's libraries take turns. What is received is published from here, the same
bytes for all, as fast as the broker takes it; the broker keeps what a client has not read yet, so that every client always finds something.
Paho C is the better of its two libraries, of which the synchronous one is left out of the memory: it connects five clients a second.
Python standard library only.
"""
import argparse, contextlib, json, os, shutil, signal, socket, statistics, struct, subprocess, sys, tempfile, time

LIBRARIES = ["MQTTClient", "Paho C asynchronous", "Paho C synchronous", "mosquitto"]
PROGRAMS = dict(zip(LIBRARIES, ["ClientLoad", "client-paho", "client-paho-sync", "client-mosquitto"]))
# Row, what is asked of MQTTClient, what is asked of the others.
ROWS = [
    ("publish QoS 0", "publish0", "publish0"),
    ("publish QoS 1, 100 in flight", "publish1", "publish1"),
    ("publish QoS 1, 100 tasks, each awaiting", "publish1-tasks", "publish1"),
    ("receive QoS 0", "receive0", "receive0"),
    ("receive QoS 1", "receive1", "receive1"),
    ("memory per client", "memory", "memory"),
]
ASKED_RATIO, ASKED_BYTES = 3.0, 16_384
LIMIT = 180
CONFIGURATION = """
loops = 1
[log]
level = "error"
[limits]
output_bytes = "1GiB"
queued_messages = 10000000
queued_bytes = "1GiB"
[[listener]]
port = {port}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextlib.contextmanager
def process(command, **options):
    """Ended with the block, whatever happens in it."""
    started = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield started
    finally:
        if started.poll() is None:
            started.terminate()
            try:
                started.wait(10)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


@contextlib.contextmanager
def broker():
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "martletd.toml")
        with open(path, "w") as file:
            file.write(CONFIGURATION.format(port=port))
        with process(["martletd", "--config", path], stdout=subprocess.DEVNULL) as running:
            deadline = time.monotonic() + 15
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    if running.poll() is not None or time.monotonic() > deadline:
                        sys.exit("martletd does not start")
                    time.sleep(0.02)
            yield port


def packet(head, body):
    length, size = b"", len(body)
    while True:
        length += bytes([size % 128 | (128 if size > 127 else 0)])
        size //= 128
        if not size:
            return bytes([head]) + length + body


def text(value):
    return struct.pack(">H", len(value)) + value


def feed(port, qos, count, size):
    """Publishes `count` messages in MQTT 3.1.1; of QoS 1 a hundred at a time."""
    chunk = 100 if qos else 1000
    messages = [
        packet(0x30 | qos << 1, text(b"plant/line/temperature") + (struct.pack(">H", i + 1) if qos else b"") + bytes(size))
        for i in range(chunk)
    ]
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.settimeout(LIMIT)
        connection.sendall(packet(0x10, text(b"MQTT") + bytes([4, 2]) + struct.pack(">H", 0) + text(b"feed")))
        connection.recv(4, socket.MSG_WAITALL)
        while count:
            now = min(chunk, count)
            connection.sendall(b"".join(messages[:now]))
            if qos:
                connection.recv(4 * now, socket.MSG_WAITALL)
            count -= now
        connection.sendall(packet(0xC0, b""))  # PINGREQ: everything before it has been taken when it is answered
        connection.recv(2, socket.MSG_WAITALL)


def run(arguments, library, task):
    """One run of one library: the figures of its last line."""
    count = arguments.clients if task == "memory" else arguments.messages
    with broker() as port:
        command = [PROGRAMS[library], task, str(port), str(count), str(arguments.size)]
        with process(command, stdout=subprocess.PIPE, text=True) as client:
            signal.alarm(LIMIT)
            if task.startswith("receive"):
                if client.stdout.readline() != "ready\n":
                    sys.exit(f"{library}, {task}: not ready")
                feed(port, int(task[7]), count, arguments.size)
            output = client.stdout.read()
            signal.alarm(0)
            if client.wait() != 0 or not output:
                sys.exit(f"{library}, {task}: exit status {client.returncode}")
            return json.loads(output.splitlines()[-1])


def figure(result):
    if "clients" in result:
        return result["bytes"] / result["clients"]
    return result["messages"] / result["cpu"]


def thousands(value):
    return f"{value:,.0f}"


def table(results):
    """The Markdown table, and the ratios to Paho C with what was asked."""
    lines = [
        "| | MQTTClient | Paho C | × Paho C | asked | mosquitto | × mosquitto |",
        "|---|---|---|---|---|---|---|",
    ]
    summary = {}
    for row, _, _ in ROWS:
        if row not in results:
            continue
        medians = {library: statistics.median(map(figure, runs)) for library, runs in results[row].items()}
        better = min if row == "memory per client" else max
        ours, mosquitto = medians["MQTTClient"], medians["mosquitto"]
        paho = better(median for library, median in medians.items() if library.startswith("Paho C"))
        holds = ours <= ASKED_BYTES if better is min else ours / paho >= ASKED_RATIO
        asked = f"{thousands(ASKED_BYTES)} bytes" if better is min else f"{ASKED_RATIO:g} ×"
        ratio = f"{ours / paho:.2g}"
        lines.append(
            f"| {row} | {thousands(ours)} | {thousands(paho)} | {ratio if holds else f'**{ratio}**'} | {asked} | "
            f"{thousands(mosquitto)} | {ours / mosquitto:.2g} |")
        walls = {library: statistics.median(r["messages"] / r["seconds"] for r in runs) for library, runs in results[row].items()
                 if better is max}
        summary[row] = {"medians": medians, "per second of time": walls, "ratio": ours / paho, "holds": holds}
    return "\n".join(lines), summary


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--size", type=int, default=64, help="bytes of a payload")
    parser.add_argument("--clients", type=int, default=5_000)
    parser.add_argument("--rows", default="", help="; ".join(row for row, _, _ in ROWS) + "; the first letters do")
    parser.add_argument("--libraries", default=",".join(LIBRARIES))
    parser.add_argument("--json", default="")
    parser.add_argument("--markdown", default="")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a stopped run stops what it started
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"a run took more than {LIMIT} s"))
    wanted = arguments.rows.split(",")
    rows = [row for row in ROWS if any(row[0].startswith(start) for start in wanted)]
    if not rows:
        sys.exit(f"no row begins with {arguments.rows}")
    missing = [program for program in ["martletd", *PROGRAMS.values()] if not shutil.which(program)]
    if missing:
        sys.exit(f"not on the PATH: {', '.join(missing)}; make bench-clients builds them")
    results = {}
    for row, ours, theirs in rows:
        for number in range(arguments.rounds):
            for library in arguments.libraries.split(","):
                if (row, library) == ("memory per client", "Paho C synchronous"):
                    continue
                result = run(arguments, library, ours if library == LIBRARIES[0] else theirs)
                results.setdefault(row, {}).setdefault(library, []).append(result)
                wall = f", {thousands(result['messages'] / result['seconds'])} a second" if "seconds" in result else ""
                print(f"{row}, {library}, round {number + 1}: {thousands(figure(result))}{wall}", file=sys.stderr)
    lines, summary = table(results)
    print(lines)
    if arguments.markdown:
        with open(arguments.markdown, "w") as file:
            file.write(lines + "\n")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"runs": results, "summary": summary}, file, indent=1)


if __name__ == "__main__":
    main()
