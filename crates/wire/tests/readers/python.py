"""Reads one request a line, in hexadecimal; prints METHOD,target,body as Python's own HTTP server reads it.

The body is read by its Content-Length; http.server leaves chunks to the application, so those print "chunked".
"""

import sys
from http.server import BaseHTTPRequestHandler
from io import BytesIO


class Reader(BaseHTTPRequestHandler):
    """One request's head, without a socket."""

    def __init__(self, data):
        self.rfile, self.wfile = BytesIO(data), BytesIO()
        self.client_address = ("192.0.2.1", 1)
        self.requestline, self.request_version, self.command = "", "", ""
        self.raw_requestline = self.rfile.readline(65537)
        self.sound = self.parse_request()

    def log_message(self, *_):
        pass

    def summary(self):
        if not self.sound:
            return "!"
        if "transfer-encoding" in self.headers:
            body = self.headers["transfer-encoding"]
        else:
            body = self.rfile.read(int(self.headers.get("content-length", "0"))).hex()
        return f"{self.command},{self.path},{body}"


for line in sys.stdin:
    print(Reader(bytes.fromhex(line.strip())).summary())
