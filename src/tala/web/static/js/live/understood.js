// The form as it fills itself: what was understood, what is new, what to check, what is still missing.

import { el, icon, t } from "../page.js";
import { readFacts, unsureOf } from "../facts.js";

const ALWAYS = ["categories", "agency", "location", "incident_date"];

export class Understood {
  constructor(list) {
    this.list = list;
    this.clear();
  }

  clear() {
    this.shown = new Map();
    this.show(null, []);
  }

  show(facts, missing) {
    const rows = [];
    for (const { field, items, wanted } of readFacts(facts, missing)) {
      if (!items.length && !wanted && !ALWAYS.includes(field)) continue;
      const text = items.map((item) => item.text).join(" · ");
      const fresh = text && this.shown.has(field) && this.shown.get(field) !== text;
      this.shown.set(field, text);
      rows.push(el("div", { class: ["understood__row", fresh && "is-fresh", !text && "is-missing"].filter(Boolean).join(" "), "data-understood": field },
        el("dt", {}, t(`field.${field}`)),
        el("dd", {}, text ? [icon("check"), el("span", {}, text)] : el("span", { class: "hint" }, t("live.not_yet")),
          unsureOf(items) ? [" ", el("span", { class: "badge badge--warn" }, t("review.unsure"))] : null)));
    }
    this.list.replaceChildren(...rows);
  }
}
