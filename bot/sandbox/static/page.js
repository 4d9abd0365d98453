// The page: keeps what the server tells, shows one chat of it, and does what the person does.

import { Composer } from "./composer.js";
import { Drawer } from "./drawer.js";
import { node, rich } from "./entities.js";
import { bubble, nameOf, summary } from "./message.js";
import { language, say, speak } from "./texts.js";

const $ = (selector) => document.querySelector(selector);
const THEMES = ["auto", "light", "dark"];
const NEAR = 120; // pixels from the end that still count as reading the newest message

const state = { bot: null, online: false, users: [], chats: new Map(), chat: 0, speaker: 0, waiting: new Map(), unseen: 0, linked: false };
const drawer = new Drawer($("#drawer"), $("#sent"));
const log = $(".log");

// Talking to the server

async function post(action, values) {
  const body = values instanceof FormData ? values : JSON.stringify(values);
  const headers = values instanceof FormData ? {} : { "Content-Type": "application/json" };
  try {
    const answer = await (await fetch(`/page/${action}`, { method: "POST", headers, body })).json();
    if (answer.ok) return answer.result;
    toast(say("failed", { reason: answer.description }));
  } catch {
    toast(say("connecting"));
  }
  return null;
}

async function load() {
  const told = await (await fetch("/page/state")).json();
  Object.assign(state, { bot: told.bot, online: told.online, profile: told.profile, users: told.users });
  state.chats = new Map(told.chats.map((one) => [one.chat.id, { ...one, messages: new Map(one.messages.map((m) => [m.message_id, m])), unread: state.chats.get(one.chat.id)?.unread ?? 0 }]));
  if (!state.chats.has(state.chat)) state.chat = told.chats[0].chat.id;
  if (!state.speaker) state.speaker = told.users[0].id;
  drawer.fill((await (await fetch("/page/log")).json()).calls);
}

function listen() {
  const socket = new WebSocket(`ws://${location.host}/page/events`);
  socket.addEventListener("open", async () => {
    state.linked = true;
    await load();
    draw();
  });
  socket.addEventListener("message", ({ data }) => {
    const told = JSON.parse(data);
    EVENTS[told.event]?.(told);
  });
  socket.addEventListener("close", () => {
    state.linked = false;
    bar();
    setTimeout(listen, 1000);
  });
}

const EVENTS = {
  message({ message }) {
    const place = state.chats.get(message.chat.id);
    if (!place) return message.chat.type === "private" ? null : void load().then(draw);
    place.messages.set(message.message_id, message);
    if (message.from.is_bot) settle(place);
    if (message.chat.id !== state.chat) place.unread += 1;
    tabs();
    if (message.chat.id !== state.chat) return;
    const follow = nearEnd() || !message.from.is_bot;
    append(message);
    if (follow) reveal(document.getElementById(`m${message.message_id}`));
    else unseen(state.unseen + 1);
    bar();
  },
  edited({ message }) {
    const place = state.chats.get(message.chat.id);
    place?.messages.set(message.message_id, message);
    const shown = document.getElementById(`m${message.message_id}`);
    if (message.chat.id !== state.chat || !shown) return;
    const follow = nearEnd();
    shown.replaceWith(made(message));
    if (follow) toEnd();
  },
  deleted({ chat_id, message_id }) {
    state.chats.get(chat_id)?.messages.delete(message_id);
    if (chat_id === state.chat) document.getElementById(`m${message_id}`)?.remove();
  },
  draft({ chat_id, text, entities, gone }) {
    const place = state.chats.get(chat_id);
    if (!place) return;
    place.draft = gone ? null : { text, entities };
    if (chat_id === state.chat) draft();
  },
  action({ chat_id, action }) {
    const place = state.chats.get(chat_id);
    if (!place) return;
    clearTimeout(place.timer);
    place.action = action;
    place.timer = setTimeout(() => (settle(place), bar()), 5000);
    bar();
  },
  answered({ query_id, text, show_alert }) {
    const pressed = state.waiting.get(query_id);
    state.waiting.delete(query_id);
    pressed?.classList.remove("busy");
    if (text && show_alert) alertBox(text);
    else if (text) toast(text);
  },
  online({ on }) {
    state.online = on;
    bar();
  },
  inline: ({ query_id, results, button }) => composer.offer({ id: query_id, results, button }),
  commands: () => load().then(() => (composer.refresh(), bar())),
  profile: () => load().then(() => state.chats.get(state.chat).messages.size || draw()),
  call: ({ call }) => drawer.add(call),
};

function settle(place) {
  clearTimeout(place.timer);
  place.action = null;
}

// Showing

function here() {
  return state.chats.get(state.chat);
}

function title(chat) {
  if (chat.type === "private") return chat.id === state.users[0].id ? "basisbot" : `basisbot · ${nameOf(chat)}`;
  return chat.title === "Desk" ? say("desk") : chat.title;
}

function draw() {
  tabs();
  bar();
  speakers();
  const place = here();
  log.replaceChildren();
  let day = "";
  for (const message of place.messages.values()) day = append(message, day);
  if (!place.messages.size) log.append(welcome(place));
  draft();
  unseen(0);
  toEnd();
  composer.refresh();
}

function tabs() {
  const shown = [...state.chats.values()].filter((one) => one.chat.id === state.users[0].id || one.chat.id < 0);
  const made = shown.map(({ chat, unread, messages }) => {
    const last = [...messages.values()].at(-1);
    const chosen = chat.id === state.chat;
    const badge = unread ? node("span", { class: "badge" }, String(unread)) : null;
    const about = node("span", { class: "about" }, node("b", {}, title(chat)), node("small", {}, last ? summary(last) : say(chat.id < 0 ? "members" : "bot")));
    return node("button", { type: "button", role: "tab", class: "tab", "aria-selected": String(chosen), tabindex: chosen ? "0" : "-1", onclick: () => choose(chat.id) }, node("span", { class: `avatar${chat.id < 0 ? " group" : ""}`, "aria-hidden": "true" }, chat.id < 0 ? "D" : ""), about, badge);
  });
  const list = $(".chats");
  const focused = list.contains(document.activeElement);
  list.replaceChildren(...made);
  if (focused) list.querySelector("[aria-selected=true]").focus();
}

$(".chats").addEventListener("keydown", (event) => {
  if (!["ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft"].includes(event.key)) return;
  event.preventDefault();
  const other = [...state.chats.keys()].find((id) => id !== state.chat && (id < 0 || id === state.users[0].id));
  if (other) choose(other);
});

function choose(id) {
  state.chat = id;
  here().unread = 0;
  state.speaker = state.users[0].id;
  composer.forget();
  draw();
}

function bar() {
  const place = here();
  if (!place) return;
  const group = place.chat.id < 0;
  $(".bar h1").textContent = title(place.chat);
  $(".bar .avatar").className = `avatar${group ? " group" : ""}`;
  $(".bar .avatar").textContent = group ? "D" : "";
  const acting = place.action && (say(place.action) === place.action ? say("typing") : say(place.action));
  const usual = say(group ? "members" : "bot");
  const status = $(".bar .status");
  const words = !state.linked ? say("connecting") : acting || (state.online ? usual : say("waiting"));
  if (status.textContent !== words) status.textContent = words;
  status.classList.toggle("active", Boolean(acting));
}

function welcome(place) {
  const group = place.chat.id < 0;
  const about = state.profile[`description:${language()}`] || state.profile["description:"] || say("blank");
  const start = group ? null : node("button", { type: "button", class: "begin", onclick: () => write("/start") }, say("start"));
  return node("section", { class: "welcome" }, node("img", { src: "/static/icon.svg", alt: "", width: 72, height: 72 }), node("h2", {}, group ? title(place.chat) : say("welcome")), node("p", {}, group ? say("quiet") : about), start);
}

function append(message, day = log.dataset.day) {
  log.querySelector(".welcome")?.remove();
  const today = dayOf(message.date);
  if (today !== day || !log.querySelector(".day")) log.append(node("div", { class: "day" }, node("span", {}, today)));
  log.dataset.day = today;
  log.append(made(message));
  const written = log.querySelector(".writing");
  if (written) log.append(written);
  return today;
}

function dayOf(seconds) {
  const date = new Date(seconds * 1000);
  if (date.toDateString() === new Date().toDateString()) return say("today");
  return date.toLocaleDateString(language() === "zh" ? "zh-CN" : "en-GB", { day: "numeric", month: "long", year: "numeric" });
}

function made(message) {
  const mine = message.from.id === state.speaker || (state.chat > 0 && !message.from.is_bot);
  return bubble(message, { mine, act, group: state.chat < 0 });
}

function draft() {
  log.querySelector(".writing")?.remove();
  const written = here().draft;
  if (!written) return;
  const follow = nearEnd();
  const text = written.text ? rich(written.text, written.entities) : say("drafting");
  log.append(node("article", { class: "theirs writing", "aria-live": "off" }, node("div", { class: "held" }, node("div", { class: "bubble" }, node("div", { class: "text" }, text), node("span", { class: "stamp" }, node("i", { class: "dots", "aria-hidden": "true" }), say("draft"))))));
  if (follow) toEnd();
}

function nearEnd() {
  return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
}

// Only the newest wish to scroll counts: an older one, still waiting for its frame, must not undo it.
let wishes = 0;

function toEnd() {
  const wish = ++wishes;
  log.scrollTop = log.scrollHeight;
  requestAnimationFrame(() => wish === wishes && (log.scrollTop = log.scrollHeight));
}

// A message longer than the screen is read from its beginning.
function reveal(article) {
  if (article.offsetHeight < log.clientHeight - 24) return toEnd();
  wishes += 1;
  log.scrollTop += article.getBoundingClientRect().top - log.getBoundingClientRect().top - 8;
}

function unseen(count) {
  state.unseen = count;
  $(".down span").textContent = count || "";
}

log.addEventListener("scroll", () => {
  const away = !nearEnd();
  $(".down").hidden = !away;
  if (!away) unseen(0);
});
$(".down").addEventListener("click", () => log.scrollTo({ top: log.scrollHeight, behavior: "smooth" }));
log.addEventListener("load", () => state.unseen || nearEnd() && toEnd(), true);

function speakers() {
  const row = $(".speaker");
  const place = here();
  row.hidden = place.chat.id > 0;
  row.replaceChildren(...place.users.map((id) => {
    const user = state.users.find((one) => one.id === id);
    const chosen = id === state.speaker;
    return node("button", { type: "button", role: "radio", "aria-checked": String(chosen), tabindex: chosen ? "0" : "-1", onclick: () => pick(id) }, nameOf(user));
  }));
}

function pick(id) {
  state.speaker = id;
  draw();
  $("#words").focus();
}

radios($(".speaker"));
radios($(".switch"));

// Arrow keys move within a group of radio buttons.
function radios(group) {
  group.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...group.children];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    const index = all.indexOf(next);
    next.click();
    group.children[index].focus();
  });
}

// Doing

const act = {
  async copy(text) {
    await navigator.clipboard?.writeText(text).catch(() => null);
    toast(`${say("copied")}: ${text.slice(0, 60)}`);
  },
  command: (text) => write(text),
  async press(message, button, key) {
    key.classList.add("busy");
    const query = await post("press", { message_id: message.message_id, data: button.callback_data, user_id: state.speaker, chat_id: state.chat });
    if (!query) return key.classList.remove("busy");
    state.waiting.set(query.id, key);
    setTimeout(() => key.classList.remove("busy"), 15000);
  },
  reply: (message) => composer.reply(message),
  fill: (question) => composer.fill(question),
  find(id) {
    const found = document.getElementById(`m${id}`);
    if (!found) return toast(say("deleted"));
    found.scrollIntoView({ block: "center", behavior: "smooth" });
    found.classList.add("found");
    setTimeout(() => found.classList.remove("found"), 1200);
  },
  view(size, alt) {
    const viewer = $(".viewer");
    Object.assign(viewer.querySelector("img"), { src: `/page/file/${size.file_id}`, alt });
    viewer.querySelector("p").textContent = alt === say("photo") ? "" : alt;
    viewer.showModal();
  },
};

$(".viewer").addEventListener("click", (event) => event.target.closest("img") || $(".viewer").close());

function write(text, extra = {}) {
  const place = { user_id: state.speaker, chat_id: state.chat };
  return post(extra.message_id ? "edit" : "say", { text, ...place, ...extra });
}

async function upload(file, caption) {
  const form = new FormData();
  form.append("user_id", state.speaker);
  form.append("chat_id", state.chat);
  form.append("caption", caption);
  form.append("file", file);
  return post("upload", form);
}

let toasting = 0;
function toast(text) {
  const box = $(".toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toasting);
  toasting = setTimeout(() => (box.hidden = true), 3500);
}

function alertBox(text) {
  $(".alert p").textContent = text;
  $(".alert").showModal();
}

const composer = new Composer({
  menu: () => here()?.menu[state.speaker] ?? [],
  mine: () => [...here().messages.values()].reverse().find((m) => m.from.id === state.speaker && m.text),
  botName: () => state.bot.username,
  ask: (text) => post("inline", { text, user_id: state.speaker }),
  choose: (query_id, result_id) => post("choose", { query_id, result_id, chat_id: state.chat }),
  begin(parameter) {
    choose(state.users[0].id);
    write(`/start ${parameter}`);
  },
  suffix: () => (state.chat < 0 ? `@${state.bot.username}` : ""),
  write,
  upload,
});

// Language and theme

async function setLanguage(code, tell) {
  localStorage.setItem("language", code);
  speak(code);
  for (const button of document.querySelectorAll(".switch button")) {
    const chosen = button.dataset.lang === code;
    button.setAttribute("aria-checked", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }
  label("#sent", "showSent");
  label("#shut", "close");
  label("#drop", "cancel");
  label("#attach", "attach");
  label(".down", "newest");
  setTheme(localStorage.getItem("theme") ?? "auto");
  composer.relabel();
  if (!tell) return;
  for (const user of state.users) await post("language", { user_id: user.id, language: code === "zh" ? "zh-hans" : "en" });
  await load();
  draw();
}

function label(selector, key, values) {
  const found = $(selector);
  found.setAttribute("aria-label", say(key, values));
  found.title = say(key, values);
}

function setTheme(name) {
  localStorage.setItem("theme", name);
  document.documentElement.dataset.theme = name;
  label("#theme", "theme", { name: say(name) });
}

$("#theme").addEventListener("click", () => {
  const now = document.documentElement.dataset.theme;
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  setTheme(next);
  toast(say("theme", { name: say(next) }));
});
for (const button of document.querySelectorAll(".switch button")) {
  button.addEventListener("click", () => setLanguage(button.dataset.lang, true));
}

const first = localStorage.getItem("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
await setLanguage(first, false);
await load();
await setLanguage(first, true);
listen();
document.documentElement.dataset.ready = "yes";
