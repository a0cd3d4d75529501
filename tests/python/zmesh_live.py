"""The live stream: its messages, and whether they continue what was received (PROTOCOL.md, sections 3, 5 and 7)."""
import msgpack
import zmq


def socket(kind, endpoint, **options):
    made = zmq.Context.instance().socket(kind)
    common = {"LINGER": 0, "MAXMSGSIZE": (1 << 20) + 4096, "HEARTBEAT_IVL": 2000, "HEARTBEAT_TIMEOUT": 6000,
              "HEARTBEAT_TTL": 6000, "RECONNECT_IVL": 100, "RECONNECT_IVL_MAX": 5000}
    for name, value in {**common, **options}.items():
        made.setsockopt(getattr(zmq, name), value)
    made.connect(endpoint)
    return made


def records(frame):
    """The events of a batch: its first MessagePack value is the header, each further one an event."""
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, max_buffer_size=len(frame) + 1)
    unpacker.feed(frame)
    return list(unpacker)[1:]


class Live:
    """A message of the live stream."""

    def __init__(self, frames):
        self.prefix = frames[0]
        (self.version, self.kind, self.origin, self.incarnation, self.first, self.last, self.head, chains,
         companions) = msgpack.unpackb(frames[1])[:9]
        self.chains = dict(chains)
        self.companions = None if companions is None else [name.encode() for name in companions]
        self.events = records(frames[2]) if self.kind == 1 else []


class Listener:
    """Position of one or more prefixes, and whether live messages continue it (section 7)."""

    def __init__(self, prefixes):
        wanted = sorted(prefix.encode() for prefix in prefixes or [""])
        self.prefixes = [p for p in wanted if not any(p != q and p.startswith(q) for q in wanted)]
        self.known = {}
        self.hold = []

    def restart(self, position):
        self.known = {prefix: position for prefix in self.prefixes}

    def cover(self, through):
        self.known = {prefix: max(seq, through) for prefix, seq in self.known.items()}

    @property
    def position(self):
        return min(self.known.values())

    def mine(self, frame):
        return next((prefix for prefix in self.prefixes if frame.startswith(prefix)), None)

    def next_batch(self):
        """'wait', 'fetch', or the events of the first held batch (which is taken)."""
        while self.hold and self.hold[0].last <= self.position:
            self.hold.pop(0)
        if not self.hold:
            return "wait"
        first = self.hold[0]
        parts = []
        for message in self.hold:
            if (message.first, message.last) != (first.first, first.last):
                break
            parts.append(message)
        for part in parts:
            own = self.mine(part.prefix)
            previous = part.chains.get(len(own))
            if part.companions is None or previous is None or previous > self.known[own]:
                return "fetch"
        missing = {name for name in first.companions if self.mine(name) is not None} - {part.prefix for part in parts}
        if missing:
            return "fetch" if len(self.hold) > len(parts) else "wait"
        told = {self.mine(part.prefix) for part in parts}
        if any(prefix not in told and self.known[prefix] < first.last for prefix in self.prefixes):
            return "fetch"
        del self.hold[:len(parts)]
        position = self.position
        events = sorted((event for part in parts for event in part.events if event[0] > position), key=lambda e: e[0])
        self.cover(first.last)
        return events

    def heartbeat(self, message):
        """False: something was lost."""
        own = self.mine(message.prefix)
        previous = message.chains.get(len(own))
        if previous is None:
            return True
        if previous > self.known[own] or self.hold:
            return False
        self.known[own] = max(self.known[own], message.head)
        return True
