// The transcript as words that can be corrected one by one. Their times stay: only what they say changes.

import { el, format, t } from "./page.js";
import { LOW_CONFIDENCE, spansOf } from "./transcript.js";

export class Said {
  /** Calls `hear(start_ms, end_ms)` for a word, `changed(count)` after an edit, `picked(segments)` when utterances are chosen. */
  constructor(box, { hear, changed, picked }) {
    Object.assign(this, { box, hear, changed, picked });
    this.edits = new Map();
    this.chosen = new Set();
  }

  show(transcript, facts, open) {
    this.transcript = transcript;
    this.edits.clear();
    this.chosen.clear();
    this.words = [];
    const spans = spansOf(facts);
    const many = transcript.channels.length > 1;
    let position = 0;
    const turns = transcript.segments.map((segment, number) => {
      position += number ? 1 : 0;
      let inner = position;
      const words = segment.words.map((word, place) => {
        const [start, end] = [inner, inner + Array.from(word.text).length];
        inner = end + 1;
        return this.word(word, number, place, spans.filter((s) => s.start < end && start < s.end).map((s) => s.field), open);
      });
      position += Array.from(segment.text).length;
      const pick = open && transcript.segments.length > 1
        ? el("input", { type: "checkbox", class: "turn__pick", "aria-label": t("work.pick", { number: number + 1 }), onchange: (event) => {
            this.chosen[event.target.checked ? "add" : "delete"](number);
            this.picked([...this.chosen]);
          } })
        : null;
      const at = el("button", { type: "button", class: "turn__at", onclick: () => this.hear(segment.start_ms, segment.end_ms) },
        many ? `${t("work.voice", { number: segment.channel + 1 })} ` : "", format.clock(segment.start_ms / 1000));
      return el("div", { class: `turn turn--${segment.channel}`, "data-row": true }, el("div", { class: "turn__side" }, pick, at), el("p", { class: "turn__words" }, words.flatMap((node) => [node, " "])));
    });
    this.box.replaceChildren(...turns);
    this.changed(0);
  }

  word(word, segment, place, fields, open) {
    const low = word.confidence < LOW_CONFIDENCE;
    const node = el("span", {
      class: `word${low ? " low" : ""}${fields.length ? " is-evidence" : ""}`,
      "data-fields": fields.join(" "),
      title: word.raw ? t("work.heard_as", { word: word.raw }) : undefined,
    }, word.text);
    node.addEventListener("click", () => this.hear(word.start_ms, word.end_ms));
    if (open) {
      node.tabIndex = 0;
      node.setAttribute("role", "button");
      node.setAttribute("aria-label", low ? t("work.word_low", { word: word.text }) : t("work.word", { word: word.text }));
      node.addEventListener("dblclick", () => this.edit(node));
      node.addEventListener("keydown", (event) => this.key(event, node));
    }
    this.words.push({ node, segment, place, start: word.start_ms, end: word.end_ms, text: word.text });
    return node;
  }

  key(event, node) {
    const index = this.words.findIndex((word) => word.node === node);
    const go = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (go) {
      event.preventDefault();
      this.words[index + go]?.node.focus();
    } else if (event.key === "Enter" || event.key === "F2") {
      event.preventDefault();
      this.edit(node);
    } else if (event.key === " ") {
      event.preventDefault();
      event.stopPropagation();
      this.hear(this.words[index].start, this.words[index].end);
    }
  }

  edit(node) {
    const word = this.words.find((one) => one.node === node);
    const key = `${word.segment}:${word.place}`;
    const input = el("input", { type: "text", class: "word-edit", value: node.dataset.text ?? word.text, maxlength: "120", "aria-label": t("work.correct", { word: word.text }), spellcheck: "true" });
    input.size = Math.max(4, input.value.length + 2);
    let done = false;
    const close = (keep, focus) => {
      if (done) return;
      done = true;
      const text = input.value.trim().replace(/\s+/g, " ");
      if (keep && text !== word.text) this.edits.set(key, { segment: word.segment, word: word.place, text });
      else if (keep) this.edits.delete(key);
      const edited = this.edits.get(key);
      node.dataset.text = edited ? edited.text : word.text;
      node.textContent = edited ? edited.text || "∅" : word.text;
      node.classList.toggle("is-edited", Boolean(edited));
      input.replaceWith(node);
      if (focus) node.focus();
      this.changed(this.edits.size);
    };
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") close(true, true);
      if (event.key === "Escape") close(false, true);
      if (event.key === "Tab") {
        event.preventDefault();
        close(true, false);
        const index = this.words.indexOf(word) + (event.shiftKey ? -1 : 1);
        if (this.words[index]) this.edit(this.words[index].node);
      }
    });
    input.addEventListener("blur", () => close(true, false));
    node.replaceWith(input);
    input.focus();
    input.select();
  }

  /** Light the words of some facts; answers the first one. */
  light(fields) {
    let first = null;
    for (const { node } of this.words) {
      const lit = node.dataset.fields.split(" ").some((field) => fields.includes(field));
      node.classList.toggle("is-lit", lit);
      if (lit) first ??= node;
    }
    return first;
  }

  follow(ms) {
    for (const { node, start, end } of this.words) node.classList.toggle("is-playing", start <= ms && ms < end);
  }
}
