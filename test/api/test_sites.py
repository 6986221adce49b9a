"""No other site, form or header makes somebody's browser change anything (CSRF)."""
import unittest

import server
from test_roles import operations, well_formed

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:1"},
    {"Origin": None},
    {"Origin": None, "Sec-Fetch-Site": "cross-site"},
    {"Origin": None, "Sec-Fetch-Site": "same-site"},
    {"Origin": None, "Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
]
FORMS = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain",
         "application/json-patch+json", "application/jsonx"]


class Sites(server.ServerCase):
    def entries(self):
        return int(self.server.client("auditor")("GET", "/api/v1/stats").json()["record_size"])

    def test_every_unsafe_operation_from_elsewhere_is_refused_and_does_nothing(self):
        clients = {role: self.server.client(role) for role in server.ROLES}
        before = self.server.client("auditor")
        size = before("GET", "/api/v1/stats").json()["record_size"]
        for method, path, operation in operations():
            if method == "GET":
                continue
            role = operation["x-roles"][0]
            client = clients.get(role, clients["assessor"])
            body = {} if "requestBody" in operation else None
            for headers in FOREIGN:
                with self.subTest(operation=operation["operationId"], headers=headers):
                    answer = client(method, well_formed(path), body, headers, once="from-elsewhere")
                    self.assertEqual(answer.status, 403)
        self.assertEqual(before("GET", "/api/v1/stats").json()["record_size"], size)
        self.assertIsNone(clients["assessor"]("GET", "/api/v1/shift").json()["shift"])

    def test_only_json_is_taken_as_a_body(self):
        client = self.server.client("assessor")
        for method, path, operation in operations():
            if "requestBody" not in operation or operation["x-roles"][0] != "assessor":
                continue
            for kind in FORMS + [None]:
                with self.subTest(operation=operation["operationId"], kind=kind):
                    answer = client(method, well_formed(path), headers={"Content-Type": kind},
                                    data=b'{"a":1}', once="other-content")
                    self.assertEqual(answer.status, 415)

    def test_a_method_in_a_header_or_query_is_not_obeyed(self):
        client = self.server.client("assessor")
        for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            self.assertEqual(client("GET", "/api/v1/session", headers={name: "DELETE"}).status, 200)
        self.assertEqual(client("GET", "/api/v1/session?_method=DELETE").status, 400)
        self.assertEqual(client("GET", "/api/v1/session").status, 200)

    def test_reading_from_another_site_is_refused_too(self):
        client = self.server.client("assessor")
        for site in ("cross-site", "same-site"):
            answer = client("GET", "/api/v1/session", headers={"Sec-Fetch-Site": site})
            self.assertEqual(answer.status, 403)
        for site in ("same-origin", "none"):
            answer = client("GET", "/api/v1/session", headers={"Sec-Fetch-Site": site})
            self.assertEqual(answer.status, 200)
        # A link to the console from elsewhere opens it; it holds nothing of anybody.
        page = client("GET", "/", headers={"Sec-Fetch-Site": "cross-site"})
        self.assertEqual(page.status, 200)


if __name__ == "__main__":
    server.main()
