#!/usr/bin/python3
"""Looks at a copy of an inventory with the system's SQLite, so that the original is left for the node to recover as it lies there."""
import json
import os
import shutil
import sqlite3
import sys
import tempfile


def main():
    state = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="granary-check-") as folder:
        for name in ("inventory.sqlite", "inventory.sqlite-wal"):
            if os.path.exists(os.path.join(state, name)):
                shutil.copyfile(os.path.join(state, name), os.path.join(folder, name))
        db = sqlite3.connect(os.path.join(folder, "inventory.sqlite"))
        problems = [row[0] for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
        problems += [f"a row of {row[0]} refers to no row of {row[2]}" for row in db.execute("PRAGMA foreign_key_check")]
        names = [row[0] for row in db.execute("SELECT name FROM artifacts ORDER BY name")]
        db.close()
    print(json.dumps({"problems": problems, "names": names}))


main()
