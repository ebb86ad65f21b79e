#!/usr/bin/python3
"""Asks TLS listeners of BitTorrent nodes things, one connection or two a probe, and reports what could be seen from outside.

The plan (JSON) lists the probes; `--at-once` of them run at a time, and the reports come in the plan's order."""
import argparse
import concurrent.futures
import json
import os
import socket
import ssl
import tempfile
import time

import tls_link


class Report(dict):
    """What was seen. `end`: served, closed, reset or silence; `notify`: whether the close was announced; `late`: the records that the server
    sent after its side of the handshake."""

    def __init__(self, name):
        super().__init__(name=name, connected=False, plaintext=0, served=False, notify=False, end="", alert=None, records=[], late=[],
                         version=None, cipher=None, reused=False, resumable=False, seconds=0.0)


def observe(plan, report, work, session=None, made=None):
    """One connection: handshake, then `work`; however it ends, it is told in the report. Gives the session and its context."""
    begun = time.monotonic()
    link = None
    try:
        link = tls_link.Link(plan, session, made)
        link.shake()
        report.update(connected=True, version=link.tls.version(), cipher=link.tls.cipher()[0], reused=bool(link.tls.session_reused))
        work(link, report)
        report["end"] = report["end"] or "served"
    except ssl.SSLZeroReturnError:
        report["notify"], report["end"] = True, link.drain()
    except ssl.SSLError as error:
        report["alert"], report["end"] = error.reason or str(error), link.drain()
    except tls_link.Closed:
        report["end"] = "closed"
    except socket.timeout:
        report["end"] = "silence"
    except OSError as error:
        report["end"] = "reset" if isinstance(error, (ConnectionResetError, BrokenPipeError)) else str(error)
    report["seconds"] = round(time.monotonic() - begun, 3)
    if link is None:
        return None, None
    report.update(records=link.records, late=link.records[link.early:])
    # Where the handshake failed, there is none, and Python trips over that.
    kept = link.tls.session if report["connected"] else None
    report["resumable"] = bool(kept and (kept.has_ticket or kept.id and report["version"] != "TLSv1.3"))
    link.close()
    return kept, link.context


def ask(link, report):
    """The BitTorrent handshake, and if it is answered one block."""
    if not link.plan.get("hash"):
        return wait(link, report)
    link.send(tls_link.handshake(link.plan["hash"]))
    count = report["plaintext"]
    while count < 68:
        more = link.read()
        if not more:
            raise ssl.SSLZeroReturnError()
        count = report["plaintext"] = count + len(more)
    return report.update(served=True)


def wait(link, report):
    while more := link.read():
        report["plaintext"] += len(more)
    raise ssl.SSLZeroReturnError()


def fetch(link, report):
    """Handshake, and the first block of the first piece."""
    link.send(tls_link.handshake(link.plan["hash"]))
    link.take(68)
    link.send(tls_link.message(2))
    link.first((1,))
    block = link.block(0, 0, 16384)
    report.update(served=block is not None and len(block) == 16384, plaintext=68 + len(block or b""))


def ask_probe(plan, report):
    observe(plan, report, ask)


def fetch_probe(plan, report):
    observe(plan, report, fetch)


def raw_probe(plan, report):
    """Bytes as they are, and what comes back, up to `takes` of it."""
    begun = time.monotonic()
    link = tls_link.connect(plan["peer"], plan["bind"], plan.get("limit", 8))
    try:
        data = bytes.fromhex(plan["bytes"]) * plan.get("times", 1)
        for start in range(0, len(data), 1 if plan.get("drip") else 1 << 16):
            link.sendall(data[start:start + 1] if plan.get("drip") else data[start:start + (1 << 16)])
            time.sleep(plan.get("drip", 0))
        while more := link.recv(1 << 16):
            report["plaintext"] += len(more)
            report["records"].append([more[0], len(more)])
        report["end"] = "closed"
    except socket.timeout:
        report["end"] = "silence"
    except OSError:
        report["end"] = "reset"
    report["seconds"] = round(time.monotonic() - begun, 3)
    link.close()


def insert_probe(plan, report):
    """A session, and then raw bytes in the middle of the stream of records."""
    def work(link, report):
        fetch(link, report)
        link.socket.sendall(bytes.fromhex(plan["bytes"]) * plan.get("times", 1))
        wait(link, report)
    observe(plan, report, work)


def sealed_probe(plan, report):
    """A session that goes on with records of our own making: `times` of `content`, as the type `kind`."""
    with tempfile.TemporaryDirectory() as folder:
        made = tls_link.context(plan)
        made.keylog_filename = os.path.join(folder, "secrets")

        def work(link, report):
            sealer = tls_link.Sealer(made.keylog_filename, link.tls.cipher()[0])
            # That they are well made shows in that the handshake in one of them is answered.
            link.socket.sendall(sealer.seal(tls_link.handshake(plan["hash"])))
            link.take(68)
            report["served"] = True
            content = bytes.fromhex(plan["bytes"])
            link.socket.sendall(b"".join(sealer.seal(content, plan.get("kind", 23)) for _ in range(plan.get("times", 1))))
            wait(link, report)
        observe(plan, report, work, made=made)


def truncate_probe(plan, report):
    """A block, and then the end of the connection without a word of TLS, in the middle of a record where asked for."""
    def work(link, report):
        fetch(link, report)
        if plan.get("bytes"):
            link.socket.sendall(bytes.fromhex(plan["bytes"]))
        link.socket.shutdown(socket.SHUT_WR)
        report["end"] = link.drain()
    observe(plan, report, work)


def leave_probe(plan, report):
    """Begins a handshake and hangs up in the middle of it."""
    link = tls_link.Link(plan)
    try:
        link.tls.do_handshake()
    except ssl.SSLWantReadError:
        link.flush()
    report["end"] = "left"
    try:
        if plan.get("takes"):
            link.fill()
    except (tls_link.Closed, OSError):
        report["end"] = "closed"
    link.close()


def resume_probe(plan, report):
    """A first session; where `awaits` says so a wait for that file; then another, with what `then` changes, that would go on with the first."""
    first = Report("first")
    session, made = observe(plan, first, fetch)
    while plan.get("awaits") and not os.path.exists(plan["awaits"]):
        time.sleep(0.02)
    again = {**plan, **plan["then"]}
    # The session belongs to its context, which holds the certificate too: an attacker would have it either way.
    observe(again, report, ask, session=session, made=made)
    report["first"] = first


PROBES = {name.removesuffix("_probe"): probe for name, probe in list(globals().items()) if name.endswith("_probe")}


def run(plan):
    report = Report(plan["label"])
    PROBES[plan.get("probe", "ask")](plan, report)
    return report


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--plan", required=True, help="the JSON file")
    p.add_argument("--at-once", type=int, default=8)
    a = p.parse_args()
    with open(a.plan, encoding="utf-8") as file:
        plan = json.load(file)
    with concurrent.futures.ThreadPoolExecutor(a.at_once) as pool:
        print(json.dumps({"reports": list(pool.map(run, plan["probes"]))}), flush=True)


main()
