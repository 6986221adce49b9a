"""Bodies made wrong in every way their schema allows: always a plain refusal, never a failure."""
import gzip
import json
import time
import unittest

import server
from test_roles import operations, well_formed

SLOW_S = 20 # on a machine that has much else to do


def resolve(document, schema):
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].split("/")[-1]]
    return schema


def example(document, schema):
    """A value that the schema takes."""
    schema = resolve(document, schema)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema["type"]
    if kind == "object":
        return {name: example(document, schema["properties"][name])
                for name in schema.get("required", [])}
    if kind == "array":
        return []
    if kind == "integer":
        return schema.get("minimum", 1)
    if kind == "boolean":
        return True
    pattern = schema.get("pattern", "")
    if "[0-9a-f]{32}" in pattern:
        return "0" * 32
    if "[0-9a-f]{64}" in pattern:
        return "0" * 64
    if schema.get("format") == "date-time":
        return "2026-01-01T00:00:00Z"
    if pattern.startswith("^[1-9]"):
        return "77"
    return "x" * max(schema.get("minLength", 1), 1)


def wrong_values(document, schema):
    """Values of a member that its schema refuses."""
    schema = resolve(document, schema)
    kind = schema["type"]
    values = [[], {}, 1.5, "x", True, -1, 10**30]
    by_kind = {"string": (str,), "integer": (int,), "array": (list,), "object": (dict,),
               "boolean": (bool,)}[kind]
    for value in values:
        if not isinstance(value, by_kind) or (kind == "integer" and isinstance(value, bool)):
            yield value
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "maximum" in schema:
        yield schema["maximum"] + 1
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
    if schema.get("minLength", 0) > 0:
        yield "x" * (schema["minLength"] - 1)
    if "enum" in schema or "pattern" in schema:
        yield "No Such Value/../\u0001"
    if "maxItems" in schema:
        yield ["group:value"] * (schema["maxItems"] + 1)
    if kind == "array":
        yield [1]
        yield [None]
        yield [["x"]]


def wrong_bodies(document, schema):
    """Bodies as bytes, each with one thing wrong."""
    schema = resolve(document, schema)
    good = example(document, schema)
    for name, member in schema.get("properties", {}).items():
        if name in schema.get("required", []):
            yield f"{name} missing", {k: v for k, v in good.items() if k != name}
            yield f"{name} null", {**good, name: None}
        for value in wrong_values(document, member):
            yield f"{name} = {str(value)[:40]}", {**good, name: value}
    yield "an extra member", {**good, "extra": 1}
    yield "a member's name in capitals", {k.upper(): v for k, v in good.items()} or {"A": 1}


def broken_texts(good):
    text = json.dumps(good)
    first = next(iter(good.items()), ("a", 1))
    twice = json.dumps({first[0]: first[1]})[:-1] + "," + json.dumps({first[0]: first[1]})[1:]
    return [b"", b" ", b"null", b"[]", b'"x"', b"1", b"{", text[:-1].encode(), text.encode() + b"x",
            text.encode() * 2, twice.encode(), text.replace('"', "'").encode() + b"'",
            b"[" * 5000, b'{"a":' * 70 + b"1" + b"}" * 70, b'{"\xff":1}', b'{"a":"\xed\xa0\x80"}',
            b'{"a":"\\u0000"}', b'{"a":01}', b"{\"a\":1,}", b"\x00" * 10,
            gzip.compress(text.encode())]


class Bodies(server.ServerCase):
    def refused(self, answer):
        self.assertGreaterEqual(answer.status, 400, answer.body)
        self.assertLess(answer.status, 500, answer.body)

    def test_every_operation_refuses_what_its_schema_refuses(self):
        document, clients, count, slowest = server.openapi(), {}, 0, 0
        for method, path, operation in operations():
            if "requestBody" not in operation:
                continue
            role = operation["x-roles"][0]
            client = clients.setdefault(role, self.server.client(
                role if role in server.ROLES else None))
            content = operation["requestBody"]["content"]
            if "application/json" not in content:
                continue # bytes of a file: test_uploads.py
            schema = content["application/json"]["schema"]
            good = example(document, schema)
            tries = [(name, json.dumps(body).encode())
                     for name, body in wrong_bodies(document, schema)]
            tries += [(str(text[:30]), text) for text in broken_texts(good)]
            for name, data in tries:
                with self.subTest(operation=operation["operationId"], body=name):
                    start = time.monotonic()
                    self.refused(client(method, well_formed(path), data=data, once="body-fuzz"))
                    slowest = max(slowest, time.monotonic() - start)
                    count += 1
        print(f"{count} wrong bodies refused, the slowest in {slowest * 1000:.0f} ms")
        self.assertLess(slowest, SLOW_S)

    def test_long_bodies_are_refused_at_once(self):
        client = self.server.client("assessor")
        for size in (64 * 1024 + 1, 1 << 20, 8 << 20):
            try:
                answer = client("POST", "/api/v1/decisions", data=b" " * size, once="long-body")
                self.assertEqual(answer.status, 413)
            except (BrokenPipeError, ConnectionResetError):
                pass # closed while we still sent
        fits = client("POST", "/api/v1/decisions", data=b" " * (64 * 1024), once="long-body")
        self.assertEqual(fits.status, 400)

    def test_requests_without_a_body_take_none(self):
        client = self.server.client("assessor")
        self.assertEqual(client("POST", "/api/v1/shift", {}).status, 400)
        self.assertEqual(client("POST", "/api/v1/shift/check", data=b"x").status, 400)
        self.assertEqual(client("GET", "/api/v1/shift?x=1").status, 400)

    def test_acts_need_a_key_of_their_own(self):
        client = self.server.client("assessor")
        body = {"lease": "0" * 32, "code": "a", "tags": []}
        for key in (None, "short", "x" * 65):
            self.assertEqual(client("POST", "/api/v1/decisions", body, once=key).status, 400)

    def test_ids_that_point_elsewhere_find_nothing(self):
        client = self.server.client("compliance")
        for id_ in ("0", "01", "-1", "+1", "1.0", "9223372036854775808", "9" * 30, "x", "1e3",
                    "77"):
            answer = client("GET", f"/api/v1/releases/{id_}")
            self.assertIn(answer.status, (400, 404), id_)
        for path in ("/api/v1/releases/1/../../staff", "/api/v1/releases/%2e%2e", "/../etc/passwd",
                     "/api/v1/releases/..", "/api/v1/releases/%00", "/api/v1/releases/1%2f2",
                     "/api/v1//staff", "/assets/../index.html", "/api/v1/releases/1\\2",
                     "/api/v1/releases/%c0%ae", "/.hidden"):
            answer = client("GET", path)
            self.assertIn(answer.status, (400, 404), path)

    def test_names_in_every_alphabet_come_back_as_they_were(self):
        admin = self.server.client("admin")
        for number, label in enumerate(("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "Zoë",
                                        "名前", "a\u202eb", "\"quoted\" \\ back", "${7*7}", "%s%n")):
            body = {"name": f"n{number}", "label": label, "roles": [],
                    "password": "a long enough sentence"}
            answer = admin("POST", "/api/v1/staff", body)
            self.assertEqual(answer.status, 201, answer.body)
            self.assertEqual(answer.json()["label"], label)
        log = (self.server.top / "log").read_text()
        self.assertNotIn("script", log)


if __name__ == "__main__":
    server.main()
