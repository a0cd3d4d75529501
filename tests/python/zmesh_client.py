#!/usr/bin/python3
"""An independent client of the zmesh protocol, written from mesh/wire/PROTOCOL.md alone.

    zmesh_client.py listen EVENTS_ENDPOINT [PREFIX...] [--count N]
    zmesh_client.py join CONTROL_ENDPOINT --group G [--member M] [PREFIX...] [--no-live] [--lose N]
                    [--idle SECONDS] [--attempts-max N]

Prints a JSON object per event on stdout. `join` acknowledges each event, unless its payload is a map that says
otherwise: {"retry": N} fails the first N attempts, {"park": TEXT} parks it. With --idle it detaches and ends after
that many seconds without an event. --lose N drops every Nth live message, as a network might.
"""
import argparse
import json
import os
import re
import signal
import sys
import time

import msgpack
import zmq

from zmesh_live import Listener, Live, records, socket

HELLO, FETCH, ACK, DETACH, WELCOME, GRANT, EVENTS, DELIVER, ACKED, DETACHED, REFUSED = 1, 2, 3, 4, *range(33, 40)
SUCCEEDED, RETRY, PARK = 1, 2, 3
HANDLER_REJECTED, UNKNOWN_SESSION, STALE = 1, 22, 26
SECOND = 10**9  # durations are in nanoseconds


class Settled:
    """A floor and ranges above it."""

    def __init__(self, floor, above=()):
        self.floor, self.above = floor, sorted(above)

    def add(self, first, last):
        if first > last:
            return
        merged = []
        for low, high in sorted(self.above + [(first, last)]):
            if low <= self.floor + 1:
                self.floor = max(self.floor, high)
            elif merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], high))
            else:
                merged.append((low, high))
        self.above = merged

    def __contains__(self, seq):
        return seq <= self.floor or any(low <= seq <= high for low, high in self.above)

    def ledger(self, slots):
        ranges, at = [], self.floor
        for low, high in self.above:
            ranges += [low - at - 1, high - low]
            at = high
        return [slots, self.floor, ranges]


def ranges_of(ledger):
    at, out = ledger[1], []
    for skip, extent in zip(ledger[2][::2], ledger[2][1::2]):
        first = at + 1 + skip
        at = first + extent
        out.append((first, at))
    return out


class Member:
    def __init__(self, options):
        self.options = options
        self.listener = Listener(options.prefixes)
        self.instance = os.urandom(16)
        self.dealer = self.sub = None
        self.events_endpoint = self.origin = self.resume = None
        self.session = self.epoch = self.slots = self.last_id = self.incarnation = 0
        self.hello_id = self.fetch_id = self.fetch_after = self.detach_id = 0
        self.lease = 5 * SECOND
        self.settled, self.given = Settled(0), []
        self.verdicts, self.held, self.done = [], set(), set()
        self.caught_up = self.leaving = self.left = self.dirty = False
        self.redelivered_through = self.live_count = self.hellos = 0
        self.heard = self.heard_live = self.event_at = self.ack_at = self.hello_at = self.fetch_at = time.monotonic()

    # ---- sending ----

    def send(self, kind, *fields):
        self.last_id += 1
        try:
            self.dealer.send(msgpack.packb([1, kind, self.last_id, self.session, *fields]), zmq.DONTWAIT)
        except zmq.Again:
            pass  # as good as lost; it is repeated
        return self.last_id

    def connect_control(self):
        if self.dealer:
            self.dealer.close()
        self.dealer = socket(zmq.DEALER, self.options.endpoint, IMMEDIATE=1)
        self.dealer.poll(1000, zmq.POLLOUT)  # with IMMEDIATE nothing can be sent before it is connected
        self.heard = time.monotonic()

    def connect_events(self):
        if self.sub:
            self.sub.close()
        self.sub = socket(zmq.SUB, self.events_endpoint, SNDHWM=0, RCVHWM=10000)
        for prefix in self.listener.prefixes:
            self.sub.setsockopt(zmq.SUBSCRIBE, prefix)
        self.heard_live = time.monotonic()

    def hello(self):
        self.session, self.fetch_id, self.caught_up = 0, 0, False
        policy = [[SECOND // 20], 0, self.options.attempts_max, 30 * SECOND]
        held = [list(name) for name in self.held]
        resume = [self.epoch, self.settled.ledger(self.slots), held] if self.epoch else None
        self.hello_at = time.monotonic()
        self.hello_id = self.send(HELLO, self.options.group, self.options.member, self.instance,
                                  self.options.prefixes, [1, 0, 0], policy, resume)

    def fetch(self):
        self.fetch_after, self.fetch_at = self.listener.position, time.monotonic()
        wait = self.caught_up and not self.options.live
        self.fetch_id = self.send(FETCH, self.epoch, self.fetch_after, 1 << 20, wait)

    def report(self, kind, *more):
        self.dirty, self.ack_at = False, time.monotonic()
        for verdict in self.verdicts:
            verdict["carrier"] = verdict["carrier"] or self.last_id + 1
        body = [verdict["body"] for verdict in self.verdicts]
        return self.send(kind, self.epoch, self.settled.ledger(self.slots), body, *more)

    # ---- what comes ----

    def on_control(self, frames):
        version, kind, number, session, *fields = msgpack.unpackb(frames[0], raw=False)
        if version != 1:
            return
        self.heard = time.monotonic()
        if kind == WELCOME and number == self.hello_id and not self.session:
            self.on_welcome(session, fields)
        elif kind == REFUSED:
            self.on_refused(number, session, *fields[:2])
        elif session != self.session or not session:
            return
        elif kind == GRANT and fields[0] > self.epoch:
            self.epoch, self.slots, position, ledgers, self.redelivered_through = fields[:5]
            self.begin(position, ledgers)
        elif kind == EVENTS and number == self.fetch_id and fields[0] == self.epoch and fields[1] == self.fetch_after:
            self.on_events(fields, frames[1:])
        elif kind == DELIVER and fields[0] == self.epoch and not self.leaving:
            found = [event for frame in frames[1:] for event in records(frame)]
            for (seq, attempt, redrives), event in zip(fields[1], found):
                name = (seq, attempt, redrives)
                if name not in self.held and name not in self.done:
                    self.held.add(name)
                    self.handle(event, attempt, "redelivered", redrives)
        elif kind == ACKED:
            self.on_acked(number, fields[0])
        elif kind == DETACHED and self.detach_id:
            self.left = True

    def on_welcome(self, session, fields):
        origin, _, incarnation, events, _, lease, epoch, slots, resumed, position, ledgers, redelivered = fields[:12]
        if self.origin not in (None, origin):
            print("another journal than before: starting over", file=sys.stderr)
        self.event_at = time.monotonic()
        self.hellos, self.session, self.origin, self.incarnation, self.lease = 0, session, origin, incarnation, lease
        self.epoch, self.slots = epoch, slots
        host = re.sub(r"^tcp://|:\d+$", "", self.options.endpoint)
        events = re.sub(r"^tcp://(0\.0\.0\.0|\*|\[::\]):", lambda _: f"tcp://{host}:", events)
        if resumed:
            for verdict in self.verdicts:
                verdict["carrier"] = None
        else:
            self.redelivered_through = redelivered
            self.begin(position, ledgers)
        if self.options.live and (self.events_endpoint != events or not self.sub):
            self.events_endpoint = events
            self.connect_events()

    def begin(self, position, ledgers):
        self.listener.restart(position)
        self.settled = Settled(position)
        self.given = [(ledger[0], Settled(ledger[1], ranges_of(ledger))) for ledger in ledgers]
        self.verdicts, self.held, self.caught_up, self.fetch_id = [], set(), False, 0

    def on_refused(self, number, session, code, text):
        if session and session == self.session and code in (UNKNOWN_SESSION, STALE):
            self.hello()
        elif number in (self.hello_id, self.fetch_id):
            print(f"refused: {code} {text}", file=sys.stderr)
            self.hello_at = self.fetch_at = time.monotonic() + 4

    def on_events(self, fields, frames):
        _, _, through, head, redelivered, expired = fields[:6]
        self.fetch_id = 0
        self.redelivered_through = max(self.redelivered_through, redelivered)
        if expired:
            print(f"retention dropped seqs {expired[0]} to {expired[1]}", file=sys.stderr)
        before, self.caught_up = self.listener.position, through >= head
        events = [event for frame in frames for event in records(frame)]
        self.listener.cover(through)
        self.take(before, [event for event in events if event[0] > before], through, "fetch")
        if self.options.live and self.caught_up:
            self.merge()

    def on_live(self, message):
        self.heard_live = time.monotonic()
        self.live_count += 1
        if self.options.lose and self.live_count % self.options.lose == 0:
            return
        if message.version != 1 or not self.session or not self.slots or message.origin != self.origin:
            return
        if message.incarnation > self.incarnation:
            self.hello()
        elif message.kind == 1:
            self.listener.hold.append(message)
            if len(self.listener.hold) > 10000:
                self.listener.hold, self.caught_up = [], False
            if self.caught_up:
                self.merge()
        elif self.caught_up:
            before = self.listener.position
            self.caught_up = self.listener.heartbeat(message)
            self.settled.add(before + 1, self.listener.position)

    def merge(self):
        while self.caught_up:
            before = self.listener.position
            found = self.listener.next_batch()
            if found == "wait":
                return
            if found == "fetch":
                self.caught_up = False
            else:
                self.take(before, found, self.listener.position, "live")

    def on_acked(self, number, stale):
        if stale:
            return self.hello()
        for verdict in [v for v in self.verdicts if v["carrier"] and v["carrier"] <= number]:
            self.verdicts.remove(verdict)
            name = tuple(verdict["body"][1:4])
            if verdict["redelivered"]:
                self.held.discard(name)
                self.done.add(name)
            else:
                self.settled.add(name[0], name[0])

    # ---- handling ----

    def take(self, before, events, through, how):
        """Events of (before, through]: handles each; what lies between them is nobody's and settled."""
        at = before
        for event in events:
            seq, slot = event[0], event[4]
            self.settled.add(at + 1, seq - 1)
            at = seq
            if any(slots >> slot & 1 and seq in settled for slots, settled in self.given):
                self.settled.add(seq, seq)
            elif self.handle(event, 1, how):
                self.settled.add(seq, seq)
        self.settled.add(at + 1, through)
        self.dirty = True

    def handle(self, event, attempt, how, redrives=0):
        """True: settled by range."""
        seq, when, topic, key, _, headers, payload = event
        self.event_at = time.monotonic()
        value = msgpack.unpackb(payload, strict_map_key=False) if payload else None
        print(json.dumps({"origin": self.origin.hex(), "seq": seq, "topic": topic, "key": key, "attempt": attempt,
                          "redelivered": attempt > 1 or seq <= self.redelivered_through, "time": when,
                          "headers": headers, "payload": value, "how": how}), flush=True)
        wish = value if isinstance(value, dict) else {}
        kind, text = SUCCEEDED, ""
        if "park" in wish:
            kind, text = PARK, str(wish["park"])
        elif attempt <= wish.get("retry", 0):
            kind, text = RETRY, f"attempt {attempt} was to fail"
        redelivered = how == "redelivered"
        if kind != SUCCEEDED or redelivered:
            body = [kind, seq, attempt, redrives, HANDLER_REJECTED, text, None, 0]
            self.verdicts.append({"body": body, "carrier": None, "redelivered": redelivered})
            self.dirty = True
        return kind == SUCCEEDED and not redelivered

    # ---- time ----

    def on_time(self, now):
        if not self.session:
            if now - self.hello_at > min(2 ** self.hellos, 5):
                self.hellos += 1
                if self.hellos % 3 == 0:
                    self.connect_control()
                self.hello()
            return
        if now - self.heard > self.lease / SECOND * 4 / 3:
            self.connect_control()
            return self.hello()
        if self.dirty and now - self.ack_at > 0.02 or now - self.ack_at > min(self.lease / SECOND / 3, 0.5):
            self.report(ACK, [list(name) for name in self.held])
        if self.leaving:
            if not self.verdicts and (not self.detach_id or now - self.fetch_at > 1):
                self.detach_id, self.fetch_at = self.report(DETACH, True), now
            return
        if self.options.live and self.sub and now - self.heard_live > 4:
            self.caught_up = False
            self.connect_events()
        patience = 1 if self.options.live else 3
        if self.slots and (not self.fetch_id or now - self.fetch_at > patience):
            if not self.caught_up or not self.options.live:
                self.fetch()
        if self.options.idle and not self.verdicts and not self.held and now - self.event_at > self.options.idle:
            self.leaving = True

    def run(self):
        self.connect_control()
        self.hello()
        while not self.left:
            sockets = [s for s in (self.dealer, self.sub) if s]
            ready = zmq.select(sockets, [], [], 0.01)[0]
            if self.dealer in ready:
                while self.dealer.poll(0):
                    self.on_control(self.dealer.recv_multipart())
            if self.sub in ready and not self.leaving:
                while self.sub.poll(0):
                    self.on_live(Live(self.sub.recv_multipart()))
            self.on_time(time.monotonic())


def listen(options):
    sub = socket(zmq.SUB, options.endpoint, SNDHWM=0, RCVHWM=10000)
    listener = Listener(options.prefixes)
    for prefix in listener.prefixes:
        sub.setsockopt(zmq.SUBSCRIBE, prefix)
    count = 0
    while not options.count or count < options.count:
        message = Live(sub.recv_multipart())
        if message.kind == 2:
            print(json.dumps({"heartbeat": message.prefix.decode(), "head": message.head}), flush=True)
        for seq, when, topic, key, _, headers, payload in message.events:
            count += 1
            print(json.dumps({"origin": message.origin.hex(), "seq": seq, "topic": topic, "key": key, "time": when,
                              "headers": headers, "payload": msgpack.unpackb(payload) if payload else None}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["listen", "join"])
    parser.add_argument("endpoint")
    parser.add_argument("prefixes", nargs="*")
    parser.add_argument("--group", default="python")
    parser.add_argument("--member", default=f"py-{os.getpid()}")
    parser.add_argument("--count", type=int)
    parser.add_argument("--idle", type=float)
    parser.add_argument("--lose", type=int)
    parser.add_argument("--attempts-max", type=int, default=5)
    parser.add_argument("--no-live", dest="live", action="store_false")
    options = parser.parse_intermixed_args()
    if options.what == "listen":
        return listen(options)
    member = Member(options)

    def leave(*_):
        member.leaving = True

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    return member.run()


if __name__ == "__main__":
    main()
