#!/usr/bin/python3
"""Listens as the peers that a node dials over TLS, each with a certificate of its own, and reports what the first to come said.

Prints `listening` when all of them can be dialed."""
import argparse
import concurrent.futures
import json
import socket
import ssl


def context(plan, report):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(plan["certificate"], plan["key"])
    made.load_verify_locations(plan["authorities"])
    made.verify_mode = ssl.CERT_REQUIRED
    if plan.get("version") == "1.2":
        made.maximum_version = ssl.TLSVersion.TLSv1_2
    made.sni_callback = lambda _, name, __: report.update(name=name)
    return made


def serve(plan, listener, limit):
    report = {"label": plan["label"], "came": False, "connected": False, "certified": False, "plaintext": 0, "alert": None, "name": None}
    listener.settimeout(limit)
    try:
        link, _ = listener.accept()
        report["came"] = True
        link.settimeout(limit)
        if plan.get("plain"):
            report["plaintext"] = len(link.recv(1 << 16))
            return report
        with context(plan, report).wrap_socket(link, server_side=True) as tls:
            report.update(connected=True, certified=tls.getpeercert() is not None)
            report["plaintext"] = len(tls.recv(1 << 16))
    except ssl.SSLError as error:
        report["alert"] = error.reason or str(error)
    except OSError as error:
        report["alert"] = type(error).__name__
    return report


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--plan", required=True, help="the JSON file")
    p.add_argument("--timeout", type=float, default=15)
    a = p.parse_args()
    with open(a.plan, encoding="utf-8") as file:
        plan = json.load(file)
    listeners = [socket.create_server((entry["bind"], entry["port"])) for entry in plan["servers"]]
    print("listening", flush=True)
    with concurrent.futures.ThreadPoolExecutor(len(listeners)) as pool:
        reports = list(pool.map(serve, plan["servers"], listeners, [a.timeout] * len(listeners)))
    print(json.dumps({"reports": reports}), flush=True)


main()
