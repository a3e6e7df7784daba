"""A mail server for tests and trials of the worker."""

import socketserver
import threading
import time


class Sink(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it takes, each letter a little while."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        self.letters, self.delay = [], 0.03
        super().__init__(("127.0.0.1", 0), Talk)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """Say nothing of a client that was killed."""


class Talk(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self):
        self.say("220 sink")
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                self.say("354 go on")
                data = b""
                while (row := self.rfile.readline()) not in (b".\r\n", b""):
                    data += row
                if row:
                    time.sleep(self.server.delay)
                    self.server.letters.append(data)
                    self.say("250 taken")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 sink")
