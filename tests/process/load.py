"""A load of numbered events, and the oracle that judges what groups have handled of it.

Event n has the key k = n mod keys and the payload {"n": n}. What was fed, and what of it was confirmed, is
written down here, outside of the system under test.
"""
import json
import threading
import time

KEYS = 50


def line_of(number, padding=""):
    return b'{"topic":"load.event","key":"k%d","payload":{"n":%d,"p":"%s"}}\n' % (number % KEYS, number, padding.encode())


class Feeder:
    """Feeds a publisher's stdin from a thread, at a pace; reads its confirmations.

    fed: the numbers in order; confirmed: {seq: number}. Both cover one run of the publisher.
    """

    def __init__(self, first, events_per_second, padding=""):
        self.next = first
        self.rate = events_per_second
        self.padding = padding
        self.fed = []
        self.confirmed = {}
        self._ended = threading.Event()
        self._thread = None

    def on_line(self, line):
        # Confirmations come in the order of the lines, one for each.
        self.confirmed[json.loads(line)["seq"]] = self.fed[len(self.confirmed)]

    def start(self, process, total=None):
        self._thread = threading.Thread(target=self._feed, args=(process.popen.stdin, total), daemon=True)
        self._thread.start()

    def _feed(self, pipe, total):
        started, sent = time.monotonic(), 0
        try:
            while not self._ended.is_set() and (total is None or sent < total):
                due = int((time.monotonic() - started) * self.rate) + 1 - sent
                count = min(max(due, 0), 2000, total - sent if total is not None else 2000)
                if count == 0:
                    self._ended.wait(0.002)
                    continue
                numbers = range(self.next, self.next + count)
                self.next += count
                sent += count
                # Noted before it is written: what is confirmed was fed.
                self.fed.extend(numbers)
                pipe.write(b"".join(line_of(number, self.padding) for number in numbers))
                pipe.flush()
            pipe.close()
        except (OSError, ValueError):
            pass  # the publisher was killed

    def stop(self):
        self._ended.set()
        if self._thread:
            self._thread.join(30)

    def finished(self):
        return self._thread is not None and not self._thread.is_alive()


class Oracle:
    """Judges a group's handled lines, in the order they were printed."""

    def __init__(self):
        self.fed = 0           # numbers 0..fed-1 were ever fed
        self.confirmed = {}    # seq -> number
        self.handled = []      # the lines' objects
        self.problems = []

    def add_run(self, feeder):
        self.fed = max(self.fed, feeder.next)
        for seq, number in feeder.confirmed.items():
            if seq in self.confirmed:
                self.problems.append(f"seq {seq} was confirmed twice, for {self.confirmed[seq]} and {number}")
            self.confirmed[seq] = number

    def add_lines(self, lines):
        for line in lines:
            try:
                self.handled.append(json.loads(line))
            except ValueError:
                self.problems.append(f"not JSON: {line[:100]}")

    def judge(self):
        """A dictionary of counts: lost, invented, misordered, passed (retries), unmarked, duplicates."""
        first, duplicates, unmarked, invented, misordered, passed = {}, 0, 0, 0, 0, 0
        last_of_key = {}
        for event in self.handled:
            seq, number = event["seq"], event["payload"]["n"]
            if number >= self.fed or self.confirmed.get(seq, number) != number or event["key"] != f"k{number % KEYS}":
                invented += 1
                self.problems.append(f"invented: {event}")
                continue
            if seq in first:
                duplicates += 1
                if first[seq] != number:
                    invented += 1
                    self.problems.append(f"seq {seq} was {first[seq]} and then {number}")
                if event["attempt"] < 2 and not event["redelivered"]:
                    unmarked += 1
                    self.problems.append(f"unmarked duplicate: {event}")
                continue
            first[seq] = number
            late = last_of_key.get(event["key"], -1) >= number
            if late and event["attempt"] > 1:
                # Its first attempt was counted when its consumer was killed, before it printed anything: this is a
                # retry, and later events of its key may pass a retry (README, Limits).
                passed += 1
            elif late:
                misordered += 1
                self.problems.append(f"out of order: {event} after {last_of_key[event['key']]}")
            last_of_key[event["key"]] = max(number, last_of_key.get(event["key"], -1))
        missing = [seq for seq in self.confirmed if seq not in first]
        for seq in missing[:5]:
            self.problems.append(f"lost: seq {seq}, number {self.confirmed[seq]}")
        return {"confirmed": len(self.confirmed), "handled": len(first), "lost": len(missing), "invented": invented,
                "misordered": misordered, "passed": passed, "unmarked": unmarked, "duplicates": duplicates}
