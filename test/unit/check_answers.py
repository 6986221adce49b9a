"""Each answer of the flow is an object of its schema: check_answers.py PROGRAM OPENAPI.

PROGRAM prints lines of a schema's name, a tab and an answer. A small checker: the keywords that our
schemas use, and any other is an error, so that nothing is passed over in silence.
"""
import json
import re
import subprocess
import sys

import yaml

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
         "null": type(None)}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
SILENT = {"description", "required", "properties", "additionalProperties", "items"}


def is_type(value, name):
    if name == "integer" and isinstance(value, bool):
        return False
    return isinstance(value, TYPES[name])


def check_members(schema, defs, value, where):
    for key in schema.get("required", []):
        if key not in value:
            yield f"{where}: {key} is missing"
    known = schema.get("properties", {})
    rest = schema.get("additionalProperties", True)
    for key, member in value.items():
        if key in known:
            yield from check(known[key], defs, member, f"{where}.{key}")
        elif rest is False:
            yield f"{where}: {key} is not known"
        elif rest is not True:
            yield from check(rest, defs, member, f"{where}.{key}")


def keyword(name, limit, defs, value, where):
    text = isinstance(value, str)
    if name == "$ref":
        yield from check(defs[limit.rsplit("/", 1)[1]], defs, value, where)
    elif name == "anyOf":
        if all(list(check(one, defs, value, where)) for one in limit):
            yield f"{where}: none of {limit} fits"
    elif name == "type":
        names = limit if isinstance(limit, list) else [limit]
        if not any(is_type(value, one) for one in names):
            yield f"{where}: {value!r} is no {limit}"
    elif name == "enum":
        if value not in limit:
            yield f"{where}: {value!r} is none of {limit}"
    elif name == "pattern":
        if text and not re.search(limit, value):
            yield f"{where}: {value!r} is not like {limit}"
    elif name == "format":
        if text and limit == "date-time" and not TIME.fullmatch(value):
            yield f"{where}: {value!r} is no time"
    elif name in ("minLength", "maxLength", "maxItems", "minimum", "maximum"):
        size = value if name.endswith("imum") else len(value) if value is not None else None
        if size is not None and (size < limit if name.startswith("min") else size > limit):
            yield f"{where}: {name} is {limit}"
    elif name not in SILENT:
        yield f"{where}: the checker does not know {name}"


def check(schema, defs, value, where):
    for name, limit in schema.items():
        yield from keyword(name, limit, defs, value, where)
    if isinstance(value, dict):
        yield from check_members(schema, defs, value, where)
    if isinstance(value, list) and "items" in schema:
        for i, one in enumerate(value):
            yield from check(schema["items"], defs, one, f"{where}[{i}]")


def main(program, openapi):
    with open(openapi, encoding="utf-8") as f:
        defs = yaml.safe_load(f)["components"]["schemas"]
    lines = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout
    faults, seen = [], set()
    for number, line in enumerate(lines.splitlines(), 1):
        name, text = line.split("\t", 1)
        seen.add(name)
        faults += check(defs[name], defs, json.loads(text), f"{number} {name}")
    for fault in faults:
        print(fault)
    print(f"{len(lines.splitlines())} answers of {len(seen)} schemas, {len(faults)} faults")
    return 1 if faults or len(seen) < 20 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
