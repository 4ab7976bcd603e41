// The citizen's way: tell, check, keep the number. What is under way survives a reload of this tab.

import { call, follow, intakeTicket, Problem, upload } from "./api.js";
import { showFacts } from "./facts.js";
import { $, announce, el, format, limits, showError, t, told } from "./page.js";
import { Player } from "./player.js";
import { showReceipt } from "./receipt.js";
import { MicrophoneError, openMicrophone, Recorder } from "./recorder.js";
import { Sun } from "./sun.js";
import { showTranscript } from "./transcript.js";

const STATE = "tala.under-way";
const STEP = { tell: "tell", working: "tell", refused: "tell", quarantine: "tell", review: "check", receipt: "keep" };
const STAGES = ["sending", "received", "decoding", "transcribing", "understanding"];

let state = read();
let stopping = new AbortController();
let recorder = null;
let draft = null;
let words = null;
const sun = new Sun($("rays"));
const player = new Player($("audio"), $("player"));
player.listeners.add((ms) => words?.follow(ms));

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(STATE)) ?? {};
  } catch {
    return {};
  }
}

function keep(changes) {
  state = { ...state, ...changes };
  sessionStorage.setItem(STATE, JSON.stringify(state));
}

function show(view) {
  for (const section of document.querySelectorAll("[data-view]")) section.hidden = section.dataset.view !== view;
  document.body.classList.toggle("is-under-way", view !== "tell");
  $("steps").hidden = view === "tell";
  let passed = true;
  for (const step of $("steps").children) {
    const now = step.dataset.step === STEP[view];
    if (now) passed = false;
    step.classList.toggle("is-done", passed && !now);
    if (now) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
  if (view !== "tell") {
    const heading = document.querySelector(`[data-view="${view}"] h2`);
    window.scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }
}

function startOver() {
  stopping.abort();
  stopping = new AbortController();
  player.close();
  sessionStorage.removeItem(STATE);
  state = {};
  draft = null;
  for (const id of ["text", "file"]) $(id).value = "";
  $("chosen").hidden = true;
  show("tell");
  window.scrollTo(0, 0);
}

function refuse(text, title) {
  $("refused-text").textContent = text;
  $("refused-heading").textContent = title ?? t("refused.heading");
  show("refused");
}

// --- telling ---------------------------------------------------------------------------------------------------

function agreed() {
  const given = $("consent").checked;
  $("consent-error").hidden = given;
  $("consent-box").classList.toggle("is-wanted", !given);
  if (!given) {
    $("consent").setAttribute("aria-invalid", "true");
    $("consent").focus();
  }
  return given;
}

$("consent").addEventListener("change", () => {
  $("consent").removeAttribute("aria-invalid");
  $("consent-error").hidden = true;
  $("consent-box").classList.remove("is-wanted");
});

function chooseWay() {
  const way = document.querySelector('[name="way"]:checked').value;
  for (const panel of document.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== way;
  $("who").hidden = way !== "file";
}
for (const way of document.querySelectorAll('[name="way"]')) way.addEventListener("change", chooseWay);

// --- speaking --------------------------------------------------------------------------------------------------

function showRecording(on) {
  $("sun").classList.toggle("is-recording", on);
  for (const face of document.querySelectorAll("[data-when]")) face.hidden = (face.dataset.when === "recording") !== on;
  $("record-label").textContent = t(on ? "speak.stop" : "speak.start");
  $("record-clock").hidden = !on;
  $("record-more").hidden = !on;
  for (const way of document.querySelectorAll('[name="way"]')) way.disabled = on;
}

function say(text, problem = false) {
  $("record-state").textContent = text;
  $("record-state").classList.toggle("is-problem", problem);
}

let clock;
async function startRecording() {
  if (!agreed()) return;
  $("record").disabled = true;
  try {
    recorder = new Recorder(await openMicrophone(), { onLost: () => say(t("speak.lost"), true) });
  } catch (error) {
    say(error instanceof MicrophoneError ? error.message : t("speak.unsupported"), true);
    return;
  } finally {
    $("record").disabled = false;
  }
  say("");
  announce(t("speak.recording"));
  showRecording(true);
  sun.start(() => recorder?.level.read() ?? 0);
  let loudest = 0;
  clock = setInterval(() => {
    const seconds = recorder.seconds();
    $("record-time").textContent = format.clock(seconds);
    loudest = Math.max(loudest * 0.98, recorder.level.read());
    if (seconds > 4) say(loudest < 0.15 ? t("speak.quiet") : "");
    if (seconds >= limits.seconds) stopRecording();
  }, 500);
}

async function stopRecording() {
  const finished = recorder;
  recorder = null;
  clearInterval(clock);
  sun.stop();
  showRecording(false);
  say(t("speak.ready"));
  const { blob, filename } = await finished.stop();
  await sendRecording(blob, filename, "self");
}

function discardRecording() {
  recorder?.stop();
  recorder = null;
  clearInterval(clock);
  sun.stop();
  showRecording(false);
  say(t("speak.ready"));
}

$("record").addEventListener("click", () => (recorder ? stopRecording() : startRecording()));
$("record-discard").addEventListener("click", discardRecording);
window.addEventListener("beforeunload", (event) => recorder && event.preventDefault());

// --- sending a file --------------------------------------------------------------------------------------------

let chosen = null;
function choose(file) {
  chosen = file ?? null;
  $("chosen").hidden = !chosen;
  $("file-error").hidden = true;
  if (!chosen) return;
  $("chosen-name").textContent = chosen.name;
  $("chosen-size").textContent = format.size(chosen.size);
  if (chosen.size > limits.bytes) showError($("file-error"), t("file.too_big", { size: limits.size }));
  else if (chosen.size === 0) showError($("file-error"), t("file.empty"));
}

$("file").addEventListener("change", () => choose($("file").files[0]));
for (const name of ["dragenter", "dragover"]) $("drop").addEventListener(name, (event) => {
  event.preventDefault();
  $("drop").classList.add("is-over");
});
for (const name of ["dragleave", "drop"]) $("drop").addEventListener(name, () => $("drop").classList.remove("is-over"));
$("drop").addEventListener("drop", (event) => {
  event.preventDefault();
  choose(event.dataTransfer.files[0]);
});
$("send-file").addEventListener("click", () => {
  if (!chosen) return $("file").click();
  if (chosen.size > limits.bytes || chosen.size === 0) return choose(chosen);
  const who = document.querySelector('[name="who"]:checked');
  $("who-error").hidden = Boolean(who);
  if (!who) {
    showError($("who-error"), t("notice.who_needed"));
    document.querySelector('[name="who"]').focus();
    return undefined;
  }
  return agreed() ? sendRecording(chosen, chosen.name, who.value) : undefined;
});

for (const who of document.querySelectorAll('[name="who"]')) who.addEventListener("change", () => ($("who-error").hidden = true));

// --- typing ----------------------------------------------------------------------------------------------------

$("send-text").addEventListener("click", async () => {
  const text = $("text").value.trim();
  $("text-error").hidden = Boolean(text);
  if (!text) {
    showError($("text-error"), t("type.too_short"));
    $("text").focus();
    return;
  }
  if (!agreed()) return;
  $("send-text").disabled = true;
  try {
    const { data } = await call("POST", "/api/v1/drafts", { token: await intakeTicket(), body: { text } });
    keep({ draft: data.id, capability: data.capability });
    review(data);
  } catch (error) {
    showError($("text-error"), error.message);
  } finally {
    $("send-text").disabled = false;
  }
});

// --- waiting ---------------------------------------------------------------------------------------------------

function stage(name, percent) {
  const at = STAGES.indexOf(name);
  for (const item of $("progress").children) {
    const index = STAGES.indexOf(item.dataset.stage);
    item.classList.toggle("is-done", index < at || name === "received" && index === at);
    item.classList.toggle("is-now", index === at && name !== "received");
    item.querySelector(".progress__value").textContent =
      index === at && percent !== null ? t("working.percent", { percent }) : "";
  }
  const share = { sending: [0, 30], received: [30, 30], decoding: [32, 36], transcribing: [36, 92], understanding: [95, 95] }[name];
  $("bar").value = share[0] + ((share[1] - share[0]) * (percent ?? 0)) / 100;
}

async function sendRecording(blob, filename, consent) {
  show("working");
  stage("sending", 0);
  $("working-note").textContent = "";
  keep({ key: crypto.randomUUID?.() ?? String(Math.random()) });
  try {
    const answer = await upload(blob, {
      filename, consent, key: state.key, signal: stopping.signal,
      progress: (done) => stage("sending", Math.round(done * 100)),
    });
    keep({ recording: answer.recording_id, capability: answer.capability });
    await watch();
  } catch (error) {
    if (error.name !== "AbortError") refuse(error.message, error.code === "network" ? t("problem.heading") : undefined);
  }
}

async function watch() {
  show("working");
  stage("received", null);
  let announced = "";
  const on = {
    ready: (data) => open(data.draft_id),
    failed: (data) => {
      sessionStorage.removeItem(STATE); // there is nothing to come back to
      refuse(told(data.error));
    },
    quarantined: () => show("quarantine"),
    erased: startOver,
  };
  try {
    await follow(`/api/v1/recordings/${state.recording}/events`, {
      token: state.capability, signal: stopping.signal,
      onRetry: () => ($("working-note").textContent = t("working.reconnecting")),
      onEvent: (name, data) => {
        $("working-note").textContent = "";
        if (on[name]) return on[name](data);
        if (name !== announced) announce(t(`working.${name}`));
        announced = name;
        return stage(name, name === "transcribing" ? data.percent : null);
      },
    });
  } catch (error) {
    refuse(error.message);
  }
}

$("release").addEventListener("click", async () => {
  if (!$("attest").checked) {
    showError($("attest-error"), t("notice.consent_needed"));
    $("attest").focus();
    return;
  }
  try {
    await call("POST", `/api/v1/recordings/${state.recording}/attestation`, {
      token: state.capability, body: { consent: "all-parties" },
    });
    watch();
  } catch (error) {
    showError($("attest-error"), error.message);
  }
});

// --- checking --------------------------------------------------------------------------------------------------

async function open(draftId) {
  keep({ draft: draftId });
  try {
    const { data } = await call("GET", `/api/v1/drafts/${draftId}`, { token: state.capability });
    review(data);
  } catch (error) {
    refuse(error.message);
  }
}

function notes(data) {
  const { facts } = data;
  const box = $("review-notes");
  box.replaceChildren();
  if (facts.emergency) box.append(el("p", { class: "callout callout--danger", role: "alert" }, t("review.emergency")));
  if (!facts.is_complaint) {
    box.append(el("div", { class: "callout callout--warn" }, el("p", {}, el("strong", {}, t("review.not_complaint"))),
      facts.turn_to.length ? [el("p", {}, t("review.turn_to")),
        el("ul", {}, facts.turn_to.map((place) => el("li", {}, `${place.name}: ${place.contact}`)))] : null,
      el("p", {}, t("review.file_anyway"))));
  }
  if (data.transcript.warnings.length) {
    box.append(el("div", { class: "callout callout--warn" }, el("p", {}, el("strong", {}, t("review.warnings"))),
      el("ul", {}, data.transcript.warnings.map((warning) => el("li", {}, told(warning, "warning"))))));
  }
}

function review(data) {
  draft = data;
  if (data.state === "filed") return startOver();
  const spoken = data.transcript.segments.length > 0;
  $("words-heading").textContent = t(spoken ? "review.transcript" : "review.transcript_typed");
  notes(data);
  render(spoken);
  show("review");
  if (spoken && data.recording_ids.length && !player.ready) {
    player.open(data.recording_ids[0], state.capability).catch(() => player.close());
  }
  return undefined;
}

function render(spoken) {
  const light = (fields) => words.light(fields);
  words = showTranscript($("transcript"), draft.transcript, draft.facts, (fields, span) => {
    light(fields);
    if (Number.isInteger(span.start_ms) && player.ready) player.play(span.start_ms, span.end_ms);
  });
  $("low-hint").hidden = !words.low;
  $("missing-hint").hidden = !draft.missing.length;
  showFacts($("facts"), $("more-facts"), draft, {
    spoken,
    show: light,
    hear: (span) => player.ready && player.play(span.start_ms, span.end_ms),
    save: (patch, label, id) => correct(patch, label, id, spoken),
  });
}

async function correct(patch, label, id, spoken) {
  $("facts-error").hidden = true;
  try {
    const { data } = await call("PATCH", `/api/v1/drafts/${draft.id}`, {
      token: state.capability, body: { facts: patch },
      headers: { "Content-Type": "application/merge-patch+json", "If-Match": `"${draft.version}"` },
    });
    draft = data;
  } catch (error) {
    if (error.code !== "version_mismatch") throw error;
    ({ data: draft } = await call("GET", `/api/v1/drafts/${draft.id}`, { token: state.capability }));
    showError($("facts-error"), t("review.stale"));
  }
  notes(draft);
  render(spoken);
  announce(t("review.saved", { field: label }));
  document.querySelector(`[data-field="${id}"] .text-button, [data-add="${id}"]`)?.focus();
}

$("file-case").addEventListener("click", async () => {
  $("file-case").disabled = true;
  $("file-case-error").hidden = true;
  if (!state.filing) keep({ filing: crypto.randomUUID?.() ?? String(Math.random()) });
  try {
    const { data } = await call("POST", "/api/v1/cases", {
      token: state.capability, body: { draft_id: draft.id }, headers: { "Idempotency-Key": state.filing },
    });
    player.close();
    sessionStorage.removeItem(STATE);
    state = {};
    showReceipt(data);
    show("receipt");
  } catch (error) {
    showError($("file-case-error"), error.message);
  } finally {
    $("file-case").disabled = false;
  }
});

// --- leaving ---------------------------------------------------------------------------------------------------

const sure = $("sure");
async function discard() {
  sure.returnValue = "";
  sure.showModal();
  await new Promise((resolve) => sure.addEventListener("close", resolve, { once: true }));
  if (sure.returnValue !== "yes") return;
  stopping.abort();
  const { recording, draft: draftId, capability } = state;
  try {
    if (recording) await call("DELETE", `/api/v1/recordings/${recording}`, { token: capability });
    else if (draftId) await call("DELETE", `/api/v1/drafts/${draftId}`, { token: capability });
    startOver();
    announce(t("review.discarded"));
  } catch (error) {
    if (error instanceof Problem && (error.status === 404 || error.status === 410)) startOver();
    else refuse(error.message);
  }
}

for (const button of document.querySelectorAll('[data-action="discard"]')) button.addEventListener("click", discard);
for (const button of document.querySelectorAll('[data-action="again"]')) button.addEventListener("click", startOver);
$("leave").addEventListener("click", () => {
  sessionStorage.clear();
  localStorage.clear();
  window.location.replace("/");
});

chooseWay();
if (state.draft && state.capability) open(state.draft);
else if (state.recording && state.capability) watch();
