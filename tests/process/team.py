"""A publisher and the members of its group, as processes, and the judging of what the members wrote down.

Handlers write down when they ran (group_worker.cpp); all judging is done on these logs.
"""
import json
import os
import subprocess

from harness import ROOT, Process, group_status, wait_until, zmesh

WORKER = os.environ.get("GROUP_WORKER", os.path.join(ROOT, "build", "release", "tests", "process", "group_worker"))
GROUP = "team"


class Publisher:
    """Publishes events of so many keys, in turn, and knows what was confirmed."""

    def __init__(self, place, keys):
        self.keys, self.fed, self.confirmed = keys, 0, []
        self.control = place.endpoint("control")
        self.process = zmesh("pub", "--journal", place / "journal", "--control", self.control, "--name", "load",
                             "--durability", "os", "--group", GROUP, "--confirm", "--stay", stdin=subprocess.PIPE,
                             keep=False, on_line=lambda line: self.confirmed.append(json.loads(line)["seq"]))

    def feed(self, count, payload=None):
        lines = [json.dumps({"topic": "load.event", "key": f"k{(self.fed + n) % self.keys}",
                             "payload": payload or {"n": self.fed + n}}) for n in range(count)]
        self.fed += count
        self.process.popen.stdin.write(("\n".join(lines) + "\n").encode())
        self.process.popen.stdin.flush()

    def status(self):
        return group_status(self.control, GROUP)

    def settled(self, timeout=120):
        wait_until(lambda: len(self.confirmed) == self.fed, timeout, "all events are confirmed")
        wait_until(lambda: (lambda s: s and s["lag"] == 0 and s["waiting"] == 0)(self.status()), timeout,
                   "everything is settled")

    def shares(self):
        status = self.status()
        return sorted(member["slots"] for member in status["members"]) if status else []

    def even(self, members, timeout=30):
        wait_until(lambda: len(self.shares()) == members and sum(self.shares()) == 64
                   and self.shares()[-1] - self.shares()[0] <= 1, timeout, f"{members} members have even shares")


class Team:
    """Members by name; each process of one has a log of its own."""

    def __init__(self, place, publisher, *options):
        self.place, self.publisher, self.options = place, publisher, [str(option) for option in options]
        self.members, self.logs, self.started = {}, [], 0

    def start(self, name):
        self.started += 1
        log = self.place / f"log-{self.started}-{name}"
        self.logs.append(log)
        self.members[name] = Process(WORKER, self.publisher.control, GROUP, name, log, *self.options, keep=False)

    def leave(self, name):
        return self.members.pop(name).end()

    def kill(self, name):
        self.members.pop(name).kill()

    def handlings(self):
        """Of all processes: (begin, end or None, seq, key, attempt, marked, log), by begin."""
        found = []
        for log in self.logs:
            if not os.path.exists(log):
                continue
            open_ones = {}
            with open(log, encoding="ascii") as file:
                for line in file:
                    kind, seq, *rest = line.split()
                    if kind == "b":
                        key, attempt, marked, at = rest
                        open_ones[seq] = [int(at), None, int(seq), key, int(attempt), marked == "1", log]
                        found.append(open_ones[seq])
                    else:
                        open_ones.pop(seq)[1] = int(rest[0])
        return sorted(found)


def judge(checks, publisher, handlings, zombies=()):
    """zombies: (log, from): a process that was stopped beyond its lease; what it does afterwards is its own."""
    fenced = {log: since for log, since in zombies}
    first, unmarked, misordered, together, newest, busy = {}, [], [], [], {}, {}
    for begin, end, seq, key, _, marked, log in handlings:
        if log in fenced and end is not None and end > fenced[log]:
            first.setdefault(seq, begin)
            continue
        if seq in first:
            if not marked:
                unmarked.append(seq)
        else:
            first[seq] = begin
            if newest.get(key, 0) > seq:
                misordered.append(seq)
            newest[key] = max(newest.get(key, 0), seq)
        if key in busy and busy[key] > begin:
            together.append(seq)
        busy[key] = end or begin  # one without an end died with its process
    confirmed = set(publisher.confirmed)
    checks.equal("every event was handled", len(confirmed - set(first)), 0)
    checks.equal("nothing was invented", len(set(first) - confirmed), 0)
    checks.equal("events of a key came in order at first", misordered[:5], [])
    checks.equal("no two events of a key were handled at once", together[:5], [])
    checks.equal("every duplicate is marked", unmarked[:5], [])
    return len(handlings) - len(first)
