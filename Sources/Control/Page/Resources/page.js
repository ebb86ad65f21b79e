import { artifacts, state } from "./artifacts.js";
import { Chart } from "./chart.js";
import { byId, el, foreign, setText, terms } from "./dom.js";
import { bytes, clock, exactBytes, moment, number, rate, span, tick } from "./format.js";
import { Feed, health } from "./poll.js";
import { peers, refusals, runs, seldom } from "./sections.js";

// The status page: what is asked for, and where it is shown.

let node = null;

function overview(document) {
  node = document.node;
  setText(byId("node"), document.node);
  const ready = byId("ready");
  setText(ready, document.ready ? "ready" : "not ready");
  ready.className = `state ${document.ready ? "good" : "bad"}`;
  judgeChecks(document.checks);
  terms(byId("facts"), [
    ["Granary", document.version],
    ["Up", moment(document.started_at, "")],
    ["Process", String(document.pid)],
    ["Policy generation", number(document.policy_generation)],
  ]);
  terms(byId("figures"), [
    ["Sending", rate(document.up)],
    ["Receiving", rate(document.down)],
    ["Peers", number(document.connections)],
    ["In service", number(document.serving)],
    ["Sent", bytes(document.uploaded), exactBytes(document.uploaded)],
    ["Received", bytes(document.downloaded), exactBytes(document.downloaded)],
  ]);
}

// What the node's readiness is made of; what it is not ready for is told at the top.
function judgeChecks(checks) {
  const failed = checks.filter((check) => check.required && !check.ok);
  byId("unready").hidden = failed.length === 0;
  setText(byId("unready"), failed.length ? `Not ready: ${failed.map((check) => `${check.name}: ${check.reason}`).join("; ")}.` : "");
  const list = byId("checks");
  const sign = JSON.stringify(checks);
  if (list.dataset.sign === sign) return;
  list.dataset.sign = sign;
  list.replaceChildren(...checks.map((check) =>
    el("li", {}, state(check.name, check.ok ? "good" : check.required ? "bad" : "doubt"), el("span", { class: "dim" }, foreign(check.reason)))));
}

function traffic() {
  const chart = new Chart();
  let shown = "recent";
  const feed = new Feed("throughput", () => (shown === "day" ? "page/throughput.json?span=day" : "page/throughput.json"), 2, (document) => chart.show(document));
  const buttons = [...document.querySelectorAll("[data-span]")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      shown = button.dataset.span;
      for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
      feed.ask();
    });
  }
}

// What is shown may be old: then the page says so, and how old.
function judge() {
  const trouble = health();
  const banner = byId("stale");
  document.body.classList.toggle("stale", trouble !== null && trouble.what === null);
  banner.hidden = trouble === null;
  const title = node ?? "Granary";
  document.title = trouble ? `(stale) ${title}` : title;
  if (!trouble) return setText(banner, "");
  const what = trouble.what ? `What is shown of ${trouble.what.join(", ")}` : "What is shown";
  const age = trouble.goodAt ? `${what} is ${span((Date.now() - trouble.goodAt) / 1000)} old, of ${clock(new Date(trouble.goodAt))}.` : "There is nothing to show yet.";
  // Read out once, not with each second.
  if (!banner.lastElementChild || banner.dataset.problem !== trouble.problem) {
    banner.dataset.problem = trouble.problem;
    banner.replaceChildren(el("strong", {}, `${trouble.problem}. `), el("span", { "aria-live": "off" }));
  }
  setText(banner.lastElementChild, age);
}

new Feed("the node", () => "page/overview.json", 2, overview);
traffic();
artifacts();
peers();
refusals();
seldom();
runs();
setInterval(() => { if (!document.hidden) { tick(); judge(); } }, 1000);
