// One message of the Bot API -> its bubble.

import { node, rich } from "./entities.js";
import { language, say } from "./texts.js";

// act: copy, command, press, reply, fill, view. mine: whether the person who looks wrote it.
export function bubble(message, { mine, act, group }) {
  const content = [];
  if (group && !mine) content.push(node("b", { class: `name hue${message.from.id % 5}` }, nameOf(message.from)));
  if (message.via_bot) content.push(node("span", { class: "via" }, `via @${message.via_bot.username}`));
  if (message.reply_to_message) content.push(quoted(message.reply_to_message, act));
  if (message.photo) content.push(photo(message, act));
  if (message.document) content.push(file(message.document));
  const text = message.text ?? message.caption;
  const entities = message.entities ?? message.caption_entities;
  if (text) content.push(node("div", { class: "text" }, rich(text, entities, act)));
  content.push(stamp(message, mine));
  const body = node("div", { class: `bubble${message.photo ? " pictured" : ""}` }, ...content);
  const reply = node("button", { type: "button", class: "icon answer", "aria-label": say("reply"), title: say("reply"), onclick: () => act.reply(message) }, arrow());
  const row = node("div", { class: "held" }, body, reply);
  const keys = message.reply_markup ? keyboard(message, act) : null;
  return node("article", { class: mine ? "mine" : "theirs", id: `m${message.message_id}`, "aria-label": `${nameOf(message.from)}, ${clock(message.date)}` }, row, keys);
}

function arrow() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M10 7l-5 5 5 5M5.5 12H14a5 5 0 0 1 5 5v1");
  svg.append(path);
  return svg;
}

export function nameOf(user) {
  if (user.first_name === "You") return say("you");
  return user.first_name === "Colleague" ? say("colleague") : user.first_name;
}

export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString(language() === "zh" ? "zh-CN" : "en-GB", { hour: "2-digit", minute: "2-digit" });
}

export function summary(message) {
  const text = message.text ?? message.caption ?? message.document?.file_name ?? say("photo");
  return text.replace(/\s+/g, " ").slice(0, 120);
}

function stamp(message, mine) {
  const edited = message.edit_date ? node("span", {}, say("edited")) : null;
  const time = node("time", { datetime: new Date(message.date * 1000).toISOString() }, clock(message.date));
  return node("span", { class: `stamp${mine ? " sent" : ""}` }, edited, time);
}

function quoted(message, act) {
  return node("button", { type: "button", class: "quoted", onclick: () => act.find(message.message_id) }, node("b", {}, nameOf(message.from)), node("span", {}, summary(message)));
}

function photo(message, act) {
  const size = message.photo.at(-1);
  const alt = message.caption ?? say("photo");
  const image = node("img", { src: `/page/file/${size.file_id}`, alt, width: size.width, height: size.height, decoding: "async" });
  return node("button", { type: "button", class: "photo", "aria-label": `${say("enlarge")}: ${alt.slice(0, 80)}`, onclick: () => act.view(size, alt) }, image);
}

function file(document_) {
  const name = document_.file_name ?? "file";
  const kind = (name.split(".").pop() ?? "").slice(0, 4);
  const href = `/page/file/${document_.file_id}`;
  return node("a", { class: "file", href, download: name, "aria-label": say("save_as", { name }) }, node("span", { class: "kind", "aria-hidden": "true" }, kind), node("span", { class: "about" }, node("b", {}, name), node("small", {}, bytes(document_.file_size))));
}

function bytes(size) {
  if (size < 1024) return `${size} B`;
  return size < 2 ** 20 ? `${(size / 1024).toFixed(1)} KB` : `${(size / 2 ** 20).toFixed(1)} MB`;
}

function keyboard(message, act) {
  const rows = message.reply_markup.inline_keyboard.map((row) => node("div", { class: "row" }, ...row.map((button) => key(message, button, act))));
  return node("div", { class: "keys", role: "group", "aria-label": say("buttons") }, ...rows);
}

function key(message, button, act) {
  if (button.url) return node("a", { class: "key web", href: button.url, target: "_blank", rel: "noopener noreferrer", "aria-label": `${button.text}, ${say("opens")}` }, button.text);
  if (button.copy_text) return node("button", { type: "button", class: "key copies", "aria-label": `${say("copy")}: ${button.text}`, onclick: () => act.copy(button.copy_text.text) }, button.text);
  if (button.callback_data) return node("button", { type: "button", class: "key", onclick: (event) => act.press(message, button, event.currentTarget) }, button.text);
  const question = button.switch_inline_query_current_chat;
  if (question !== undefined) return node("button", { type: "button", class: "key", onclick: () => act.fill(question) }, button.text);
  return node("button", { type: "button", class: "key", disabled: true }, button.text);
}
