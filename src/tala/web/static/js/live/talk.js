// The conversation as a person sees it: speak, watch the words and the form fill themselves, answer what is asked.

import { call } from "../api.js";
import { $, announce, el, format, limits, showError, t, told } from "../page.js";
import { MicrophoneError } from "../recorder.js";
import { Sun } from "../sun.js";
import { hideAnswers, showAnswers } from "./answers.js";
import { Said } from "./said.js";
import { Session } from "./session.js";
import { Understood } from "./understood.js";
import { hasVoice, hush, mute, muted, onVoices, say } from "./voice.js";

const QUIET_AFTER_SECONDS = 5;
const SHOWN_BEHIND_SECONDS = 2;

export class Talk {
  /** `on.ended({recording, draft, capability})`, `on.file(blob)` where no line gets through, `on.gone(problem)`. */
  constructor(outbox, on) {
    this.outbox = outbox;
    this.on = on;
    this.session = null;
    this.sun = new Sun($("talk-rays"));
    this.said = new Said($("said"));
    this.understood = new Understood($("understood"));
    $("talk-mic").addEventListener("click", () => this.toggle());
    $("talk-done").addEventListener("click", () => this.done());
    $("compose").addEventListener("submit", (event) => this.write(event));
    $("mute").addEventListener("click", () => this.showMute(!muted(), true));
    this.showMute(muted());
    onVoices(() => this.showMute(muted()));
  }

  get active() {
    return this.session !== null;
  }

  handlers() {
    return {
      event: (event) => this.take(event),
      line: (state, problem) => this.line(state, problem),
      lost: () => this.showMicrophone(t("speak.lost"), true),
    };
  }

  reset() {
    this.said.clear();
    this.understood.clear();
    this.finishing = false;
    this.draft = null;
    this.field = null;
    this.asked = null;
    this.talking = false;
    this.mode = "full";
    $("talk-alert").replaceChildren();
    $("talk-done").disabled = false;
    $("talk-mic").disabled = false;
    hideAnswers($("ask-answers"));
    this.tick ??= setInterval(() => this.look(), 500);
    this.look();
  }

  /** Begin, from the press of the button: throws MicrophoneError before anything is shown. */
  async begin() {
    const session = await Session.begin(this.outbox, "auto", this.handlers());
    try {
      await session.listen();
    } catch (error) {
      await session.forget();
      throw error;
    }
    this.session = session;
    this.reset();
    this.showOpening();
    this.showMicrophone();
    this.sun.start(() => this.session?.microphone?.level ?? 0);
  }

  /** Go on with what was under way here. Answers whether there was anything. */
  async resume() {
    const session = await Session.resume(this.outbox, this.handlers());
    if (!session) return false;
    this.session = session;
    this.reset();
    this.showSaying(t("live.restored"));
    this.showMicrophone();
    return true;
  }

  // --- what the server says ------------------------------------------------------------------------------------

  take(event) {
    const handle = {
      "session.created": () => this.created(event),
      "transcript.partial": () => this.said.partial(event),
      "transcript.final": () => this.said.final(event),
      "speech.started": () => this.voiced(true),
      "speech.stopped": () => this.voiced(false),
      "draft.updated": () => this.updated(event),
      "assistant.reply": () => this.reply(event),
      "assistant.question": () => this.question(event),
      "load.degraded": () => (this.mode = event.mode),
      "quality.warning": () => this.unwarranted(event) || this.warn(told({ code: event.code, message: event.text ?? event.message }, "warning")),
      "session.closed": () => this.closed(event),
      error: () => this.warn(told(event)),
    }[event.type];
    handle?.();
  }

  /** After a reload the words so far are the server's to tell. */
  async created(event) {
    this.said.renumber();
    if (!event.resumed || !event.draft_id || this.draft) return;
    try {
      const { data } = await call("GET", `/api/v1/drafts/${event.draft_id}`, { token: this.session.capability });
      if (this.draft) return;
      this.said.clear();
      for (const line of data.transcript.segments.length ? data.transcript.segments.map((s) => s.text) : [data.transcript.text]) {
        if (line) this.said.written(line);
      }
      this.updated({ facts: data.facts, missing: data.missing });
    } catch {
      // the words come with the next thing said, and all of them in the review
    }
  }

  updated({ facts, missing }) {
    this.draft = facts;
    this.understood.show(facts, missing);
    if (facts.emergency) this.emergency();
  }

  emergency() {
    if ($("talk-alert").querySelector(".callout--danger")) return;
    $("talk-alert").append(el("div", { class: "callout callout--danger callout--row", role: "alert" },
      el("p", {}, t("review.emergency")), el("a", { class: "button button--danger", href: "tel:911" }, t("live.call_911"))));
  }

  voiced(on) {
    this.talking = on;
    if (on) hush();
  }

  reply({ text, language, outcome }) {
    // The opening stands here since the button was pressed; aloud it would speak into the citizen's first words.
    if (!this.draft && !outcome) return;
    this.language = language;
    this.showSaying(text, language);
    if (outcome) this.outcome(outcome);
    this.speak(text, language);
  }

  question({ field, text }) {
    const fresh = this.field !== field || !this.asked;
    this.field = field;
    this.asked = text;
    $("ask-say").append(el("p", { class: "ask__question", lang: this.language === "fil" ? "fil" : "en" }, text));
    $("ask-say").classList.remove("is-waiting");
    $("talk-done").classList.remove("is-wanted");
    showAnswers($("ask-answers"), field, (value, shown) => this.answer(field, value, shown));
    if (fresh) this.speak(text, this.language ?? "en");
  }

  /** Say it aloud, and do not take the page's own voice for the citizen's. One thing after the other. */
  speak(text, language) {
    this.speaking = (this.speaking ?? Promise.resolve()).then(async () => {
      if (!this.session || this.finishing || this.talking) return; // never into a person's words
      const { microphone } = this.session;
      await say(text, language, { onStart: () => microphone?.mute(true) });
      if (this.session?.microphone === microphone) microphone?.mute(false);
    });
  }

  outcome(outcome) {
    hideAnswers($("ask-answers"));
    if (outcome === "emergency_redirect") this.emergency();
    const places = outcome === "refer" ? this.draft?.turn_to ?? [] : [];
    if (places.length) {
      $("talk-alert").replaceChildren(el("div", { class: "callout callout--warn" }, el("p", {}, el("strong", {}, t("review.turn_to"))),
        el("ul", {}, places.map((place) => el("li", {}, `${place.name}: ${place.contact}`)))));
    }
    if (outcome === "status_request") {
      $("ask-answers").replaceChildren(el("a", { class: "button", href: "/track" }, t("site.track")));
      $("ask-answers").hidden = false;
    }
    if (outcome === "submit") $("talk-done").classList.add("is-wanted");
  }

  answer(field, value, shown) {
    hush();
    this.session.tell({ type: "answer", field, value });
    if (value !== null) this.said.written(shown);
    hideAnswers($("ask-answers"));
    $("ask-say").classList.add("is-waiting");
    announce(shown);
    $("talk-mic").focus({ preventScroll: true });
  }

  write(event) {
    event.preventDefault();
    const text = $("compose-text").value.trim();
    if (!text) return $("compose-text").focus();
    hush();
    this.session.tell({ type: "text", text });
    this.said.written(text);
    $("compose-text").value = "";
    $("ask-say").classList.add("is-waiting");
    return undefined;
  }

  closed({ reason, state, recording_id: recording, draft_id: draft }) {
    if (reason === "replaced") {
      const { session } = this;
      this.leave();
      session.close();
      this.on.gone({ message: t("live.elsewhere") });
    } else if (reason === "committed") {
      // Where something is still to be read, a worker reads it, and the draft comes after that.
      const ready = state !== "received";
      this.end({ recording: state === "failed" ? undefined : recording, draft: ready ? draft : undefined, capability: this.session.capability });
    }
  }

  async end(result) {
    const { session } = this;
    this.leave();
    await session.forget();
    this.on.ended(result);
  }

  // --- the line ------------------------------------------------------------------------------------------------

  line(state, problem) {
    if (!this.session) return;
    if (state === "refused") {
      const { record, capability, behindSeconds } = this.session;
      // Ended on the server meanwhile: what reached it in time is in the draft, or comes to be.
      if (problem.code === "transition_not_allowed") {
        this.end({ recording: record.recording, draft: undefined, capability, late: behindSeconds });
      } else {
        const { session } = this;
        this.leave();
        session.forget();
        this.on.gone(problem);
      }
    } else if (state === "blocked" && this.finishing) this.sendAsFile();
    this.look();
  }

  /** Where no line gets through, everything spoken goes as a recording. */
  sendAsFile() {
    const file = this.session.asFile();
    if (!file) return false;
    const { session } = this;
    this.leave();
    session.close().then(() => this.on.file(file, () => session.forget()));
    return true;
  }

  /** What the line under the microphone says; looked at twice a second. */
  look() {
    const { session } = this;
    if (!session) return;
    $("talk-time").textContent = format.clock(session.seconds);
    const behind = session.behindSeconds;
    const late = behind > SHOWN_BEHIND_SECONDS;
    let note = "";
    if (this.finishing) note = late ? t("live.waiting", { seconds: behind }) : "";
    else if (session.state === "blocked") note = t("live.later");
    else if (session.state === "down") note = t("live.offline");
    else if (late) note = t("live.behind", { seconds: behind });
    else if (this.mode !== "full") note = t("live.degraded");
    else if (this.quiet()) note = t("speak.quiet");
    else if (this.warning && Date.now() < this.warning.until) note = this.warning.text;
    if ($("talk-note").textContent !== note) $("talk-note").textContent = note;
    $("talk-note").classList.toggle("is-problem", session.state === "down");
    if (session.recording && session.seconds >= limits.seconds) this.pause();
  }

  /** Nothing at all was heard since the microphone was opened; later silence is somebody who thinks. */
  quiet() {
    const { microphone } = this.session;
    if (!microphone || microphone.muted) return false;
    if (microphone.level > 0.15) microphone.heard = true;
    microphone.since ??= performance.now();
    return !microphone.heard && performance.now() - microphone.since > QUIET_AFTER_SECONDS * 1000;
  }

  /** Silence after something was heard is somebody who thinks or taps, not a microphone that fails. */
  unwarranted({ code }) {
    const silence = code === "sound_silent" || code === "sound_no_speech" || code === "sound_sparse";
    return silence && (!this.session.microphone || this.session.microphone.heard);
  }

  warn(text) {
    this.warning = { text, until: Date.now() + 6000 };
    this.look();
  }

  // --- the microphone ------------------------------------------------------------------------------------------

  showMicrophone(problem = "", lost = false) {
    const on = this.session?.recording ?? false;
    $("talk-sun").classList.toggle("is-recording", on);
    for (const face of document.querySelectorAll("[data-mic]")) face.hidden = (face.dataset.mic === "on") !== on;
    $("talk-mic-label").textContent = t(on ? "speak.pause" : "speak.resume");
    $("talk-dot").hidden = !on;
    $("talk-state").textContent = t(on ? "speak.recording" : "speak.paused");
    if (problem) this.warn(problem);
    if (!on || lost) this.sun.stop();
    this.stayAwake(on);
  }

  /** A phone that darkens its screen may stop the microphone too. */
  async stayAwake(on) {
    try {
      if (on) this.awake ??= await navigator.wakeLock?.request("screen");
      else await this.awake?.release();
    } catch {
      // the battery is low, or the page is not in front: the screen stays as the device wants
    }
    if (!on) this.awake = null;
  }

  async toggle() {
    if (this.session.microphone?.muted) return hush(); // the page was speaking: now it is the citizen's turn
    if (this.session.recording) return this.pause();
    return this.listen();
  }

  async listen() {
    $("talk-mic").disabled = true;
    try {
      hush();
      await this.session.listen();
      this.showMicrophone();
      this.sun.start(() => this.session?.microphone?.level ?? 0);
    } catch (error) {
      this.showMicrophone(error instanceof MicrophoneError ? error.message : t("speak.unsupported"));
    } finally {
      $("talk-mic").disabled = false;
    }
  }

  async pause() {
    await this.session.rest();
    this.showMicrophone();
  }

  showMute(on, chosen = false) {
    if (chosen) mute(on);
    $("mute").hidden = !hasVoice();
    $("mute").setAttribute("aria-pressed", String(on));
    for (const face of $("mute").querySelectorAll("[data-face]")) face.hidden = (face.dataset.face === "off") !== on;
  }

  /** Who speaks here, what is recorded and why; then the first question. */
  showOpening() {
    this.showSaying(t("live.opening"));
    $("ask-say").append(el("p", { class: "ask__question" }, t("live.first_question")));
  }

  showSaying(text, language) {
    $("ask-say").classList.remove("is-waiting");
    this.asked = null;
    $("ask-say").replaceChildren(el("p", { class: "ask__reply", lang: language }, text));
  }

  // --- the end -------------------------------------------------------------------------------------------------

  /** Everything was said: the server gets the rest, reads it, and the form is checked. */
  async done() {
    hush();
    this.finishing = true;
    $("talk-done").disabled = true;
    $("talk-mic").disabled = true;
    hideAnswers($("ask-answers"));
    this.showSaying(t("live.finishing"));
    $("ask-say").classList.add("is-waiting");
    const { session } = this;
    const finished = session.finish();
    this.showMicrophone();
    this.look();
    if (session.state === "blocked" && this.sendAsFile()) return;
    await finished;
  }

  /** Leave the view; the session is closed by whoever asked for it. */
  leave() {
    hush();
    clearInterval(this.tick);
    this.tick = null;
    this.sun.stop();
    this.stayAwake(false);
    this.session = null;
  }

  /** Throw everything away, here and on the server. */
  async discard() {
    const { session } = this;
    this.leave();
    await session.discard();
  }

  showProblem(text) {
    const box = el("p", { class: "error", role: "alert" });
    $("talk-alert").replaceChildren(box);
    showError(box, text);
  }
}
