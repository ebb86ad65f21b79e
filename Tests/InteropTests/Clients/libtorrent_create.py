#!/usr/bin/python3
"""Makes a torrent with libtorrent and prints the info-hashes that it computed."""
import argparse
import json
import os

import libtorrent as lt

KINDS = {"v1": lt.create_torrent.v1_only, "v2": lt.create_torrent.v2_only, "hybrid": 0}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--kind", choices=KINDS, default="hybrid")
    p.add_argument("--piece-length", type=int, default=0)
    p.add_argument("--tracker", action="append", default=[])
    p.add_argument("--ssl-cert", help="the PEM file of the authority, which makes it an SSL torrent")
    p.add_argument("path")
    p.add_argument("torrent")
    a = p.parse_args()
    path = os.path.abspath(a.path)
    files = lt.file_storage()
    lt.add_files(files, path)
    creator = lt.create_torrent(files, a.piece_length, KINDS[a.kind])
    for tracker in a.tracker:
        creator.add_tracker(tracker)
    if a.ssl_cert:
        with open(a.ssl_cert, encoding="utf-8") as file:
            creator.set_root_cert(file.read())
    lt.set_piece_hashes(creator, os.path.dirname(path))
    with open(a.torrent, "wb") as file:
        file.write(lt.bencode(creator.generate()))
    hashes = lt.torrent_info(a.torrent).info_hashes()
    print(json.dumps({"info_hash_v1": str(hashes.v1) if hashes.has_v1() else None,
                      "info_hash_v2": str(hashes.v2) if hashes.has_v2() else None}))


main()
