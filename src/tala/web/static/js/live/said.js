// What was heard so far: whole utterances, and the one that is being spoken with what may still change in it.

import { $, announce, el } from "../page.js";
import { LOW_CONFIDENCE } from "../transcript.js";

export class Said {
  constructor(box) {
    this.box = box;
    this.clear();
  }

  clear() {
    this.box.querySelectorAll(".said__line").forEach((line) => line.remove());
    this.lines = new Map();
    this.empty(true);
  }

  /** A new connection numbers utterances anew; what was under way is read again. */
  renumber() {
    this.box.querySelectorAll(".is-open").forEach((line) => line.remove());
    this.lines.clear();
    this.empty(!this.box.querySelector(".said__line"));
  }

  empty(on) {
    $("said-empty").hidden = !on;
  }

  line(utterance) {
    if (!this.lines.has(utterance)) {
      this.lines.set(utterance, el("p", { class: "said__line" }));
      this.box.append(this.lines.get(utterance));
      this.empty(false);
    }
    return this.lines.get(utterance);
  }

  /** Text under way: `committed` stays, `tentative` may change. */
  partial({ utterance, committed, tentative }) {
    const line = this.line(utterance);
    line.classList.add("is-open");
    line.replaceChildren(el("span", { class: "said__committed" }, committed ? `${committed} ` : ""),
      el("span", { class: "said__tentative" }, tentative));
    this.scroll();
  }

  /** The text of an utterance, once it was read as a whole; null where nothing was said after all. */
  final({ utterance, segment }) {
    if (!segment) {
      this.lines.get(utterance)?.remove();
      this.lines.delete(utterance);
      this.empty(!this.box.querySelector(".said__line"));
      return;
    }
    const line = this.line(utterance);
    line.classList.remove("is-open");
    if (segment.language) line.lang = segment.language === "en" ? "en" : "fil";
    line.replaceChildren(...segment.words.flatMap((word) =>
      [el("span", { class: word.confidence < LOW_CONFIDENCE ? "low" : undefined }, word.text), " "]));
    announce(segment.text);
    this.scroll();
  }

  /** Words that were typed, or told before this page was loaded. */
  written(text) {
    this.box.append(el("p", { class: "said__line said__line--written" }, text));
    this.empty(false);
    this.scroll();
  }

  scroll() {
    this.box.scrollTop = this.box.scrollHeight;
  }
}
