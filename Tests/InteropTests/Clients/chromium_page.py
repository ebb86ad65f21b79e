#!/usr/bin/python3
"""Opens a page in headless Chromium and does a list of steps with it, over the DevTools protocol on a pipe.

Each step is an argument, NAME=VALUE, done in order: size=WIDTHxHEIGHT and scheme=light|dark before open=URL; wait=EXPRESSION until it is true;
print=EXPRESSION; click=SELECTOR; type=SELECTOR=TEXT; key=NAME; shot=FILE for a PNG of the
whole page, view=FILE of what is in sight. What print gives is a JSON line on stdout
as soon as it is known, with the step's number. At the end one line tells of what went wrong in the page: exceptions, what was written to the
console as an error, and what its content policy has forbidden. Exit 1: a step did not come true in time."""
import argparse
import base64
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--mute-audio",
    "--hide-scrollbars", "--force-device-scale-factor=1", "--password-store=basic", "--remote-debugging-pipe",
]
KEYS = {"Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowRight": 39}


class Browser:
    """A browser with a profile of its own, which is gone with it."""

    def __init__(self, program, folder, extra):
        # It reads commands from descriptor 3 and writes answers and events to 4.
        theirs_in, self.out = os.pipe()
        self.incoming, theirs_out = os.pipe()

        def place():
            low = os.dup2(theirs_in, 100), os.dup2(theirs_out, 101)
            os.dup2(low[0], 3)
            os.dup2(low[1], 4)

        command = [program, *FLAGS, *extra, "--user-data-dir=" + folder, "about:blank"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=place,
            start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        self.buffer = b""
        self.number = 0
        self.events = []

    def end(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def read(self, deadline):
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.incoming], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            more = os.read(self.incoming, 1 << 20)
            if not more:
                raise ConnectionError("the browser is gone")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def send(self, method, session=None, deadline=None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        deadline = deadline or time.monotonic() + 60
        while True:
            answer = self.read(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)


class Page:
    """One tab."""

    def __init__(self, browser, limit):
        self.browser = browser
        self.limit = limit
        target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(domain + ".enable")

    def send(self, method, **params):
        return self.browser.send(method, self.session, **params)

    def evaluate(self, expression):
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            detail = result["exceptionDetails"]
            raise RuntimeError(f"{expression}: {detail.get('exception', {}).get('description', detail['text'])}")
        return result["result"].get("value")

    def wait(self, expression):
        deadline = time.monotonic() + self.limit
        last = None
        while time.monotonic() < deadline:
            try:
                if self.evaluate(f"Boolean({expression})"):
                    return
                last = "it is false"
            except RuntimeError as error:
                last = str(error)
            time.sleep(0.1)
        raise TimeoutError(f"{expression}: {last}; the page: {self.evaluate('document.body.innerText')[:2000]}")

    def size(self, value):
        width, height = (int(part) for part in value.split("x"))
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)

    def scheme(self, value):
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": value}])

    def open(self, url):
        self.send("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def click(self, selector):
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def type(self, value):
        selector, text = value.rsplit("=", 1)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.send("Input.insertText", text=text)

    def key(self, name):
        for kind in ("rawKeyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=KEYS[name])
        if name == "Enter":
            self.send("Input.dispatchKeyEvent", type="char", text="\r", key=name)

    def shot(self, path, whole=True):
        image = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(image))

    def view(self, path):
        self.shot(path, whole=False)

    def problems(self):
        found = []
        for event in self.browser.events:
            params = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                detail = params["exceptionDetails"]
                found.append(detail.get("exception", {}).get("description", detail["text"]))
            elif event["method"] == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                found.append(" ".join(str(one.get("value", one.get("description"))) for one in params["args"]))
            elif event["method"] == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(params["entry"]["text"] + " " + params["entry"].get("url", ""))
        return found

    def foreign(self, origin):
        """What was asked of anybody but the page's own server."""
        urls = [event["params"]["request"]["url"] for event in self.browser.events if event["method"] == "Network.requestWillBeSent"]
        return sorted({url for url in urls if not url.startswith((origin, "about:", "data:"))})


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--browser", default="chromium")
    p.add_argument("--limit", type=float, default=60, help="seconds for each step")
    p.add_argument("--origin", default="http://127.0.0.1")
    p.add_argument("--flag", action="append", default=[], help="a further flag of the browser")
    p.add_argument("steps", nargs="+")
    a = p.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as folder:
        browser = Browser(a.browser, folder, a.flag)
        try:
            page = Page(browser, a.limit)
            for number, step in enumerate(a.steps):
                name, value = step.split("=", 1)
                if name == "print":
                    print(json.dumps({"step": number, "value": page.evaluate(value)}), flush=True)
                elif name in ("size", "scheme", "open", "wait", "click", "type", "key", "shot", "view"):
                    getattr(page, name)(value)
                else:
                    raise SystemExit(f"no step is called {name}")
            page.evaluate("1")
            print(json.dumps({"problems": page.problems(), "foreign": page.foreign(a.origin)}), flush=True)
        except (TimeoutError, ConnectionError, RuntimeError) as error:
            print(json.dumps({"failed": str(error)}), flush=True)
            sys.exit(1)
        finally:
            browser.end()


if __name__ == "__main__":
    main()
