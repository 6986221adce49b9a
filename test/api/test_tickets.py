"""Pictures leave by tickets alone: once, to who holds the task, with a view on the record."""
import unittest

import server


class Tickets(server.ServerCase):
    pictures = 6

    def setUp(self):
        self.client = self.server.client("assessor")
        self.client("POST", "/api/v1/shift")
        answer = self.client("POST", "/api/v1/leases", {"queue": "grade", "count": 1})
        self.assertEqual(answer.status, 200, answer.body)
        self.lease = answer.json()["leases"][0]

    def tearDown(self):
        self.client("DELETE", f"/api/v1/leases/{self.lease['lease']}")

    def tickets(self, *renditions):
        answer = self.client("POST", f"/api/v1/leases/{self.lease['lease']}/tickets",
                             {"renditions": list(renditions)})
        self.assertEqual(answer.status, 200, answer.body)
        return [picture["ticket"] for picture in answer.json()["pictures"]]

    def get(self, ticket, client=None, method="GET"):
        return (client or self.client)(method, f"/api/v1/pictures/{ticket}")

    def views(self):
        return self.client("GET", "/api/v1/stats").json()["views"]

    def test_a_ticket_gives_its_picture_once(self):
        ticket, = self.tickets("cover")
        before = self.views()
        answer = self.get(ticket)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "image/jpeg")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(answer.headers["Assay-Rendition"], "cover")
        self.assertTrue(answer.body.startswith(b"\xff\xd8\xff"))
        self.assertEqual(self.get(ticket).status, 403)
        self.assertEqual(self.views(), before + 1)
        view = answer.headers["Assay-View"]
        end = f"/api/v1/views/{view}/end"
        self.assertEqual(self.client("POST", end, {"shown_ms": 40}).status, 204)
        self.assertEqual(self.client("POST", end, {"shown_ms": 40}).status, 404)

    def test_each_rendition_is_named_by_its_answer(self):
        names = ["cover", "small_grey", "small_colour", "full_grey", "full_colour", "strip"]
        for name in names:
            ticket, = self.tickets(name)
            answer = self.get(ticket)
            self.assertEqual((answer.status, answer.headers["Assay-Rendition"]), (200, name))

    def test_other_sessions_and_other_people_get_nothing(self):
        ticket, = self.tickets("cover")
        before = self.views()
        self.assertEqual(self.get(ticket, self.server.client("assessor")).status, 403)
        self.assertEqual(self.get(ticket, self.server.client("lead")).status, 403)
        self.assertTrue(self.get(ticket, self.server.client("admin")).hidden())
        self.assertEqual(self.get(ticket, self.server.client()).status, 401)
        self.assertEqual(self.views(), before)
        self.assertEqual(self.get(ticket).status, 200) # none of them used it up

    def test_forged_tickets_give_nothing(self):
        ticket, = self.tickets("cover")
        before = self.views()
        for at in range(0, len(ticket), 3):
            digit = "0" if ticket[at] != "0" else "1"
            self.assertEqual(self.get(ticket[:at] + digit + ticket[at + 1:]).status, 403, at)
        for other in (ticket[:-1], ticket[:-2], ticket + "00", "0", "x" * 162, "0" * 162):
            self.assertEqual(self.get(other).status, 403)
        self.assertEqual(self.views(), before)

    def test_asking_for_headers_alone_does_not_use_it_up(self):
        ticket, = self.tickets("cover")
        before = self.views()
        self.assertEqual(self.get(ticket, method="HEAD").status, 404)
        self.assertEqual(self.views(), before)
        self.assertEqual(self.get(ticket).status, 200)

    def test_tickets_end_with_the_lease_and_with_the_session(self):
        ticket, = self.tickets("cover")
        lease = self.lease["lease"]
        self.assertEqual(self.client("DELETE", f"/api/v1/leases/{lease}").status, 204)
        self.assertEqual(self.get(ticket).status, 403)
        self.setUp()
        ticket, = self.tickets("cover")
        self.client("DELETE", "/api/v1/session")
        self.assertEqual(self.get(ticket).status, 401)
        self.setUp() # what was held is free again

    def test_leases_of_others_are_as_lost_as_those_that_never_were(self):
        lead = self.server.client("lead")
        mine, none = self.lease["lease"], "0" * 32
        for method, path, body in (("POST", "/api/v1/leases/{}/heartbeat", None),
                                   ("DELETE", "/api/v1/leases/{}", None),
                                   ("POST", "/api/v1/leases/{}/names", None),
                                   ("POST", "/api/v1/leases/{}/tickets",
                                    {"renditions": ["cover"]})):
            with self.subTest(path=path):
                other = lead(method, path.format(mine), body)
                absent = lead(method, path.format(none), body)
                self.assertEqual((other.status, other.body), (absent.status, absent.body))
                self.assertEqual(other.status, 409)

    def test_the_same_act_twice_is_one_act(self):
        scheme = self.client("GET", "/api/v1/schemes/training-landscapes").json()["scheme"]
        body = {"lease": self.lease["lease"], "code": scheme["codes"][0]["code"], "tags": []}
        one = self.client("POST", "/api/v1/later", {"lease": body["lease"]}, once="put-off-once")
        two = self.client("POST", "/api/v1/later", {"lease": body["lease"]}, once="put-off-once")
        self.assertEqual((one.status, one.body), (two.status, two.body))
        self.assertEqual(one.status, 200, one.body)
        other = self.client("POST", "/api/v1/later", {"lease": "0" * 32}, once="put-off-once")
        self.assertEqual(other.status, 409)
        elsewhere = self.client("POST", "/api/v1/second-looks", {"lease": body["lease"]},
                                once="put-off-once")
        self.assertEqual(elsewhere.status, 409)


if __name__ == "__main__":
    server.main()
