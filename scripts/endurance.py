#!/usr/bin/env python3
"""Whether what a client has accepted arrives, whatever happens to it and to the broker.

  endurance.py [--broker martletd|mosquitto] [--messages 100000] [--rows 10] [--kills 2] [--restart-every 1] [--seed N]
               [--client PATH] [--martletd PATH] [--limit 900] [--json OUT]

ClientLoad publishes so many messages of QoS 1 and as many of QoS 2 through an outbox on disk, in rows, each with a topic and numbers that
ascend. At random moments it is killed with SIGKILL and started again with the same outbox. Mosquitto is ended meanwhile with SIGTERM, as it
saves its store on exit only, and started again, every second; martletd stays. A subscriber with a kept Session writes down what arrives. It
is this file's own and speaks MQTT 3.1.1: nothing of it is shared with the client or the broker.

Every number that was accepted must arrive: QoS 1 at least once, QoS 2 exactly once, first arrivals of a row in order. The one number of a row
that was under way when the client was killed may arrive or not, and is not published again. Exit status 1: one of this does not hold.

Mosquitto 2.0 has weaknesses of its own when it is restarted with messages under way to a subscriber: it may send PUBLISH with DUP again in an
exchange that it has ended with PUBREL, which is told apart by its Packet Identifier and counted by itself; and it may mix up the order of
what is in flight and what waits, which is why everything is in flight at once (max_inflight_messages 0).
Python standard library only.
"""
import argparse, contextlib, json, os, random, shutil, signal, socket, struct, subprocess, sys, tempfile, threading, time

MOSQUITTO = """
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 0
max_queued_messages 0
max_inflight_messages 0
log_type error
user root
"""
MARTLETD = """
[log]
level = "warning"
[limits]
queued_messages = 10000000
queued_bytes = "1GiB"
[[listener]]
port = {port}
"""
# Seconds of silence after which the subscriber has got all there is.
QUIET = 1.5


class Broker:
    """A broker that is started, and ended and started again when it is to be restarted."""

    def __init__(self, arguments, folder):
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
        path = os.path.join(folder, "broker.conf")
        with open(path, "w") as file:
            file.write((MOSQUITTO if arguments.broker == "mosquitto" else MARTLETD).format(port=self.port, folder=folder))
        if arguments.broker == "mosquitto":
            # Debian keeps it where only root looks.
            self.command = [shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", path]
        else:
            self.command = [arguments.martletd, "--config", path]
        self.log = open(os.path.join(folder, "broker.log"), "wb")
        self.restarts = 0
        self.done = threading.Event()
        self.process = None
        self.start()
        self.every = arguments.restart_every if arguments.broker == "mosquitto" else 0
        self.thread = threading.Thread(target=self.restart, daemon=True)
        self.thread.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def restart(self):
        while self.every and not self.done.wait(self.every):
            self.end()
            self.start()
            self.restarts += 1

    def stay(self):
        """Restarts no more."""
        self.done.set()
        self.thread.join()


class Subscriber(threading.Thread):
    """Takes everything, of QoS 2 each exchange once [MQTT-4.3.3-2]; connects again when the connection is lost."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.arrivals = {}
        self.connections = self.sessions = 0
        self.last = time.monotonic()
        self.subscribed = threading.Event()
        self.done = threading.Event()
        # The last message of each Packet Identifier, and those whose exchange PUBREL has not ended: part of the Session.
        self.exchanges = {}
        self.open = set()
        self.repeated = 0

    def run(self):
        while not self.done.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                    connection.settimeout(0.5)
                    self.talk(connection)
            except (ConnectionError, socket.timeout):
                time.sleep(0.02)

    def talk(self, connection):
        connection.sendall(packet(0x10, text(b"MQTT") + bytes([4, 0, 0, 0]) + text(b"endurance-subscriber")))
        data = b""
        while not self.done.is_set():
            try:
                read = connection.recv(262_144)
            except socket.timeout:
                continue
            if not read:
                return
            data += read
            answers, position = [], 0
            while (frame := next_packet(data, position)) is not None:
                head, start, position = frame
                self.last = time.monotonic()
                self.take(head, data[start:position], answers)
            data = data[position:]
            connection.sendall(b"".join(answers))

    def take(self, head, body, answers):
        kind = head & 0xF0
        if kind == 0x30:
            self.take_message(head, body, answers)
        elif kind == 0x60:  # PUBREL
            self.open.discard(body)
            answers.append(b"\x70\x02" + body)
        elif kind == 0x20:  # CONNACK
            if body[1] != 0:
                raise ConnectionError(f"refused with {body[1]}")
            self.connections += 1
            if not body[0] & 1:
                self.sessions += 1
                self.open.clear()
                answers.append(packet(0x82, b"\x00\x01" + text(b"endurance/#") + b"\x02"))
        elif kind == 0x90:  # SUBACK
            self.subscribed.set()

    def take_message(self, head, body, answers):
        length = body[0] << 8 | body[1]
        identifier = body[2 + length:4 + length]
        if head & 0x06 == 0x04:
            answers.append(b"\x50\x02" + identifier)
            if identifier in self.open:
                return
            self.open.add(identifier)
            if head & 0x08 and self.exchanges.get(identifier) == body:
                self.repeated += 1
                return
            self.exchanges[identifier] = body
        else:
            answers.append(b"\x40\x02" + identifier)
        topic, number = body[2:2 + length].decode(), int(body[4 + length:])
        self.arrivals.setdefault(topic, []).append(number)


def packet(head, body):
    length, size = b"", len(body)
    while True:
        length += bytes([size % 128 | (128 if size > 127 else 0)])
        size //= 128
        if not size:
            return bytes([head]) + length + body


def text(value):
    return struct.pack(">H", len(value)) + value


def next_packet(data, position):
    """First byte, where its body begins, where it ends; None: not all of it is here."""
    length, shift = 0, 0
    for at in range(position + 1, min(position + 5, len(data))):
        length |= (data[at] & 127) << shift
        shift += 7
        if data[at] < 128:
            end = at + 1 + length
            return (data[position], at + 1, end) if end <= len(data) else None
    return None


class Row:
    """What one topic was to carry, and what of it the client has accepted."""

    def __init__(self, qos, number, messages):
        self.topic = f"endurance/{qos}/{number}"
        self.qos, self.messages = qos, messages
        self.accepted = []
        self.next = 1

    def rest(self):
        """Those still to be accepted: as many as are missing."""
        missing = self.messages - len(self.accepted)
        return f"{self.topic} {self.qos} {self.next} {self.next + missing - 1}\n" if missing else ""

    def passed_over(self):
        """The client was killed: it may have accepted the next one without having said so."""
        self.next += 1

    def accept(self, number):
        self.accepted.append(number)
        self.next = number + 1


def publish(arguments, port, folder, rows, choose):
    """Runs the client until everything is accepted and acknowledged; how often it was killed."""
    by_topic = {row.topic: row for row in rows}
    total = 2 * arguments.messages
    accepted = 0
    moments = sorted(choose.randrange(total // 20, total * 19 // 20) for _ in range(arguments.kills))
    kills = 0
    while True:
        client = subprocess.Popen(
            [arguments.client, "outbox", str(port), os.path.join(folder, "outbox")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            client.stdin.write("".join(row.rest() for row in rows))
            client.stdin.close()
            for line in client.stdout:
                topic, number = line.split()
                by_topic[topic].accept(int(number))
                accepted += 1
                if kills < len(moments) and accepted >= moments[kills]:
                    kills += 1
                    # Not at the very moment in which something was accepted.
                    time.sleep(choose.random() / 20)
                    client.kill()
                    rest = [line.split() for line in client.stdout]
                    for topic, number in rest:
                        by_topic[topic].accept(int(number))
                    accepted += len(rest)
                    break
            status = client.wait(arguments.limit)
        finally:
            if client.poll() is None:
                client.kill()
                client.wait()
        if status == 0:
            return kills
        if status != -signal.SIGKILL:
            sys.exit(f"ClientLoad ended with status {status}")
        for row in rows:
            row.passed_over()


def judge(rows, subscriber):
    """Figures for each QoS, and whether they are as promised."""
    result, holds = {}, True
    for qos in (1, 2):
        chosen = [row for row in rows if row.qos == qos]
        lost = duplicates = disorder = unsaid = arrived = 0
        for row in chosen:
            arrivals, accepted = subscriber.arrivals.get(row.topic, []), set(row.accepted)
            first = list(dict.fromkeys(arrivals))
            arrived += len(arrivals)
            lost += len(accepted - set(first))
            unsaid += len(set(first) - accepted)
            duplicates += len(arrivals) - len(first)
            disorder += sum(1 for before, after in zip(first, first[1:]) if after < before)
        result[f"QoS {qos}"] = {
            "accepted": sum(len(row.accepted) for row in chosen), "arrived": arrived, "lost": lost, "duplicates": duplicates,
            "out of order": disorder, "arrived though not said to be accepted": unsaid,
        }
        holds = holds and not lost and not disorder and (qos == 1 or not duplicates)
    return result, holds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", choices=["martletd", "mosquitto"], default="martletd")
    parser.add_argument("--messages", type=int, default=100_000, help="of each QoS")
    parser.add_argument("--rows", type=int, default=10, help="of each QoS")
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--restart-every", type=float, default=1, help="seconds; mosquitto only")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="of the moments of killing")
    parser.add_argument("--client", default="ClientLoad")
    parser.add_argument("--martletd", default="martletd")
    parser.add_argument("--limit", type=int, default=900, help="seconds")
    parser.add_argument("--json", default="")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a stopped run stops what it started
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"not done within {arguments.limit} s; the seed was {arguments.seed}"))
    signal.alarm(arguments.limit)
    rows = [Row(qos, number, arguments.messages // arguments.rows) for number in range(arguments.rows) for qos in (1, 2)]
    with contextlib.ExitStack() as cleaning:
        folder = cleaning.enter_context(tempfile.TemporaryDirectory())
        broker = Broker(arguments, folder)
        cleaning.callback(broker.end)
        cleaning.callback(broker.stay)
        subscriber = Subscriber(broker.port)
        subscriber.start()
        cleaning.callback(subscriber.done.set)
        if not subscriber.subscribed.wait(20):
            sys.exit(f"no subscription at {arguments.broker}")
        began = time.monotonic()
        kills = publish(arguments, broker.port, folder, rows, random.Random(arguments.seed))
        published = time.monotonic() - began
        broker.stay()
        while time.monotonic() - subscriber.last < QUIET:
            time.sleep(0.1)
        result, holds = judge(rows, subscriber)
        result = {
            "broker": arguments.broker, **result, "client killed": kills, "broker restarted": broker.restarts,
            "exchanges the broker began again after PUBREL": subscriber.repeated,
            "subscriber connected": subscriber.connections, "sessions lost": subscriber.sessions - 1,
            "seconds": round(max(published, subscriber.last - began), 1), "seed": arguments.seed, "holds": holds,
        }
        if arguments.kills > kills or not holds:
            with open(broker.log.name, errors="replace") as log:
                sys.stderr.write(log.read()[-2_000:])
    print(json.dumps(result))
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(result, file, indent=1)
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
