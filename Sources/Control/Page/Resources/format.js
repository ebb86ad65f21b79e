import { el } from "./dom.js";

// Numbers and times as people read them.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

export function bytes(count) {
  if (count === null || count === undefined) return "–";
  let [value, unit] = [count, 0];
  while (value >= 1024 && unit < UNITS.length - 1) { value /= 1024; unit += 1; }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

export const rate = (count) => (count === null || count === undefined ? "–" : count === 0 ? "0" : `${bytes(count)}/s`);

const grouped = new Intl.NumberFormat("en");
export const number = (count) => (count === null || count === undefined ? "–" : grouped.format(count));

export const exactBytes = (count) => `${number(count)} bytes`;

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

// Never "100 %" before it is all there, never "0 %" once there is something.
export function percent(part, whole) {
  if (!whole) return "–";
  if (part >= whole) return "100 %";
  if (part <= 0) return "0 %";
  const share = (100 * part) / whole;
  return share >= 99.9 ? "99.9 %" : share < 0.1 ? "<0.1 %" : `${share.toFixed(share < 10 ? 1 : 0)} %`;
}

export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return days < 10 && hours % 24 ? `${days} d ${hours % 24} h` : `${number(days)} d`;
}

const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

// A moment, told as its distance from now, with the exact time in the title. `ago`: the word after it.
export function moment(iso, ago = " ago") {
  if (!iso) return el("span", { class: "dim" }, "–");
  const time = el("time", { datetime: iso, "data-ago": ago, title: exact.format(new Date(iso)) });
  time.textContent = distance(iso, ago);
  return time;
}

function distance(iso, ago) {
  const seconds = (Date.now() - Date.parse(iso)) / 1000;
  return seconds < 1 && ago ? "just now" : span(seconds) + ago;
}

// Time passes where nothing else changes.
export function tick() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = distance(time.dateTime, time.dataset.ago);
    if (time.textContent !== text) time.textContent = text;
  }
}

export const clock = (date) => date.toLocaleTimeString("en-GB");
