#!/usr/bin/python3
"""Makes a torrent with libtorrent and prints the info-hashes that it computed; or several, as a JSON file lists them."""
import argparse
import json
import os

import libtorrent as lt

KINDS = {"v1": lt.create_torrent.v1_only, "v2": lt.create_torrent.v2_only, "hybrid": 0}


def create(path, torrent, kind="hybrid", piece_length=0, trackers=(), ssl_cert=None):
    path = os.path.abspath(path)
    files = lt.file_storage()
    lt.add_files(files, path)
    creator = lt.create_torrent(files, piece_length, KINDS[kind])
    for tracker in trackers:
        creator.add_tracker(tracker)
    if ssl_cert:
        with open(ssl_cert, encoding="utf-8") as file:
            creator.set_root_cert(file.read())
    lt.set_piece_hashes(creator, os.path.dirname(path))
    with open(torrent, "wb") as file:
        file.write(lt.bencode(creator.generate()))
    hashes = lt.torrent_info(torrent).info_hashes()
    return {"info_hash_v1": str(hashes.v1) if hashes.has_v1() else None, "info_hash_v2": str(hashes.v2) if hashes.has_v2() else None}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--kind", choices=KINDS, default="hybrid")
    p.add_argument("--piece-length", type=int, default=0)
    p.add_argument("--tracker", action="append", default=[])
    p.add_argument("--ssl-cert", help="the PEM file of the authority, which makes it an SSL torrent")
    p.add_argument("--list", help="a JSON file with path, torrent, kind and ssl_cert of each")
    p.add_argument("path", nargs="?")
    p.add_argument("torrent", nargs="?")
    a = p.parse_args()
    if a.list:
        with open(a.list, encoding="utf-8") as file:
            return print(json.dumps([create(**entry) for entry in json.load(file)]))
    print(json.dumps(create(a.path, a.torrent, a.kind, a.piece_length, a.tracker, a.ssl_cert)))


main()
