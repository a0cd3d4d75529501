"""A publisher of a few bookings, for tests that look at what becomes of them."""
import json
import subprocess

from harness import zmesh

LINES = "".join(json.dumps({"topic": f"booking.{kind}", "key": f"b-{number % 3}", "headers": {"n": str(number)},
                            "payload": {"n": number}}) + "\n"
                for number, kind in enumerate(["created", "cancelled", "completed"] * 10))


def publisher(place, *options, name="journal", text=LINES, environment=None):
    process = zmesh("pub", "--journal", place / name, "--control", place.endpoint(name + ".sock"), "--confirm", "--stay",
                    *options, stdin=subprocess.PIPE, environment=environment)
    process.popen.stdin.write(text.encode())
    process.popen.stdin.close()
    process.wait_lines(text.count("\n"))
    return process
