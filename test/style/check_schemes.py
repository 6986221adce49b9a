"""The scheme files keep to schemes/scheme.schema.json: check_schemes.py FOLDER.

A small JSON Schema checker: the keywords that our schema uses, and any other is an error, so that
nothing is passed over in silence.
"""
import json
import os
import re
import sys

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
SILENT = {"$schema", "$id", "$defs", "title", "description"}


def is_type(value, name):
    if name == "integer" and isinstance(value, bool):
        return False
    return isinstance(value, TYPES[name])


def check_object(schema, root, value, where):
    for key in schema.get("required", []):
        if key not in value:
            yield f"{where}: {key} is missing"
    known = schema.get("properties", {})
    for key, member in value.items():
        if key in known:
            yield from check(known[key], root, member, f"{where}.{key}")
        elif schema.get("additionalProperties") is False:
            yield f"{where}: {key} is not known"


def check_array(schema, root, value, where):
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{where}: {len(value)} entries"
    if schema.get("uniqueItems") and len(set(map(json.dumps, value))) < len(value):
        yield f"{where}: an entry twice"
    for number, entry in enumerate(value):
        yield from check(schema.get("items", {}), root, entry, f"{where}[{number}]")


def check_scalar(schema, value, where):
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield f"{where}: {len(value)} characters"
        if "pattern" in schema and re.search(schema["pattern"], value) is None:
            yield f"{where}: does not match {schema['pattern']}"
    elif isinstance(value, int):
        if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            yield f"{where}: {value} is out of range"


KEYWORDS = SILENT | {
    "$ref", "type", "enum", "properties", "required", "additionalProperties", "items", "minItems",
    "maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "minimum", "maximum",
}


def check(schema, root, value, where):
    """Yield what is wrong with value, each as a sentence that begins with its place."""
    unknown = set(schema) - KEYWORDS
    if unknown:
        raise ValueError(f"{where}: this checker does not know {sorted(unknown)}")
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        yield from check(root["$defs"][name], root, value, where)
    if "type" in schema and not is_type(value, schema["type"]):
        yield f"{where}: is no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: is none of {schema['enum']}"
    if isinstance(value, dict):
        yield from check_object(schema, root, value, where)
    elif isinstance(value, list):
        yield from check_array(schema, root, value, where)
    else:
        yield from check_scalar(schema, value, where)


def planted(schema, good):
    """Faults that the checker must see, or it proves nothing."""
    faults = [
        lambda d: d.pop("label"),
        lambda d: d.update(version=True),
        lambda d: d.update(version=0),
        lambda d: d.update(kind="test"),
        lambda d: d.update(more=1),
        lambda d: d["codes"].clear(),
        lambda d: d["codes"][0].update(key="f"),
        lambda d: d["codes"][0].update(required_groups=["a", "a"]),
    ]
    if good["groups"]:
        faults += [lambda d: d["groups"][0]["values"][0].update(label="")]
    if good["rules"]:
        faults += [lambda d: d["rules"][0].update(when="a b")]
    for number, fault in enumerate(faults):
        copy = json.loads(json.dumps(good))
        fault(copy)
        if not list(check(schema, schema, copy, "planted")):
            yield f"planted fault {number} was not seen"


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "scheme.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    names = sorted(n for n in os.listdir(folder) if n.endswith(".json") and "schema" not in n)
    wrong = [] if names else ["no scheme files found"]
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            scheme = json.load(file)
        wrong += check(schema, schema, scheme, name)
        wrong += planted(schema, scheme)
    print("\n".join(wrong) or f"{len(names)} scheme files keep to the schema")
    sys.exit(1 if wrong else 0)


main()
