"""What gunicorn, with our settings, makes of requests that are no honest ones."""

import re
import socket

from django.db import connection
from django.test import TransactionTestCase

from tests.comments.shared import SharedDatabase
from tests.newsroom.servers import Servers, static_files  # noqa: F401

HIDDEN = "0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"


class HonestyTests(Servers, SharedDatabase, TransactionTestCase):
    def send(self, *lines, body=""):
        """Send a request as it stands; return the statuses that come back until the end."""
        text = "\r\n".join([*lines, "Connection: close", "", body])
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as link:
            link.sendall(text.encode("latin-1"))
            answer = b"".join(iter(lambda: link.recv(65_536), b""))
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]

    def test_only_whole_and_plain_requests_are_answered(self):
        connection.ensure_connection()
        self.share()
        self.port = self.serve(DATABASE_URL=self.address)
        get, host, post = "GET /healthz HTTP/1.1", "Host: 127.0.0.1", "POST /healthz HTTP/1.1"
        self.assertEqual(self.send(get, host), [200])
        self.assertEqual(self.send(post, host, CHUNKED, body="0\r\n\r\n"), [403])
        self.assertEqual(self.send(post, host, "Content-Length: 3", body="a=1"), [403])
        long = len(HIDDEN)
        for name, lines, body in (
            ("two lengths", [post, host, "Content-Length: 0", f"Content-Length: {long}"], HIDDEN),
            ("length and chunks", [post, host, f"Content-Length: {long}", CHUNKED], HIDDEN),
            ("chunks and length", [post, host, CHUNKED, "Content-Length: 6"], HIDDEN),
            ("chunks twice", [post, host, CHUNKED, "Transfer-Encoding: x"], HIDDEN),
            ("odd chunks", [post, host, "Transfer-Encoding: xchunked"], HIDDEN),
            ("space before the colon", [post, host, "Transfer-Encoding : chunked"], HIDDEN),
            ("length with a sign", [post, host, "Content-Length: +0"], ""),
            ("folded header", [get, host, "X-A: b", " Content-Length: 5"], ""),
            ("two hosts", [get, host, "Host: evil.example"], ""),
            ("host of others", [get, "Host: evil.example"], ""),
            ("long line", [f"GET /{'a' * 5000} HTTP/1.1", host], ""),
            ("many headers", [get, host, *(f"X-{n}: 1" for n in range(100))], ""),
            ("no name", ["GET HTTP/1.1", host], ""),
        ):
            with self.subTest(name):
                statuses = self.send(*lines, body=body)
                self.assertEqual(len(statuses), 1, statuses)
                self.assertIn(statuses[0], (400, 414, 431, 501))  # before any view
        # Nor does a header move the site, or one address to another.
        moved = self.send(
            "GET //evil.example/healthz HTTP/1.1", host, "SCRIPT_NAME: //evil.example"
        )
        self.assertEqual(moved, [404])
        self.assertEqual(self.send("GET /x HTTP/1.1", host, "PATH_INFO: /healthz"), [404])
