// Checking: every fact beside the words it came from, corrected by whoever knows better; then filing.

import { call } from "./api.js";
import { showFacts } from "./facts.js";
import { Files } from "./files.js";
import { $, announce, el, showError, t, told } from "./page.js";
import { Player } from "./player.js";
import { showTranscript } from "./transcript.js";
import { keep, newKey, underway } from "./underway.js";
import { show } from "./views.js";

const LONG_CHARACTERS = 90;

export class Review {
  /** `on.filed(case, files)` once there is a number, `on.over()` where the draft was filed before. */
  constructor(on) {
    this.on = on;
    this.draft = null;
    this.words = null;
    this.files = new Files($("attach-list"), $("attach-error"));
    this.player = new Player($("audio"), $("player"));
    this.player.listeners.add((ms) => this.words?.follow(ms));
    $("attach").addEventListener("change", () => {
      this.files.add([...$("attach").files]);
      $("attach").value = "";
    });
    $("file-case").addEventListener("click", () => this.file());
  }

  close() {
    this.player.close();
    this.files.clear();
    this.draft = null;
  }

  /** Read a draft and show it. Throws Problem. */
  async open(draftId) {
    keep({ draft: draftId });
    const { data } = await call("GET", `/api/v1/drafts/${draftId}`, { token: underway.capability });
    this.show(data);
  }

  show(data) {
    if (data.state === "filed") return this.on.over();
    this.draft = data;
    const spoken = data.transcript.segments.some((segment) => segment.words.length);
    $("words-heading").textContent = t(spoken ? "review.transcript" : "review.transcript_typed");
    this.notes();
    this.render(spoken);
    show("review");
    if (spoken && data.recording_ids.length && !this.player.ready) {
      this.player.open(data.recording_ids[0], underway.capability).catch(() => this.player.close());
    }
    return undefined;
  }

  notes() {
    const { facts, transcript } = this.draft;
    const box = $("review-notes");
    box.replaceChildren();
    if (facts.emergency) {
      box.append(el("div", { class: "callout callout--danger callout--row", role: "alert" }, el("p", {}, t("review.emergency")),
        el("a", { class: "button button--danger", href: "tel:911" }, t("live.call_911"))));
    }
    if (!facts.is_complaint) {
      box.append(el("div", { class: "callout callout--warn" }, el("p", {}, el("strong", {}, t("review.not_complaint"))),
        facts.turn_to.length ? [el("p", {}, t("review.turn_to")),
          el("ul", {}, facts.turn_to.map((place) => el("li", {}, `${place.name}: ${place.contact}`)))] : null,
        el("p", {}, t("review.file_anyway"))));
    }
    if (transcript.warnings.length) {
      box.append(el("div", { class: "callout callout--warn" }, el("p", {}, el("strong", {}, t("review.warnings"))),
        el("ul", {}, transcript.warnings.map((warning) => el("li", {}, told(warning, "warning"))))));
    }
  }

  render(spoken) {
    const { draft, player } = this;
    const light = (fields) => this.words.light(fields);
    this.words = showTranscript($("transcript"), draft.transcript, draft.facts, (fields, span) => {
      light(fields);
      if (Number.isInteger(span.start_ms) && player.ready) player.play(span.start_ms, span.end_ms);
    });
    $("transcript").classList.toggle("transcript--short", draft.transcript.text.length < LONG_CHARACTERS);
    $("low-hint").hidden = !this.words.low;
    $("missing-hint").hidden = !draft.missing.length;
    showFacts($("facts"), $("more-facts"), draft, {
      spoken,
      show: light,
      hear: (span) => player.ready && player.play(span.start_ms, span.end_ms),
      save: (patch, label, id) => this.correct(patch, label, id, spoken),
    });
  }

  async correct(patch, label, id, spoken) {
    $("facts-error").hidden = true;
    const address = `/api/v1/drafts/${this.draft.id}`;
    try {
      const { data } = await call("PATCH", address, {
        token: underway.capability, body: { facts: patch },
        headers: { "Content-Type": "application/merge-patch+json", "If-Match": `"${this.draft.version}"` },
      });
      this.draft = data;
    } catch (error) {
      if (error.code !== "version_mismatch") throw error;
      ({ data: this.draft } = await call("GET", address, { token: underway.capability }));
      showError($("facts-error"), t("review.stale"));
    }
    this.notes();
    this.render(spoken);
    announce(t("review.saved", { field: label }));
    document.querySelector(`[data-field="${id}"] .text-button, [data-add="${id}"]`)?.focus();
  }

  async file() {
    const button = $("file-case");
    button.disabled = true;
    $("file-case-error").hidden = true;
    if (!underway.filing) keep({ filing: newKey() });
    try {
      const { data } = await call("POST", "/api/v1/cases", {
        token: underway.capability, body: { draft_id: this.draft.id }, headers: { "Idempotency-Key": underway.filing },
      });
      this.on.filed(data, this.files.take());
      this.close();
    } catch (error) {
      showError($("file-case-error"), error.message);
    } finally {
      button.disabled = false;
    }
  }
}
