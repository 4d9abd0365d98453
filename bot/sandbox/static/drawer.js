// The calls that the bot made -> the list in the drawer.

import { node } from "./entities.js";
import { clock } from "./message.js";
import { say } from "./texts.js";

const KEEP = 200;

export class Drawer {
  constructor(panel, button) {
    this.panel = panel;
    this.button = button;
    this.list = panel.querySelector(".calls");
    button.addEventListener("click", () => this.toggle(panel.hidden));
    panel.querySelector("#shut").addEventListener("click", () => this.toggle(false));
    panel.addEventListener("keydown", (event) => event.key === "Escape" && this.toggle(false));
  }

  toggle(open) {
    this.panel.hidden = !open;
    document.body.classList.toggle("with-drawer", open);
    this.button.setAttribute("aria-expanded", String(open));
    (open ? this.panel.querySelector("#shut") : this.button).focus();
  }

  fill(calls) {
    this.list.replaceChildren(...calls.slice(-KEEP).reverse().map(entry));
    this.tell();
  }

  add(call) {
    this.list.querySelector(".none")?.remove();
    this.list.prepend(entry(call));
    while (this.list.children.length > KEEP) this.list.lastChild.remove();
  }

  tell() {
    if (!this.list.children.length) this.list.append(node("li", { class: "none" }, say("noCalls")));
  }
}

function entry(call) {
  const good = call.status === 200;
  const status = node("span", { class: good ? "good" : "other" }, String(call.status || "…"));
  const head = node("summary", {}, node("b", {}, call.method), status, node("small", {}, `${clock(call.at)} · ${Math.round(call.ms)} ms`));
  const answer = typeof call.answer === "string" ? call.answer : JSON.stringify(call.answer?.result ?? call.answer, null, 2);
  const body = [say("parameters"), JSON.stringify(call.params, null, 2), say("answer"), answer];
  return node("li", {}, node("details", {}, head, node("h3", {}, body[0]), node("pre", { tabindex: "0" }, body[1]), node("h3", {}, body[2]), node("pre", { tabindex: "0" }, body[3] ?? "")));
}
