"""What the client drivers share: deadlines, a client process that never outlives its driver, and one JSON report on stdout.

A driver downloads with one stock client and says what happened. Exit 0: complete; 1: not complete (the report says why)."""
import argparse
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time


class Deadline:
    def __init__(self, seconds):
        self.start = time.monotonic()
        self.end = self.start + seconds

    @property
    def left(self):
        return max(0.0, self.end - time.monotonic())

    @property
    def passed(self):
        return self.left == 0.0

    @property
    def elapsed(self):
        return round(time.monotonic() - self.start, 3)


def parser(description):
    """The options every driver has."""
    p = argparse.ArgumentParser(description=description)
    p.add_argument("--torrent", help="the .torrent file")
    p.add_argument("--magnet", help="a magnet link, where there is no .torrent")
    p.add_argument("--to", required=True, help="the folder to download into")
    p.add_argument("--bind", default="127.0.0.1", help="the client's own address")
    p.add_argument("--timeout", type=float, default=60, help="seconds until the driver gives up")
    return p


def report(client, ok, deadline, **rest):
    """Prints the report and leaves."""
    print(json.dumps({"client": client, "ok": ok, "seconds": deadline.elapsed, **rest}), flush=True)
    sys.exit(0 if ok else 1)


class Client:
    """A client process in a session of its own, with a private folder for its state, ended with everything that it started."""

    def __init__(self, name):
        self.name = name
        self.state = tempfile.mkdtemp(prefix=f"granary-{name}-")
        self.log = os.path.join(self.state, "log")
        self.process = None

    def path(self, *parts):
        return os.path.join(self.state, *parts)

    def fifo(self, name):
        """A named pipe that the client's own completion hook writes to; kept open for writing, so that reading it waits."""
        os.mkfifo(self.path(name))
        return os.open(self.path(name), os.O_RDWR | os.O_NONBLOCK)

    def start(self, argv):
        with open(self.log, "ab") as log:
            env = dict(os.environ, HOME=self.state, TERM="xterm")
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd=self.state, start_new_session=True)

    def wait_fifo(self, fifo, deadline):
        """Whether the hook spoke before the deadline and before the client ended."""
        exited = os.pidfd_open(self.process.pid)
        try:
            ready, _, _ = select.select([fifo, exited], [], [], deadline.left)
            return fifo in ready
        finally:
            os.close(exited)

    def tail(self):
        try:
            with open(self.log, "rb") as log:
                return log.read()[-2000:].decode("utf-8", "replace")
        except OSError:
            return ""

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                pass
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()

    def __enter__(self):
        def leave(*_):
            sys.exit(1)

        signal.signal(signal.SIGTERM, leave)
        signal.signal(signal.SIGINT, leave)
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)
