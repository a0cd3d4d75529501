"""Processes of zmesh under test: started, watched line by line, signalled, and never left behind.

Nothing here sleeps: every wait is for a condition and has a deadline.
"""
import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ZMESH = os.environ.get("ZMESH", os.path.join(ROOT, "build", "release", "tools", "zmesh"))

_running = []
_pause = threading.Event()  # never set: its wait with a timeout paces the polling


@atexit.register
def _clean_up():
    for process in _running:
        process.kill()


class Deadline(Exception):
    """A condition did not come true in time."""


def wait_until(condition, timeout, what):
    """Returns condition()'s first true value."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Deadline(f"not within {timeout} s: {what}")
        _pause.wait(0.01)


class Process:
    """A child process; its stdout and stderr are read by threads, so that it never blocks on them.

    keep: remember every line of stdout (lines); else only count them.
    """

    def __init__(self, *arguments, stdin=None, stdout=None, keep=True, on_line=None, environment=None):
        self.arguments = [str(argument) for argument in arguments]
        self.lines, self.errors = [], []
        self.count = 0
        self.keep, self.on_line = keep, on_line
        self.changed = threading.Condition()
        self.popen = subprocess.Popen(
            self.arguments, stdin=stdin if stdin is not None else subprocess.DEVNULL,
            stdout=stdout if stdout is not None else subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})})
        self.readers = [threading.Thread(target=self._read_errors, daemon=True)]
        if stdout is None:
            self.readers.append(threading.Thread(target=self._read_lines, daemon=True))
        for reader in self.readers:
            reader.start()
        _running.append(self)

    @property
    def pid(self):
        return self.popen.pid

    def _read_lines(self):
        for line in self.popen.stdout:
            if self.on_line:
                self.on_line(line)
            with self.changed:
                self.count += 1
                if self.keep:
                    self.lines.append(line.decode().rstrip("\n"))
                self.changed.notify_all()

    def _read_errors(self):
        for line in self.popen.stderr:
            with self.changed:
                self.errors.append(line.decode(errors="replace").rstrip("\n"))
                if len(self.errors) > 2000:
                    del self.errors[:1000]
                self.changed.notify_all()

    def error_text(self):
        with self.changed:
            return "\n".join(self.errors)

    def wait_lines(self, count, timeout=20):
        """Until it has printed that many lines."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.count >= count, timeout):
                raise Deadline(f"{self}: {self.count} of {count} lines within {timeout} s; {self.errors[-3:]}")
            return self.lines[:count]

    def wait_error(self, part, timeout=20):
        """Until a line of stderr contains part; that line."""
        def find():
            return next((line for line in self.errors if part in line), None)
        with self.changed:
            if not self.changed.wait_for(find, timeout):
                raise Deadline(f"{self}: no '{part}' on stderr within {timeout} s; {self.errors[-3:]}")
            return find()

    def wait(self, timeout=30):
        """Its exit status, negative for a signal, once all it wrote was read."""
        try:
            status = self.popen.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise Deadline(f"{self} did not end within {timeout} s; {self.errors[-3:]}") from error
        for reader in self.readers:
            reader.join(timeout)
        return status

    def signal(self, number):
        self.popen.send_signal(number)

    def kill(self):
        """SIGKILL; reaps it."""
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        for reader in self.readers:
            reader.join(10)
        if self.popen.stdin:
            try:
                self.popen.stdin.close()
            except OSError:
                pass
        if self in _running:
            _running.remove(self)

    def end(self, timeout=30):
        """SIGTERM, and its exit status."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def memory(self, field="RssAnon"):
        """KiB of a field of /proc/PID/status."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next((int(line.split()[1]) for line in file if line.startswith(field + ":")), 0)

    def __str__(self):
        return "zmesh " + " ".join(self.arguments[1:])


def zmesh(*arguments, **options):
    return Process(ZMESH, *arguments, **options)


def run(*arguments, text=None, timeout=60, environment=None):
    """Runs zmesh to its end: (exit status, stdout, stderr)."""
    done = subprocess.run([ZMESH, *map(str, arguments)], input=text.encode() if isinstance(text, str) else text or b"",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                          env={**os.environ, **(environment or {})}, check=False)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def events(text):
    """The JSON objects of a text's lines."""
    return [json.loads(line) for line in text.splitlines() if line]


def group_status(endpoint, group):
    """The group's object of `zmesh groups --json`, or None."""
    status, out, _ = run("groups", endpoint, "--json")
    if status != 0:
        return None
    return next((entry for entry in events(out) if entry["group"] == group), None)


class Place:
    """A directory of its own with journals and ipc endpoints; removed unless a check failed."""

    def __init__(self, name):
        # /var/tmp: a real disk, and short enough for the paths of sockets.
        self.path = tempfile.mkdtemp(prefix=f"zmesh-{name}-", dir=os.environ.get("ZMESH_TEST_DIR", "/var/tmp"))

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def endpoint(self, name):
        return f"ipc://{self.path}/{name}"

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Checks:
    """Counts what holds; ends the test with the line that tests/run reads."""

    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, what, holds, detail=""):
        if holds:
            self.passed += 1
            print(f"ok    {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {what}{': ' if detail else ''}{detail}", flush=True)
        return bool(holds)

    def equal(self, what, found, wanted):
        return self(what, found == wanted, f"{found!r} is not {wanted!r}")

    def run(self, *tests):
        """Each a function of (checks, place); an exception is a failure."""
        for test in tests:
            place = Place(test.__name__)
            before = self.failed
            try:
                test(self, place)
            except Exception as error:  # pylint: disable=broad-except
                self(f"{test.__name__} runs to its end", False, f"{type(error).__name__}: {error}")
            for process in list(_running):
                process.kill()
            if self.failed == before:
                place.remove()
            else:
                print(f"      kept: {place.path}", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(self.failed != 0)
