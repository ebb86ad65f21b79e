#!/usr/bin/python3
"""Reads a node's catalogue as anybody can: urllib, an XML parser, and bencode by hand. Reports what is there as JSON."""
import argparse
import hashlib
import http.client
import json
import urllib.parse
import urllib.request
import xml.etree.ElementTree


def decode(data, at=0):
    """The bencoded value at a place, and where it ends."""
    kind = data[at:at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if kind in (b"l", b"d"):
        at += 1
        values = []
        while data[at:at + 1] != b"e":
            value, at = decode(data, at)
            values.append(value)
        return (values if kind == b"l" else dict(zip(values[::2], values[1::2]))), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1:end], end


def fetch(url, bind, fields=None):
    """Status, headers and body, from an address of ours."""
    parts = urllib.parse.urlsplit(url)
    link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10, source_address=(bind, 0))
    link.request("GET", parts.path, headers=fields or {})
    answer = link.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--base", required=True, help="http://HOST:PORT")
    p.add_argument("--bind", default="127.0.0.1")
    p.add_argument("--save", help="a folder for the torrents of the feed")
    a = p.parse_args()
    report = {"statuses": {}, "artifacts": [], "feed": [], "unchanged": None}
    status, headers, body = fetch(a.base + "/catalogue", a.bind)
    report["statuses"]["catalogue"] = status
    if status == 200:
        tag = {name.lower(): value for name, value in headers.items()}["etag"]
        report["unchanged"] = fetch(a.base + "/catalogue", a.bind, {"If-None-Match": tag})[0]
        document, _ = decode(decode(body)[0][b"body"])
        for entry in document[b"artifacts"]:
            torrent = fetch(a.base + "/" + entry[b"torrent"].decode(), a.bind)[2]
            report["artifacts"].append({
                "name": entry[b"name"].decode(), "size": entry[b"size"],
                "matches": hashlib.sha256(torrent).digest() == entry[b"torrent_sha256"]})
    status, _, body = fetch(a.base + "/catalogue.rss", a.bind)
    report["statuses"]["rss"] = status
    if status == 200:
        for item in xml.etree.ElementTree.fromstring(body).iter("item"):
            enclosure = item.find("enclosure").attrib
            # As a stock reader has it: by urllib, whatever the address.
            torrent = urllib.request.urlopen(enclosure["url"], timeout=10).read() if a.bind == "127.0.0.1" else b""
            if a.save:
                with open(f"{a.save}/{item.findtext('title')}.torrent", "wb") as file:
                    file.write(torrent)
            report["feed"].append({
                "title": item.findtext("title"), "type": enclosure["type"], "length": int(enclosure["length"]), "read": len(torrent)})
    print(json.dumps(report))


main()
