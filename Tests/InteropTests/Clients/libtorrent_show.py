#!/usr/bin/python3
"""Prints what libtorrent reads in a torrent file: its info-hashes, sizes and files (pad files left out)."""
import json
import sys

import libtorrent as lt


def main():
    info = lt.torrent_info(sys.argv[1])
    files, hashes = info.files(), info.info_hashes()
    listed = [{"path": files.file_path(i), "length": files.file_size(i)} for i in range(files.num_files())
              if not files.file_flags(i) & lt.file_flags_t.flag_pad_file]
    print(json.dumps({
        "name": info.name(), "info_hash_v1": str(hashes.v1) if hashes.has_v1() else None,
        "info_hash_v2": str(hashes.v2) if hashes.has_v2() else None, "piece_length": info.piece_length(), "private": info.priv(),
        "size": sum(file["length"] for file in listed), "files": listed, "trackers": [t.url for t in info.trackers()],
    }))


main()
