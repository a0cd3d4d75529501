#!/usr/bin/python3
"""An independent client of the zmesh protocol, written from mesh/wire/PROTOCOL.md alone.

    zmesh_client.py listen EVENTS_ENDPOINT [PREFIX...] [--count N]
    zmesh_client.py join CONTROL_ENDPOINT [PREFIX...] --group G [--member M] [--attempts-max N] [--no-live]

`listen` prints a JSON object per live message, `join` one per event. `join` acknowledges each, unless its payload is a
map that says otherwise: {"retry": N} fails the first N attempts, {"park": TEXT} parks it. With --idle SECONDS it leaves
when nothing came for that long; --lose N drops every Nth live message, as a network might.
"""
import argparse
import io
import json
import os
import re
import signal
import sys
import time

import msgpack
import zmq

HELLO, FETCH, ACK, DETACH, WELCOME, GRANT, EVENTS, DELIVER, ACKED, DETACHED, REFUSED = 1, 2, 3, 4, *range(33, 40)
HANDLED, RETRY, PARK, HANDLER_REJECTED, HEARTBEAT = 1, 2, 3, 1, 2  # kinds of verdicts, a reason, a kind of live message
SECOND = 10**9  # durations are in nanoseconds


def connect(kind, endpoint, *prefixes):
    socket = zmq.Context.instance().socket(kind)
    socket.linger = 0
    socket.connect(endpoint)
    for prefix in prefixes:
        socket.subscribe(prefix)
    return socket


def records(batches):
    return [record for batch in batches for record in list(msgpack.Unpacker(io.BytesIO(batch)))[1:]]


def stretches(ledgers):  # (slots, first, last) of all that they hold
    for slots, at, ranges in ledgers:
        yield slots, 0, at
        for skip, extent in zip(ranges[::2], ranges[1::2]):
            yield slots, at + 1 + skip, at + 1 + skip + extent
            at += 1 + skip + extent


class Member:
    """Asks one thing at a time, while live messages wait in their socket; attaches again where no answer comes.

    It subscribes what all its prefixes begin with: one chain tells of every loss. It handles an event as it takes it:
    all up to the position is settled but failures without an answer. An attempt is (seq, number, redrives).
    """

    def __init__(self, options):
        self.options, self.instance, self.prefixes = options, os.urandom(16), tuple(options.prefixes or [""])
        self.subscribed = os.path.commonprefix(self.prefixes).encode()
        self.sub = self.origin = None
        self.leaving, self.epoch, self.last_id, self.live_count = False, 0, 0, 0

    def ask(self, kind, *request):
        """The answer: its session, fields and batches."""
        self.last_id += 1
        self.dealer.send(msgpack.packb([1, kind, self.last_id, self.session, *request]))
        while self.dealer.poll(3000):
            header, *batches = self.dealer.recv_multipart()
            version, kind, number, session, *fields = msgpack.unpackb(header)
            if kind == REFUSED and fields[0] in (1, 2, 20):
                sys.exit(f"refused: {fields[1]}")  # repeating is of no use
            elif kind == REFUSED and fields[0] in (22, 26) or kind == ACKED and fields[0]:
                raise ConnectionResetError  # the session or its epoch is over
            elif kind == REFUSED:
                print(f"refused: {fields[1]}", file=sys.stderr)
            elif version == 1 and number == self.last_id:
                return session, fields, batches
            elif kind == GRANT and session == self.session and fields[0] > self.epoch:
                self.epoch, self.slots = fields[:2]
                self.begin(*fields[2:5])
            elif kind == DELIVER and [session, fields[0]] == [self.session, self.epoch] and not self.leaving:
                for attempt, event in zip(map(tuple, fields[1]), records(batches)):
                    if attempt not in self.redelivered:
                        self.redelivered.add(attempt)
                        self.handle(event, attempt, "redelivered")
        raise TimeoutError

    def attach(self):
        zmq.Context.instance().destroy(linger=0)  # nothing of an earlier session comes on new sockets
        self.dealer, self.session = connect(zmq.DEALER, self.options.endpoint), 0
        policy = [[SECOND // 20], 0, self.options.attempts_max, 30 * SECOND]
        resume = [self.epoch, *self.in_hand()[::2]] if self.epoch else None
        self.session, fields, _ = self.ask(HELLO, self.options.group, self.options.member, self.instance,
                                           self.options.prefixes, [1, 0, 0], policy, resume)
        origin, _, self.incarnation, events, _, lease, self.epoch, self.slots, resumed = fields[:9]
        if self.origin not in (None, origin):
            print("another journal than before: starting over", file=sys.stderr)
        if not resumed:
            self.begin(*fields[9:12])
        if self.options.live:
            host = self.options.endpoint.rpartition(":")[0]
            self.sub = connect(zmq.SUB, re.sub(r"^tcp://(0\.0\.0\.0|\*|\[::\])", host, events), self.subscribed)
        self.origin, self.lease, self.dirty, self.caught_up, self.parts = origin, lease / SECOND, True, False, {}
        self.ack_at = self.event_at = self.heard_live = time.monotonic()

    def begin(self, position, ledgers, redelivered_through):
        self.position, self.redelivered_through = position, redelivered_through
        self.settled_before, self.verdicts, self.redelivered = list(stretches(ledgers)), {}, set()

    def in_hand(self):
        """The ledger; the verdicts that were not answered yet; the redelivered attempts among them."""
        failed = sorted({attempt[0] for attempt in self.verdicts if attempt not in self.redelivered})
        floor = at = failed[0] - 1 if failed else self.position
        ranges = []
        for seq, following in zip(failed, failed[1:] + [self.position + 1]):
            if seq + 1 < following:
                ranges += [seq - at, following - seq - 2]
                at = following - 1
        ledger = [self.slots, floor, ranges[:2048]] if self.slots else [0, 0, []]
        some = list(self.verdicts.items())[:1024]
        return ledger, [verdict for _, verdict in some], [attempt for attempt, _ in some if attempt in self.redelivered]

    def report(self, kind):
        self.dirty, self.ack_at = False, time.monotonic()
        ledger, verdicts, held = self.in_hand()
        self.ask(kind, self.epoch, ledger, verdicts, held if kind == ACK else True)
        for verdict in verdicts:
            del self.verdicts[tuple(verdict[1:4])]
            self.dirty = True

    def on_live(self, prefix, header, *batch):
        """Takes its events if they continue what was received; else it is no longer caught up, and fetches."""
        version, kind, origin, incarnation, _, last, head, chains, companions = msgpack.unpackb(header)[:9]
        self.live_count, self.heard_live = self.live_count + 1, time.monotonic()
        lost = self.options.lose and self.live_count % self.options.lose == 0
        if lost or not self.caught_up or [version, origin, incarnation] != [1, self.origin, self.incarnation]:
            return
        previous = dict(chains).get(len(self.subscribed), head)  # none: it was not subscribed yet
        if previous > self.position or kind != HEARTBEAT and companions is None and last > self.position:
            self.caught_up, self.parts = False, {}
        elif kind == HEARTBEAT:
            self.take([], head, "live")
        elif last > self.position:
            self.parts[prefix] = records(batch)
            if all(name.encode() in self.parts or not name.encode().startswith(self.subscribed) for name in companions):
                self.take(sum(self.parts.values(), []), last, "live")

    def take(self, events, through, how):
        for event in sorted(events):  # by seq
            seq, _, topic, _, slot, *_ = event
            mine = seq > self.position and topic.startswith(self.prefixes)
            if mine and not any(slots >> slot & 1 and low <= seq <= high for slots, low, high in self.settled_before):
                self.handle(event, (seq, 1, 0), how)
        self.position, self.parts, self.dirty = max(self.position, through), {}, True

    def handle(self, event, attempt, how):
        seq, when, topic, key, _, headers, payload = event
        value = msgpack.unpackb(payload, strict_map_key=False) if payload else None
        print(json.dumps({"seq": seq, "time": when, "topic": topic, "key": key, "headers": headers, "payload": value,
                          "how": how, "attempt": attempt[1],
                          "redelivered": attempt[1] > 1 or seq <= self.redelivered_through}), flush=True)
        wish = value if isinstance(value, dict) else {}
        kind = PARK if "park" in wish else RETRY if attempt[1] <= wish.get("retry", 0) else HANDLED
        if kind != HANDLED or how == "redelivered":  # else the ledger says it
            self.verdicts[attempt] = [kind, *attempt, HANDLER_REJECTED, wish.get("park", ""), None, 0]
        self.event_at, self.dirty = time.monotonic(), True

    def step(self):
        now = time.monotonic()
        if now > self.ack_at + (0.02 if self.dirty else self.lease / 3):
            self.report(ACK)
        elif self.slots and not (self.caught_up and self.sub):
            _, fields, batches = self.ask(FETCH, self.epoch, self.position, 1 << 20, self.caught_up)
            _, _, through, head, self.redelivered_through, expired = fields[:6]
            if expired:
                print(f"retention dropped seqs {expired[0]} to {expired[1]}", file=sys.stderr)
            self.take(records(batches), through, "fetch")
            self.caught_up = through >= head
        else:
            ready = zmq.select([socket for socket in (self.dealer, self.sub) if socket], [], [], 0.02)[0]
            self.dirty = self.dirty or self.dealer in ready  # what came unasked is taken before the next answer
            if self.sub in ready:
                self.on_live(*self.sub.recv_multipart())
            elif self.sub and now > self.heard_live + 4:
                raise ConnectionResetError
        if self.options.idle and self.caught_up and not self.verdicts and now > self.event_at + self.options.idle:
            self.leaving = True

    def run(self):
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "leaving", True))
        while True:
            try:
                self.attach()
                while not self.leaving:
                    self.step()
                return self.report(DETACH)
            except (ConnectionResetError, TimeoutError) as over:
                if self.leaving and isinstance(over, TimeoutError):
                    return "left without an answer"


def listen(options):
    sub, count = connect(zmq.SUB, options.endpoint, *options.prefixes or [""]), 0
    while not options.count or count < options.count:
        prefix, header, *batch = sub.recv_multipart()
        seqs, head = [event[0] for event in records(batch)], msgpack.unpackb(header)[6]
        print(json.dumps({"prefix": prefix.decode(), "head": head, "seqs": seqs}), flush=True)
        count += len(seqs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("what", choices=["listen", "join"])
    parser.add_argument("endpoint")
    parser.add_argument("prefixes", nargs="*")
    for option, value in {"group": "python", "member": f"py-{os.getpid()}", "attempts-max": 5, "idle": 0.0, "lose": 0,
                          "count": 0}.items():
        parser.add_argument("--" + option, type=type(value), default=value)
    parser.add_argument("--no-live", dest="live", action="store_false")
    chosen = parser.parse_intermixed_args()
    sys.exit(listen(chosen) if chosen.what == "listen" else Member(chosen).run())
