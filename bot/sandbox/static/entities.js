// A text and its entities -> DOM nodes. Only text nodes carry text: nothing is ever parsed as HTML.

import { say } from "./texts.js";

export function node(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

// Offsets of the Bot API count UTF-16 units, and so do JavaScript's strings.
export function rich(text, entities = [], act = {}) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return part(text, sorted, 0, text.length, act);
}

function part(text, entities, from, to, act) {
  const made = document.createDocumentFragment();
  let at = from;
  let rest = entities;
  while (rest.length) {
    const [first, ...others] = rest;
    const end = Math.min(first.offset + first.length, to);
    if (first.offset >= to || end <= at) {
      rest = others;
      continue;
    }
    made.append(...whole(text.slice(at, Math.max(at, first.offset))));
    const begin = Math.max(at, first.offset);
    const inside = others.filter((e) => e.offset < end);
    const inner = part(text, inside, begin, end, act);
    made.append(...element(first, inner, text.slice(begin, end), act));
    // The line break behind a block is the block's own.
    at = BLOCKS.has(first.type) && text[end] === "\n" ? end + 1 : end;
    rest = others.filter((e) => e.offset + e.length > end);
  }
  made.append(...whole(text.slice(at, to)));
  made.normalize();
  return made;
}

// Browsers break a date at its hyphens; Telegram's apps do not.
function whole(text) {
  return text.split(/(\d{4}-\d{2}-\d{2})/).map((piece, place) => (place % 2 ? node("span", { class: "whole" }, piece) : piece));
}

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);
const STYLES = { bold: "strong", italic: "em", underline: "u", strikethrough: "s" };

function element(entity, inner, shown, act) {
  const { type } = entity;
  if (type in STYLES) return [node(STYLES[type], {}, inner)];
  if (type === "code") return [node("code", { title: say("copy"), onclick: () => act.copy?.(shown) }, inner)];
  if (type === "pre") return [block(entity, inner, shown, act)];
  if (type === "text_link") return [link(entity.url, inner)];
  if (type === "url") return [link(/^https?:/i.test(shown) ? shown : `https://${shown}`, inner)];
  if (type === "email") return [link(`mailto:${shown}`, inner)];
  if (type === "bot_command") return [node("button", { type: "button", class: "link", onclick: () => act.command?.(shown) }, inner)];
  if (type === "mention" || type === "hashtag" || type === "cashtag" || type === "text_mention") return [node("span", { class: "link" }, inner)];
  if (type === "spoiler") return [spoiler(inner)];
  if (type === "blockquote") return [node("blockquote", {}, inner)];
  if (type === "expandable_blockquote") return [expandable(inner)];
  if (type === "date_time") return [node("time", { datetime: new Date(entity.unix_time * 1000).toISOString() }, inner)];
  return [inner];
}

function link(url, inner) {
  const safe = /^(https?|mailto|tg):/i.test(url);
  return safe ? node("a", { href: url, target: "_blank", rel: "noopener noreferrer", title: url }, inner) : node("span", {}, inner);
}

function block(entity, inner, shown, act) {
  const copy = node("button", { type: "button", class: "copy", "aria-label": say("copy"), title: say("copy"), onclick: () => act.copy?.(shown) });
  const head = entity.language ? node("figcaption", {}, entity.language) : null;
  const pre = node("pre", { tabindex: "0", "aria-label": entity.language ?? say("code") }, node("code", {}, inner));
  return node("figure", { class: "block" }, head, pre, copy);
}

function spoiler(inner) {
  const covered = node("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": say("spoiler") }, inner);
  const show = () => {
    covered.classList.add("shown");
    for (const name of ["role", "tabindex", "aria-label"]) covered.removeAttribute(name);
  };
  covered.addEventListener("click", show, { once: true });
  covered.addEventListener("keydown", (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), show()));
  return covered;
}

function expandable(inner) {
  const body = node("div", { class: "folded" }, inner);
  const toggle = node("button", { type: "button", class: "fold", "aria-expanded": "false" }, say("more"));
  toggle.addEventListener("click", () => {
    const open = body.classList.toggle("open");
    toggle.setAttribute("aria-expanded", String(open));
    toggle.textContent = say(open ? "less" : "more");
  });
  const quote = node("blockquote", { class: "expandable" }, body, toggle);
  // What fits into the fold needs no button; known once it is laid out.
  requestAnimationFrame(() => (toggle.hidden = body.scrollHeight <= body.clientHeight + 4));
  return quote;
}
