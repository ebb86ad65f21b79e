import { artifacts } from "./artifacts.js";
import { Chart } from "./chart.js";
import { byId, el, setText, terms } from "./dom.js";
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
  const state = health();
  const banner = byId("stale");
  document.body.classList.toggle("stale", state !== null && state.what === null);
  banner.hidden = state === null;
  const title = node ?? "Granary";
  document.title = state ? `(stale) ${title}` : title;
  if (!state) return setText(banner, "");
  const what = state.what ? `What is shown of ${state.what.join(", ")}` : "What is shown";
  const age = state.goodAt ? `${what} is ${span((Date.now() - state.goodAt) / 1000)} old, of ${clock(new Date(state.goodAt))}.` : "There is nothing to show yet.";
  // Read out once, not with each second.
  if (banner.dataset.problem !== state.problem) {
    banner.dataset.problem = state.problem;
    banner.replaceChildren(el("strong", {}, `${state.problem}. `), el("span", { "aria-live": "off" }));
  }
  if (!banner.lastElementChild) banner.replaceChildren(el("strong", {}, `${state.problem}. `), el("span", { "aria-live": "off" }));
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
