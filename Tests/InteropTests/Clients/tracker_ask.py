#!/usr/bin/python3
"""Asks a tracker raw questions from one address, over HTTP, HTTPS or UDP, and reports each answer's bytes in hex."""
import argparse
import http.client
import os
import socket
import ssl
import struct
import subprocess
import urllib.parse

import common


LINKS = []


def over_http(url, bind, info_hash, port, left, context):
    fields = {"info_hash": info_hash, "peer_id": b"-XX0001-tracker-peer", "port": port, "uploaded": 0, "downloaded": 0, "left": left,
              "compact": 1}
    if LINKS:
        link = LINKS[0]
    elif context:
        link = http.client.HTTPSConnection(url.hostname, url.port, timeout=5, source_address=(bind, 0), context=context)
    else:
        link = http.client.HTTPConnection(url.hostname, url.port, timeout=5, source_address=(bind, 0))
    LINKS[:] = [link]
    link.request("GET", url.path + "?" + urllib.parse.urlencode(fields, quote_via=urllib.parse.quote))
    return link.getresponse().read()


def over_udp(url, bind, info_hash, port, left, _):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind((bind, 0))
        link.settimeout(5)
        link.connect((url.hostname, url.port))
        link.send(struct.pack("!QII", 0x41727101980, 0, 1))
        connection = link.recv(2048)[8:16]
        fields = struct.pack("!QQQIIIiH", 0, left, 0, 2, 0, 7, -1, port)
        link.send(connection + struct.pack("!II", 1, 2) + info_hash + b"-XX0001-tracker-peer" + fields)
        return link.recv(2048)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--tracker", required=True, help="the announce URL")
    p.add_argument("--bind", default="127.0.0.1")
    p.add_argument("--info-hash", action="append", default=[], help="in hex; may be repeated; `random` for one that nobody has")
    p.add_argument("--port", type=int, default=1)
    p.add_argument("--left", type=int, default=1)
    p.add_argument("--authority", help="who vouches for an https tracker")
    p.add_argument("--certificate", help="what it is shown")
    p.add_argument("--key")
    p.add_argument("--between", help="a command that is run between one question and the next, which are asked over one connection then")
    a = p.parse_args()
    deadline = common.Deadline(20)
    url = urllib.parse.urlparse(a.tracker)
    context = ssl.create_default_context(cafile=a.authority) if url.scheme == "https" else None
    if a.certificate:
        context.load_cert_chain(a.certificate, a.key)
    ask = over_udp if url.scheme == "udp" else over_http
    hashes = [os.urandom(20) if text == "random" else bytes.fromhex(text) for text in a.info_hash]
    answers = []
    for index, info_hash in enumerate(hashes):
        if not a.between:
            LINKS.clear()
        elif index > 0:
            subprocess.run(a.between, shell=True, check=True, stdout=subprocess.DEVNULL)
        answers.append(ask(url, a.bind, info_hash, a.port, a.left, context).hex())
    common.report("tracker", True, deadline, answers=answers)


main()
