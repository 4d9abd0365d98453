// The line where a person writes: text, command menu, inline results, reply, change, file.

import { node } from "./entities.js";
import { nameOf, summary } from "./message.js";
import { say } from "./texts.js";

const $ = (selector) => document.querySelector(selector);
const PAUSE = 200; // ms without a key before an inline question is asked

export class Composer {
  constructor(page) {
    this.page = page;
    this.words = $("#words");
    this.list = $("#menu");
    this.about = null; // { reply: message } or { edit: message }
    this.chosen = -1;
    this.composing = false;
    this.asked = null; // the inline question whose results are awaited or shown
    this.words.addEventListener("input", () => (this.fit(), this.suggest()));
    this.words.addEventListener("keydown", (event) => this.key(event));
    // While an input method composes, Enter picks characters and sends nothing.
    this.words.addEventListener("compositionstart", () => (this.composing = true));
    this.words.addEventListener("compositionend", () => (this.composing = false));
    $(".composer").addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    document.addEventListener("pointerdown", ({ target }) => target.closest(".composer") || this.close());
    $(".composer").addEventListener("submit", (event) => (event.preventDefault(), this.send()));
    $("#commands").addEventListener("click", () => (this.list.hidden ? this.open(this.page.menu()) : this.close()));
    $("#drop").addEventListener("click", () => (this.forget(), this.words.focus()));
    $("#attach").addEventListener("click", () => $("#file").click());
    $("#file").addEventListener("change", () => this.file());
  }

  relabel() {
    this.words.placeholder = say("write");
    this.words.setAttribute("aria-label", say("write"));
    $("#send").setAttribute("aria-label", say(this.about?.edit ? "save" : "send"));
    $("#send").title = say("send");
  }

  refresh() {
    $("#commands").hidden = !this.page.menu().length;
    if (!this.list.hidden) this.suggest();
  }

  fit() {
    this.words.style.height = "auto";
    this.words.style.height = `${Math.min(this.words.scrollHeight, 160)}px`;
  }

  async send() {
    const text = this.words.value.trim();
    if (!text) return;
    const extra = {};
    if (this.about?.reply) extra.reply_to = this.about.reply.message_id;
    if (this.about?.edit) extra.message_id = this.about.edit.message_id;
    this.words.value = "";
    this.forgetQuestion();
    this.forget();
    const done = await this.page.write(text, extra);
    if (!done && !this.words.value) this.words.value = text;
    this.fit();
  }

  async file() {
    const [file] = $("#file").files;
    $("#file").value = "";
    if (!file) return;
    const caption = this.words.value.trim();
    if (await this.page.upload(file, caption)) this.words.value = "";
    this.fit();
  }

  key(event) {
    if (event.isComposing || this.composing) return;
    if (!this.list.hidden && this.moved(event)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && !this.words.value) {
      const last = this.page.mine();
      if (last) this.edit(last);
    } else if (event.key === "Escape") this.forget();
  }

  reply(message) {
    this.set({ reply: message }, say("replying", { name: nameOf(message.from) }), summary(message));
  }

  edit(message) {
    this.words.value = message.text;
    this.set({ edit: message }, say("editing"), summary(message));
    this.fit();
  }

  set(about, head, text) {
    this.about = about;
    const box = $(".context");
    box.hidden = false;
    box.querySelector("b").textContent = head;
    box.querySelector("span").textContent = text;
    this.relabel();
    this.words.focus();
  }

  forget() {
    if (this.about?.edit) this.words.value = "";
    this.about = null;
    $(".context").hidden = true;
    this.close();
    this.fit();
    this.relabel();
  }

  // The command menu

  suggest() {
    const typed = this.words.value;
    const question = this.inlineQuestion(typed);
    if (question !== null) return this.ask(question);
    this.forgetQuestion();
    if (!/^\/[a-z0-9_]*$/i.test(typed)) return this.close();
    const matching = this.page.menu().filter((one) => `/${one.command}`.startsWith(typed.toLowerCase()));
    if (matching.length) this.open(matching);
    else this.close();
  }

  open(commands) {
    this.chosen = -1;
    this.list.replaceChildren(...commands.map((one, index) => this.option(one, index)));
    this.list.hidden = false;
    for (const owner of [this.words, $("#commands")]) owner.setAttribute("aria-expanded", "true");
    // On a touch screen the focus would bring up the keyboard over the menu.
    if (matchMedia("(hover: hover)").matches) this.words.focus();
  }

  // Results for what follows the bot's name

  inlineQuestion(typed) {
    const name = `@${this.page.botName()} `;
    return typed.toLowerCase().startsWith(name.toLowerCase()) ? typed.slice(name.length) : null;
  }

  ask(question) {
    clearTimeout(this.pause);
    this.pause = setTimeout(async () => {
      const asked = await this.page.ask(question);
      if (this.inlineQuestion(this.words.value) !== question) return;
      this.asked = asked;
      if (this.early?.id === asked) this.offer(this.early);
    }, PAUSE);
  }

  forgetQuestion() {
    clearTimeout(this.pause);
    this.asked = this.early = null;
  }

  // The results may arrive before the answer that tells the question's id.
  offer({ id, results, button }) {
    if (id !== this.asked) return void (this.early = { id, results, button });
    this.chosen = -1;
    const start = button ? [this.line(button.text, "", () => this.page.begin(button.start_parameter), 0)] : [];
    const lines = results.map((one, index) => this.line(one.title, one.description, () => this.choose(id, one.id), index + start.length));
    this.list.replaceChildren(...start, ...lines);
    this.list.hidden = !this.list.children.length;
    this.words.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  line(title, description, pick, index) {
    return node("li", { role: "option", class: "result", id: `option${index}`, "aria-selected": "false", onmousedown: (event) => event.preventDefault(), onclick: () => (this.clear(), pick()) }, node("b", {}, title), node("span", {}, description));
  }

  choose(query, result) {
    this.page.choose(query, result);
  }

  clear() {
    this.words.value = "";
    this.forgetQuestion();
    this.close();
    this.fit();
  }

  fill(question) {
    this.words.value = `@${this.page.botName()} ${question}`;
    this.fit();
    this.words.focus();
    this.suggest();
  }

  option(one, index) {
    const pick = () => this.pick(one.command);
    return node("li", { role: "option", id: `option${index}`, "aria-selected": "false", onmousedown: (event) => event.preventDefault(), onclick: pick }, node("b", {}, `/${one.command}`), node("span", {}, one.description));
  }

  close() {
    this.list.hidden = true;
    this.words.removeAttribute("aria-activedescendant");
    for (const owner of [this.words, $("#commands")]) owner.setAttribute("aria-expanded", "false");
  }

  moved(event) {
    const options = [...this.list.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      options[this.chosen]?.setAttribute("aria-selected", "false");
      this.chosen = (this.chosen + step + options.length) % options.length;
      if (this.chosen < 0) this.chosen = options.length - 1;
      options[this.chosen].setAttribute("aria-selected", "true");
      options[this.chosen].scrollIntoView({ block: "nearest" });
      this.words.setAttribute("aria-activedescendant", options[this.chosen].id);
      return true;
    }
    if (event.key === "Escape") return this.close(), true;
    if (event.key === "Enter" && this.chosen >= 0 && options[this.chosen].className === "result") {
      options[this.chosen].click();
      return true;
    }
    if ((event.key === "Enter" || event.key === "Tab") && this.chosen >= 0) {
      const command = options[this.chosen].querySelector("b").textContent.slice(1);
      if (event.key === "Enter") this.pick(command);
      else this.words.value = `/${command} `;
      this.close();
      return true;
    }
    return false;
  }

  pick(command) {
    this.words.value = "";
    this.close();
    this.page.write(`/${command}${this.page.suffix()}`);
  }
}
