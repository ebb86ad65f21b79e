// Asks for documents again and again, while somebody looks: a page in the background asks nothing. What has not changed comes as 304 without a body.

const feeds = new Set();
const longestPause = 15;

export class Feed {
  // `path`: a function, for it may change with a search. `show`: given each new document.
  constructor(what, path, every, show) {
    Object.assign(this, { what, path, every, show });
    this.etag = null;
    this.shown = null;
    this.failures = 0;
    this.problem = null;
    this.goodAt = null;
    this.age = 0;
    this.turn = 0;
    feeds.add(this);
    this.ask();
  }

  // Asks now: the question has changed, or somebody looks again.
  ask() {
    clearTimeout(this.timer);
    this.turn += 1;
    if (!document.hidden) this.run(this.turn);
  }

  close() {
    clearTimeout(this.timer);
    this.turn += 1;
    feeds.delete(this);
  }

  async run(turn) {
    const path = this.path();
    if (path !== this.shown) this.etag = null;
    let problem = null;
    try {
      const response = await fetch(path, {
        cache: "no-store", headers: this.etag ? { "If-None-Match": this.etag } : {}, signal: AbortSignal.timeout(10000),
      });
      if (turn !== this.turn) return;
      if (response.status === 200) {
        const body = await response.json();
        if (turn !== this.turn) return;
        [this.etag, this.shown] = [response.headers.get("ETag"), path];
        this.show(body);
      } else if (response.status !== 304) { problem = await reason(response); }
      this.age = Number(response.headers.get("Age") ?? 0);
    } catch (error) {
      problem = error instanceof SyntaxError ? "the answer cannot be read" : error.name === "TimeoutError" ? "no answer within 10 s" : "the node cannot be reached";
      if (!(error instanceof TypeError || error instanceof DOMException || error instanceof SyntaxError)) throw error;
    }
    if (turn !== this.turn) return;
    this.problem = problem;
    this.failures = problem ? this.failures + 1 : 0;
    if (!problem) this.goodAt = Date.now() - 1000 * this.age;
    const pause = Math.min(this.every * 2 ** Math.min(this.failures, 4), Math.max(longestPause, this.every));
    this.timer = setTimeout(() => { if (!document.hidden) this.run(turn); }, 1000 * pause);
  }
}

async function reason(response) {
  try {
    const body = await response.json();
    return body.errors.map((error) => error.message).join("; ");
  } catch {
    return `the node answers ${response.status}`;
  }
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) for (const feed of feeds) feed.ask();
});

// What is wrong with what is shown: the feed that is worst off; null where nothing is.
export function health() {
  const worst = [...feeds].filter((feed) => feed.failures > 0 || feed.age > 15);
  if (!worst.length) return null;
  const isAll = [...feeds].every((feed) => feed.failures > 0);
  const shown = worst.map((feed) => feed.goodAt).filter((goodAt) => goodAt !== null);
  const problem = worst.find((feed) => feed.problem)?.problem ?? "the node's disk is slow";
  return { what: isAll ? null : worst.map((feed) => feed.what), problem, goodAt: shown.length ? Math.min(...shown) : null };
}
