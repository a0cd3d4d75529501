"""zmeshd under test: a node with its configuration file, asked over HTTP; and raw HTTP clients that are fast."""
import http.client
import json
import os
import random
import select
import socket
import time

from harness import ROOT, Process, run, wait_until

ZMESHD = os.environ.get("ZMESHD", os.path.join(ROOT, "build", "release", "nodes", "zmeshd"))

GATEWAY = """
[node]
name = "gate"
drain_timeout = "5s"
[publisher]
journal = "@PATH@/journal"
control = "ipc://@PATH@/control"
[gateway]
http = "@HTTP@"
[admin]
listen = "@ADMIN@"
"""


def journal_events(place, journal="journal"):
    """What is really in the journal, read by the other program."""
    status, out, error = run("sniff", "--journal", place / journal, "--json", timeout=120)
    assert status == 0, error
    return [json.loads(line) for line in out.splitlines()]


given_ports = set()


def free_port():
    """Never the same one twice, and below those that the system gives to connections: while its node is down nobody
    else gets it."""
    while True:
        port = random.randrange(15_000, 32_000)
        if port in given_ports:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        given_ports.add(port)
        return port


class Node:
    """A zmeshd that can be killed and started again with the same file. Ports are chosen once."""

    def __init__(self, place, name, text, wrapper=()):
        """text: the TOML, in which @HTTP@, @ADMIN@ and @PATH@ are replaced."""
        self.place, self.name, self.wrapper = place, name, list(wrapper)
        self.http, self.admin = free_port(), free_port()
        self.file = place / f"{name}.toml"
        text = text.replace("@HTTP@", f"127.0.0.1:{self.http}").replace("@ADMIN@", f"127.0.0.1:{self.admin}")
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text.replace("@PATH@", place.path))
        self.process = None

    def start(self, ready=True):
        self.process = Process(*self.wrapper, ZMESHD, "--config", self.file, environment={"ZMESH_REGISTRY": self.place / "registry"})
        self.process.wait_error("node.ready")
        if ready:
            wait_until(lambda: self.get("/readyz")[0] == 200, 20, f"{self.name} is ready")
        return self

    def kill(self):
        self.process.kill()

    def get(self, path, port=None):
        """(status, text) of the admin endpoint; (0, "") when nobody answers."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port or self.admin, timeout=30)
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except OSError:
            return 0, ""

    def state(self, what):
        return json.loads(self.get(f"/api/v1/{what}")[1])

    def metric(self, name):
        """The sum of a metric over its labels."""
        lines = self.get("/metrics")[1].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def post(self, path, body, kind="application/json", timeout=30):
        """(status, JSON) of the gateway."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=timeout)
        try:
            connection.request("POST", path, body if isinstance(body, bytes) else body.encode(), {"Content-Type": kind})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()


def group_of(node, name="g"):
    groups = node.state("groups")["publishers"][0].get("groups", [])
    return next((group for group in groups if group["group"] == name), None)


def is_settled(node, name="g"):
    group = group_of(node, name)
    return group is not None and group["lag"] + group["waiting"] + group["in_flight"] == 0


def request_bytes(path, body, kind):
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Connections:
    """Kept connections that send one request after the other, each as soon as the last is answered.

    make(n) gives the n-th request's bytes; on_answer(n, status, body) is told each answer.
    """

    def __init__(self, port, count, make, on_answer):
        self.make, self.on_answer = make, on_answer
        self.sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        self.buffers = {connection: b"" for connection in self.sockets}
        self.numbers = {}
        self.next = 0

    def _send(self, connection):
        connection.sendall(self.make(self.next))
        self.numbers[connection] = self.next
        self.next += 1

    def run(self, total=None, seconds=None):
        """Until so many requests were answered or the time is over; the seconds it took."""
        started = time.monotonic()
        answered = 0
        poller = select.epoll()
        by_fd = {connection.fileno(): connection for connection in self.sockets}
        for connection in self.sockets:
            poller.register(connection.fileno(), select.EPOLLIN)
            self._send(connection)
        waiting = len(self.sockets)
        while waiting:
            for fd, _ in poller.poll(30):
                connection = by_fd[fd]
                data = connection.recv(1 << 20)
                if not data:
                    raise OSError("the server closed a kept connection")
                buffer = self.buffers[connection] + data
                end = buffer.find(b"\r\n\r\n")
                length = int(buffer[:end].lower().split(b"content-length: ")[1].split(b"\r\n")[0]) if end >= 0 else 0
                if end < 0 or len(buffer) < end + 4 + length:
                    self.buffers[connection] = buffer
                    continue
                self.buffers[connection] = b""
                self.on_answer(self.numbers[connection], int(buffer[9:12]), buffer[end + 4:])
                answered += 1
                over = seconds is not None and time.monotonic() - started > seconds
                if over or (total is not None and self.next >= total):
                    waiting -= 1
                    poller.unregister(fd)
                else:
                    self._send(connection)
        return time.monotonic() - started

    def close(self):
        for connection in self.sockets:
            connection.close()
