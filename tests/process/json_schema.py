"""What tools/zmesh/JSON.md promises of every --json, and what is wrong with an object that does not keep it."""
import os
import re

from harness import ROOT


def schemas():
    with open(os.path.join(ROOT, "tools", "zmesh", "JSON.md"), encoding="utf-8") as file:
        text = file.read()
    found = {}
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        names = section.splitlines()[0].split(", ")
        block = re.search(r"```fields\n(.*?)```", section, re.S).group(1)
        for name in names:
            found[name] = dict(line.split(": ", 1) for line in block.splitlines())
    return found


def split_fields(text):
    """"a: x, b: [{c: d}]" at the commas that are not nested."""
    parts, depth, begin = [], 0, 0
    for at, symbol in enumerate(text):
        depth += symbol in "[{"
        depth -= symbol in "]}"
        if symbol == "," and depth == 0:
            parts.append(text[begin:at].strip())
            begin = at + 1
    return dict(part.split(": ", 1) for part in parts + [text[begin:].strip()])


def fault(value, wanted, where):
    """What is wrong with a value of a type of JSON.md; empty: nothing."""
    if wanted.endswith("?"):
        return "" if value is None else fault(value, wanted[:-1], where)
    if wanted == "any":
        return ""
    if wanted.startswith("["):
        if not isinstance(value, list):
            return f"{where} is no list"
        return next((found for found in (fault(one, wanted[1:-1], where + "[]") for one in value) if found), "")
    if wanted == "{text}":
        good = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
        return "" if good else f"{where} is no object of texts"
    if wanted.startswith("{"):
        return object_fault(value, split_fields(wanted[1:-1]), where)
    kinds = {"text": str, "flag": bool, "number": (int, float)}
    good = isinstance(value, kinds[wanted]) and (wanted != "number" or not isinstance(value, bool))
    return "" if good else f"{where} is {value!r}, not a {wanted}"


def object_fault(value, fields, where=""):
    if not isinstance(value, dict):
        return f"{where} is no object"
    known = {name.rstrip("?"): kind for name, kind in fields.items()}
    unknown = set(value) - set(known)
    missing = {name for name in fields if not name.endswith("?")} - set(value)
    if unknown or missing:
        return f"{where}: not in JSON.md: {sorted(unknown)}; missing: {sorted(missing)}"
    return next((found for found in (fault(value[name], known[name], f"{where}.{name}") for name in value) if found), "")
