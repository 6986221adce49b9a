"""Every operation of api/openapi.yaml for every role and for nobody, as its x-roles say."""
import re
import subprocess
import sys
import time
import unittest

import server

ROUTES = None


def operations():
    for path, methods in server.openapi()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def well_formed(path):
    """The path with parameters that are well-formed and nobody's."""
    path = path.replace("{lease}", "0" * 32).replace("{ticket}", "0" * 162)
    path = path.replace("{scheme}", "training-landscapes").replace("{file}", "manifest.json")
    return re.sub(r"\{\w+\}", "77", path)


class Routes(unittest.TestCase):
    def test_the_compiled_routes_are_those_of_the_openapi_file(self):
        compiled = set(subprocess.check_output([ROUTES], text=True).split("\n")) - {""}
        order = ["client", "local", "public", "any"] + server.ROLES
        declared = set()
        for method, path, operation in operations():
            roles = sorted(operation["x-roles"], key=order.index)
            declared.add(f"{method} {path} {operation['operationId']} {','.join(roles)}")
        self.assertEqual(compiled - declared, set(), "compiled and not declared")
        self.assertEqual(declared - compiled, set(), "declared and not compiled")
        self.assertGreaterEqual(len(declared), 65)


class Roles(server.ServerCase):
    def ask(self, client, method, path, operation):
        body = {} if "requestBody" in operation else None
        return client(method, well_formed(path), body, once="roles-matrix")

    def test_every_operation_for_every_role_and_for_nobody(self):
        refused = 0
        for role in [None] + server.ROLES:
            client = self.server.client(role)
            for method, path, operation in operations():
                name, roles = operation["operationId"], operation["x-roles"]
                if "x-setting" in operation: # there by a setting that is off here
                    continue
                if name in ("signOut", "changeStaff") and role:
                    continue # below
                with self.subTest(operation=name, role=role):
                    answer = self.ask(client, method, path, operation)
                    self.assertLess(answer.status, 500)
                    if "public" in roles or "local" in roles:
                        self.assertIn(answer.status, (200, 422))
                    elif role is None:
                        self.assertEqual(answer.status, 401)
                    elif "any" in roles or role in roles:
                        self.assertFalse(answer.hidden())
                        self.assertNotEqual(answer.status, 401)
                    else:
                        self.assertTrue(answer.hidden(), answer.body)
                        refused += 1
        self.assertGreater(refused, 300)
        found = self.count_refusals()
        self.assertEqual(found, refused)

    def count_refusals(self):
        """Entries of refused access, read as the auditor does."""
        self.server.restart()
        self.server.run("audit", "verify")
        auditor, at, found = self.server.client("auditor"), 0, 0
        while at is not None:
            page = auditor("GET", f"/api/v1/record/entries?from={at}&count=200").json()
            found += sum(e["entry"]["action"] == "access.refused" for e in page["entries"])
            at = page["next"]
        return found

    def test_what_may_not_be_done_looks_like_what_is_not_there(self):
        client = self.server.client("welfare")
        refused = client("GET", "/api/v1/staff")
        absent = client("GET", "/api/v1/no-such-thing")
        other_method = client("DELETE", "/api/v1/staff")
        for other in (absent, other_method):
            self.assertEqual((refused.status, refused.body), (other.status, other.body))
        nobody = self.server.client()
        refused, absent = nobody("GET", "/api/v1/staff"), nobody("GET", "/api/v1/no-such-thing")
        self.assertEqual((refused.status, refused.body), (absent.status, absent.body))
        self.assertEqual(refused.status, 401)

    def test_admin_changes_staff_and_nobody_themselves(self):
        admin = self.server.client("admin")
        me = admin("GET", "/api/v1/session").json()["staff"]
        self.assertEqual(admin("PATCH", f"/api/v1/staff/{me}", {"roles": []}).status, 403)
        self.assertEqual(admin("PATCH", "/api/v1/staff/77", {"roles": []}).status, 404)
        both = {"roles": ["admin", "assessor"]}
        self.assertEqual(admin("PATCH", "/api/v1/staff/77", both).status, 409)

    def test_the_record_is_verified_for_its_auditor(self):
        auditor = self.server.client("auditor")
        state = auditor("POST", "/api/v1/record/verify").json()
        until = time.monotonic() + 60
        while state["running"] and time.monotonic() < until:
            time.sleep(0.05)
            state = auditor("GET", "/api/v1/record/verify").json()
        self.assertTrue(state["report"]["good"], state)
        self.assertIsNone(state["report"]["finding"])
        last = auditor("GET", "/api/v1/record/head").json()["last_check"]
        self.assertTrue(last["good"], last)
        self.assertEqual(last["entries"], state["report"]["sequenced"])

    def test_answers_without_sign_in_are_plain(self):
        nobody = self.server.client()
        self.assertEqual(nobody("GET", "/healthz").body, b"ok\n")
        self.assertEqual(nobody("GET", "/readyz").body, b"ready\n")
        self.assertEqual(nobody("GET", "/api/openapi.json").json(), server.openapi())
        workspace = nobody("GET", "/api/v1/workspace").json()
        self.assertTrue(workspace["training"] and workspace["ready"])
        page = nobody("GET", "/")
        self.assertIn(b"<!doctype html>", page.body)
        for path in re.findall(rb'(?:src|href)="(/[^"]+)"', page.body):
            asset = nobody("GET", path.decode())
            self.assertEqual(asset.status, 200)
            self.assertIn("immutable", asset.headers["Cache-Control"])
        self.assertEqual(nobody("GET", "/nowhere").status, 404)


if __name__ == "__main__":
    ROUTES = sys.argv.pop()
    server.main()
