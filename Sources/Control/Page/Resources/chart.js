import { byId, setText, svg } from "./dom.js";
import { rate, span } from "./format.js";

// Throughput over time: what is sent as an area, what is received as a line, in one scale.

const HEIGHT = 150;
const EDGE = { left: 66, right: 8, top: 10, bottom: 20 };

export class Chart {
  constructor() {
    this.place = byId("chart");
    this.readout = byId("chart-readout");
    this.at = null;
    new ResizeObserver(() => this.draw()).observe(this.place);
    this.place.addEventListener("pointermove", (event) => this.point(event.offsetX));
    this.place.addEventListener("pointerleave", () => this.read(null));
    // Whoever goes through it by keys is told each value; nobody else is told all day.
    this.place.addEventListener("focus", () => this.readout.setAttribute("aria-live", "polite"));
    this.place.addEventListener("blur", () => { this.readout.setAttribute("aria-live", "off"); this.read(null); });
    this.place.addEventListener("keydown", (event) => this.key(event));
  }

  show(document) {
    this.data = document;
    this.draw();
  }

  draw() {
    const { data, place } = this;
    const width = place.clientWidth;
    if (!data || width < 80) return;
    const capacity = data.span === "day" ? 288 : 300;
    const most = Math.max(1, ...data.up.map((value) => value ?? 0), ...data.down.map((value) => value ?? 0));
    const top = niceTop(most);
    const inner = { width: width - EDGE.left - EDGE.right, height: HEIGHT - EDGE.top - EDGE.bottom };
    this.x = (index) => EDGE.left + (inner.width * (capacity - data.up.length + index + 0.5)) / capacity;
    this.index = (x) => Math.round(((x - EDGE.left) * capacity) / inner.width - 0.5 - capacity + data.up.length);
    const y = (value) => EDGE.top + inner.height * (1 - value / top);
    const drawing = svg("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" });
    for (const part of [0, 0.5, 1]) {
      drawing.append(svg("line", { class: "rule", x1: EDGE.left, x2: width - EDGE.right, y1: y(top * part), y2: y(top * part) }),
        svg("text", { class: "tick", x: EDGE.left - 8, y: y(top * part) + 4, "text-anchor": "end" }, part ? rate(top * part).replace(/\.0+ /, " ") : "0"));
    }
    const isNarrow = inner.width < 460;
    const parts = data.span === "day" ? (isNarrow ? [0, 0.5] : [0, 0.25, 0.5, 0.75]) : isNarrow ? [0, 0.4] : [0, 0.2, 0.4, 0.6, 0.8];
    for (const part of parts) {
      const x = EDGE.left + inner.width * part;
      drawing.append(svg("line", { class: "rule faint", x1: x, x2: x, y1: EDGE.top, y2: y(0) }),
        svg("text", { class: "tick", x, y: HEIGHT - 5, "text-anchor": part ? "middle" : "start" }, `${span(capacity * data.step * (1 - part))} ago`));
    }
    drawing.append(svg("text", { class: "tick", x: width - EDGE.right, y: HEIGHT - 5, "text-anchor": "end" }, "now"));
    for (const piece of stretches(data.up)) {
      const line = piece.map(([index, value]) => `${this.x(index)},${y(value)}`).join(" ");
      drawing.append(svg("polygon", { class: "up-area", points: `${this.x(piece[0][0])},${y(0)} ${line} ${this.x(piece.at(-1)[0])},${y(0)}` }),
        svg("polyline", { class: "up-line", points: line }));
    }
    for (const piece of stretches(data.down)) {
      drawing.append(svg("polyline", { class: "down-line", points: piece.map(([index, value]) => `${this.x(index)},${y(value)}`).join(" ") }));
    }
    this.cursor = svg("line", { class: "cursor", x1: 0, x2: 0, y1: EDGE.top, y2: y(0) });
    drawing.append(this.cursor);
    place.replaceChildren(drawing);
    const peak = Math.max(0, ...data.up.map((value) => value ?? 0));
    place.setAttribute("aria-label",
      `Throughput of the last ${span(capacity * data.step)}: sending ${rate(data.up.at(-1))} now, ${rate(peak)} at most; receiving ${rate(data.down.at(-1))} now`);
    this.read(this.at);
  }

  point(x) { this.read(this.index ? this.index(x) : null); }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !this.data?.up.length) return;
    event.preventDefault();
    this.read(Math.min(this.data.up.length - 1, Math.max(0, (this.at ?? this.data.up.length) + step)));
  }

  read(index) {
    const { data, cursor } = this;
    if (!data || !cursor) return;
    const isThere = index !== null && index >= 0 && index < data.up.length;
    this.at = isThere ? index : null;
    cursor.classList.toggle("shown", isThere);
    if (!isThere) {
      const peak = Math.max(0, ...data.up.map((value) => value ?? 0), ...data.down.map((value) => value ?? 0));
      return setText(this.readout, data.up.length ? `at most ${rate(peak)}` : "no samples yet");
    }
    cursor.setAttribute("x1", this.x(index));
    cursor.setAttribute("x2", this.x(index));
    const ago = span((data.up.length - 1 - index) * data.step);
    setText(this.readout, data.up[index] === null ? `${ago} ago: not counted` : `${ago} ago: ${rate(data.up[index])} sent, ${rate(data.down[index])} received`);
  }
}

// Parts without gaps, as [index, value].
function stretches(values) {
  const found = [];
  let open = null;
  values.forEach((value, index) => {
    if (value === null) { open = null; return; }
    if (!open) found.push(open = []);
    open.push([index, value]);
  });
  return found;
}

// The next round number of a unit that bytes are told in, one that has a round half.
function niceTop(most) {
  let unit = 1024;
  while (unit * 1024 <= most) unit *= 1024;
  for (const step of [1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400, 600, 800, 1000]) if (step * unit >= most) return step * unit;
  return unit * 1024;
}
