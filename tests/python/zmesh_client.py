#!/usr/bin/python3
"""An independent client of the zmesh protocol, written from mesh/wire/PROTOCOL.md alone.

    zmesh_client.py listen EVENTS_ENDPOINT [PREFIX...] [--count N]
    zmesh_client.py join CONTROL_ENDPOINT [PREFIX...] --group G [--member M] [--attempts-max N] [--no-live]
                         [--order key [--on-park park_key]]

`listen` prints a JSON object per live message, `join` one per event. `join` acknowledges each, unless its payload is a
map that says otherwise: {"retry": N} fails the first N attempts, {"park": TEXT} parks it. With --idle SECONDS it leaves
when nothing came for that long; --lose N drops every Nth live message, as a network might.
"""
import argparse
import ctypes
import ctypes.util
import io
import json
import os
import re
import signal
import sys
import time

import msgpack
import zmq

HELLO, FETCH, ACK, DETACH, RELEASE = range(1, 6)
WELCOME, GRANT, EVENTS, DELIVER, ACKED, DETACHED, REFUSED, RELEASED, UNBLOCK = range(33, 42)
HANDLED, RETRY, PARK, BEHIND = range(1, 5)  # kinds of verdicts
HANDLER_REJECTED, HEARTBEAT = 1, 2  # a reason, a kind of live message
SECOND = 10**9  # durations are in nanoseconds
ALL_SLOTS = (1 << 64) - 1


def connect(kind, endpoint, *prefixes):
    socket = zmq.Context.instance().socket(kind)
    socket.linger = 0
    socket.connect(endpoint)
    for prefix in prefixes:
        socket.subscribe(prefix)
    return socket


def records(batches):
    return [record for batch in batches for record in list(msgpack.Unpacker(io.BytesIO(batch)))[1:]]


def key_id(key):
    """XXH3-64, by the library that zmesh is built with."""
    if key is None:
        return 0
    library = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
    library.XXH3_64bits.argtypes, library.XXH3_64bits.restype = [ctypes.c_char_p, ctypes.c_size_t], ctypes.c_uint64
    return library.XXH3_64bits(key.encode(), len(key.encode())) or 64


def stretches(ledgers):  # (slots, first, last) of all that they hold
    for slots, at, ranges in ledgers:
        yield slots, 0, at
        for skip, extent in zip(ranges[::2], ranges[1::2]):
            yield slots, at + 1 + skip, at + 1 + skip + extent
            at += 1 + skip + extent


class Member:
    """Asks one thing at a time, while live messages wait in their socket; attaches again where no answer comes.

    It subscribes what all its prefixes begin with: one chain tells of every loss. It handles an event as it takes it:
    all up to the position is settled, of all its slots, but failures without an answer. An attempt is (seq, number,
    redrives). As nothing waits for a handler, slots that are asked back are released as soon as their failures are
    answered. What was missed of new ones (`joining`: slots, and how far) is fetched first, with reports in between: it
    may be held back until redelivered events that only this member has are handled and reported. With --order key,
    `blocked` holds the keys of which an event waits, and the id of the last ack that was answered and told of it.
    """

    def __init__(self, options):
        self.options, self.instance, self.prefixes = options, os.urandom(16), tuple(options.prefixes or [""])
        self.subscribed = os.path.commonprefix(self.prefixes).encode()
        self.sub = self.origin = None
        self.leaving, self.epoch, self.last_id, self.live_count, self.in_touch = False, 0, 0, 0, 0.0

    def ask(self, kind, *request):
        """The answer: its session, fields and batches."""
        self.last_id, asked_at = self.last_id + 1, time.monotonic()
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
                self.in_touch = asked_at
                return session, fields, batches
            elif kind == GRANT and session == self.session and fields[1] > max(self.epoch, self.grant[1]):
                self.grant = fields
            elif kind == UNBLOCK and session == self.session and fields[0] == self.epoch:
                waiting = {key for verdict in self.verdicts.values() for key in verdict[9:]}
                self.blocked = {key: ack for key, ack in self.blocked.items()
                                if key not in fields[2] or key in waiting or ack > fields[1]}
            elif kind == DELIVER and session == self.session and not self.leaving:
                for attempt, event in zip(map(tuple, fields[1]), records(batches)):
                    if attempt not in self.redelivered and self.mine() >> event[4] & 1:
                        self.redelivered.add(attempt)
                        self.handle(event, attempt, "redelivered")
        raise TimeoutError

    def attach(self):
        zmq.Context.instance().destroy(linger=0)  # nothing of an earlier session comes on new sockets
        self.dealer, self.session = connect(zmq.DEALER, self.options.endpoint), 0
        policy = [[SECOND // 20], 0, self.options.attempts_max, 30 * SECOND, int(self.options.order == "key"),
                  int(self.options.on_park == "park_key")]
        given = self.to_release() if self.epoch else 0
        resume = [self.epoch, self.mine() & ~given, *self.in_hand()[::2]] if self.epoch else None
        self.grant = [0, 0]
        self.session, fields, _ = self.ask(HELLO, self.options.group, self.options.member, self.instance,
                                           self.options.prefixes, [1, 0, 0], policy, resume)
        origin, _, self.incarnation, events, _, lease, epoch, slots, release, resumed, *new = fields[:14]
        if self.origin not in (None, origin):
            print("another journal than before: starting over", file=sys.stderr)
        if not resumed:
            self.slots, self.joining, self.position, self.marks, self.settled_before = 0, [], new[0], [0] * 64, []
            self.verdicts, self.redelivered, self.blocked = {}, set(), {}
        self.forget(given)  # a release without an answer is done
        if self.options.live:
            host = self.options.endpoint.rpartition(":")[0]
            self.sub = connect(zmq.SUB, re.sub(r"^tcp://(0\.0\.0\.0|\*|\[::\])", host, events), self.subscribed)
        self.origin, self.lease, self.dirty, self.caught_up, self.parts = origin, lease / SECOND, True, False, {}
        self.ack_at = self.event_at = self.heard_live = time.monotonic()
        blocked = {**dict.fromkeys(sum(new[3:], []), 0), **self.blocked}
        self.change_slots(epoch, slots, release, *new)
        self.blocked = blocked

    def change_slots(self, epoch, slots, release, position, ledgers, redelivered_through, blocked=()):
        self.epoch, self.release, self.dirty = epoch, release, True
        told = sum(ledger[0] for ledger in ledgers)  # they are disjoint
        gained = slots & told & ~release & ~self.mine()
        self.blocked = {key: ack for key, ack in self.blocked.items() if not gained >> key % 64 & 1}
        self.blocked.update({key: 0 for key in blocked if gained >> key % 64 & 1})
        if not gained:
            return
        self.caught_up, self.parts = False, {}  # what was published before comes by fetch alone
        self.settled_before = [(mask & ~gained, *rest) for mask, *rest in self.settled_before]
        self.settled_before += stretches(ledgers)
        self.marks = [redelivered_through if gained >> slot & 1 else mark for slot, mark in enumerate(self.marks)]
        if not self.mine():
            self.position = position
        self.joining.append((gained, position))

    def join(self):
        slots, at = self.joining[0]
        if at >= self.position:
            self.joining.pop(0)
            self.slots |= slots
            return
        _, fields, batches = self.ask(FETCH, self.epoch, at, self.position, slots, 1 << 20, False)
        self.handle_wanted(records(batches), slots, at, "fetch")
        self.joining[0] = slots, fields[3]
        self.pause_unless(fields[3] > at)

    def pause_unless(self, moved):
        """Suspects are out (section 9): nothing else comes until they are reported."""
        self.dirty = True
        if not moved:
            zmq.select([self.dealer], [], [], 0.02)

    def mine(self):
        return self.slots | sum(slots for slots, _ in self.joining)

    def forget(self, gone):
        self.slots &= ~gone
        self.joining = [(slots & ~gone, at) for slots, at in self.joining if slots & ~gone]

    def to_release(self):
        return self.release & ~sum({1 << verdict[8] for verdict in self.verdicts.values()})

    def give_back(self):
        slots = self.to_release()
        _, fields, _ = self.ask(RELEASE, self.epoch, slots, self.in_hand(slots)[0])
        self.forget(fields[0])
        self.release &= ~fields[0]

    def ledger(self, slots, position):
        failed = sorted({attempt[0] for attempt in self.verdicts if attempt not in self.redelivered})
        failed = [seq for seq in failed if seq <= position]
        floor = at = failed[0] - 1 if failed else position
        ranges = []
        for seq, following in zip(failed, failed[1:] + [position + 1]):
            if seq + 1 < following:
                ranges += [seq - at, following - seq - 2]
                at = following - 1
        return [slots, floor, ranges[:1024]]

    def in_hand(self, slots=ALL_SLOTS):
        """Ledgers of these slots; the verdicts without an answer; the redelivered attempts among them."""
        parts = [(self.slots, self.position), *self.joining[:30]]
        ledgers = [self.ledger(mask & slots, at) for mask, at in parts if mask & slots]
        some = list(self.verdicts.items())[:1024]
        held = [attempt for attempt, _ in some if attempt in self.redelivered]
        return ledgers, [verdict for _, verdict in some], held

    def report(self, kind):
        self.dirty, self.ack_at = False, time.monotonic()
        ledgers, verdicts, held = self.in_hand()
        self.ask(kind, self.epoch, ledgers, verdicts, held if kind == ACK else True)
        for verdict in verdicts:
            if self.verdicts[tuple(verdict[1:4])] is verdict:  # else it came again meanwhile, and has another
                del self.verdicts[tuple(verdict[1:4])]
            if verdict[9:] and verdict[9] in self.blocked:
                self.blocked[verdict[9]] = self.last_id
            self.dirty = True

    def on_live(self, prefix, header, *batch):
        """Takes its events if they continue what was received; else it is no longer caught up, and fetches."""
        version, kind, origin, incarnation, _, last, head, chains, companions = msgpack.unpackb(header)[:9]
        self.live_count, self.heard_live = self.live_count + 1, time.monotonic()
        if self.heard_live > self.in_touch + self.lease:
            raise ConnectionResetError  # the slots may be another's by now
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
        self.handle_wanted(events, self.slots, self.position, how)
        self.position, self.parts, self.dirty = max(self.position, through), {}, True

    def handle_wanted(self, events, slots, after, how):
        for event in sorted(events):  # by seq
            seq, _, topic, _, slot, *_ = event
            mine = seq > after and topic.startswith(self.prefixes) and slots >> slot & 1
            if mine and not any(mask >> slot & 1 and low <= seq <= high for mask, low, high in self.settled_before):
                self.handle(event, (seq, 1, 0), how)

    def handle(self, event, attempt, how):
        seq, when, topic, key, slot, headers, payload = event
        ordering = [key_id(key)] if self.options.order == "key" else []
        if how != "redelivered" and ordering and ordering[0] in self.blocked:
            self.verdicts[attempt] = [BEHIND, *attempt, HANDLER_REJECTED, "", None, 0, slot, *ordering]
            self.dirty = True
            return
        value = msgpack.unpackb(payload, strict_map_key=False) if payload else None
        print(json.dumps({"seq": seq, "time": when, "topic": topic, "key": key, "headers": headers, "payload": value,
                          "how": how, "attempt": attempt[1],
                          "redelivered": attempt[1] > 1 or seq <= self.marks[slot]}), flush=True)
        wish = value if isinstance(value, dict) else {}
        kind = PARK if "park" in wish else RETRY if attempt[1] <= wish.get("retry", 0) else HANDLED
        if kind != HANDLED or how == "redelivered":  # else the ledger says it
            self.verdicts[attempt] = [kind, *attempt, HANDLER_REJECTED, wish.get("park", ""), None, 0, slot, *ordering]
        if kind != HANDLED and ordering and ordering[0]:
            self.blocked[ordering[0]] = 0
        self.event_at, self.dirty = time.monotonic(), True

    def step(self):
        now = time.monotonic()
        if now > self.ack_at + (0.02 if self.dirty else self.lease / 3):
            self.report(ACK)
        elif self.grant[1] > self.epoch:
            self.change_slots(*self.grant[1:8])
        elif self.to_release():
            self.give_back()
        elif self.joining:
            self.join()
        elif self.slots and not (self.caught_up and self.sub):
            _, fields, batches = self.ask(FETCH, self.epoch, self.position, 0, self.slots, 1 << 20, self.caught_up)
            _, _, _, through, head, _, expired = fields[:7]
            if expired:
                print(f"retention dropped seqs {expired[0]} to {expired[1]}", file=sys.stderr)
            moved = through > self.position or through >= head
            self.take(records(batches), through, "fetch")
            self.caught_up = through >= head
            self.pause_unless(moved)
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
    for option, value in {"group": "python", "member": f"py-{os.getpid()}", "order": "", "on-park": "",
                          "attempts-max": 5, "idle": 0.0, "lose": 0, "count": 0}.items():
        parser.add_argument("--" + option, type=type(value), default=value)
    parser.add_argument("--no-live", dest="live", action="store_false")
    chosen = parser.parse_intermixed_args()
    sys.exit(listen(chosen) if chosen.what == "listen" else Member(chosen).run())
