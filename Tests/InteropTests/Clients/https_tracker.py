#!/usr/bin/python3
"""A tracker over https that asks for a client's certificate, and says who announced what.

Prints `listening PORT`, then `announced HASH NAME` for each announce, NAME being the common name of the certificate."""
import argparse
import http.server
import ssl
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(pair.split("=", 1) for pair in url.query.split("&") if "=" in pair)
        subject = dict(field for part in self.connection.getpeercert()["subject"] for field in part)
        print("announced", urllib.parse.unquote_to_bytes(query.get("info_hash", "")).hex(), subject.get("commonName"), flush=True)
        body = b"d8:intervali1800e5:peers0:e"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--certificate", required=True)
    p.add_argument("--key", required=True)
    p.add_argument("--authorities", required=True)
    a = p.parse_args()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(a.certificate, a.key)
    context.load_verify_locations(a.authorities)
    context.verify_mode = ssl.CERT_REQUIRED
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print("listening", server.server_port, flush=True)
    server.serve_forever()


main()
