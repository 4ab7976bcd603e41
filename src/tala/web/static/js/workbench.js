// One recording on the bench: the sound, its words, the facts, and what is to become of it.

import { call } from "./api.js";
import { showFacts } from "./facts.js";
import { $, announce, given, showError, t } from "./page.js";
import { Said } from "./said.js";
import { Wave } from "./wave.js";

let { draft } = given;
const audio = $("audio");
const open = () => draft.state === "open";
let until = null;
let span = null;

const wave = new Wave($("wave"), {
  peaks: given.peaks, segments: draft.transcript.segments, durationMs: given.duration_ms,
  onSeek: (ms) => {
    until = null;
    audio.currentTime = ms / 1000;
  },
});

function hear(startMs, endMs) {
  until = endMs / 1000 + 0.2;
  audio.currentTime = Math.max(0, startMs / 1000 - 0.12);
  audio.play().catch(() => {});
}

const said = new Said($("said"), {
  hear,
  changed: (count) => {
    $("said-bar").hidden = !count;
    $("said-count").textContent = count ? t("work.edited", { count }) : "";
  },
  picked: (segments) => ($("split").disabled = !segments.length || segments.length === draft.transcript.segments.length),
});

let frame = 0;
function follow() {
  const ms = audio.currentTime * 1000;
  if (until !== null && audio.currentTime >= until) {
    until = null;
    audio.pause();
  }
  wave.follow(ms);
  said.follow(ms);
  frame = audio.paused ? 0 : requestAnimationFrame(follow);
}
for (const name of ["play", "seeked", "timeupdate"]) {
  audio.addEventListener(name, () => (frame ||= requestAnimationFrame(follow)));
}
$("speed").addEventListener("change", (event) => (audio.playbackRate = Number(event.target.value)));

const match = () => ({ "If-Match": `"${draft.version}"` });

function show(next) {
  draft = next;
  said.show(draft.transcript, draft.facts, open());
  showFacts($("facts"), $("more-facts"), draft, {
    spoken: true,
    hear: (one) => hear(one.start_ms, one.end_ms),
    show: (fields) => {
      const first = said.light(fields);
      span = spanOf(fields);
      wave.show(span);
      first?.scrollIntoView({ block: "nearest", behavior: "smooth" });
    },
    save: async (patch, label) => {
      const { data } = await call("PATCH", `/api/v1/drafts/${draft.id}`, { body: { facts: patch }, headers: match() });
      show(data);
      announce(t("review.saved", { field: label }));
    },
  });
  for (const node of $("ending").querySelectorAll("button")) node.disabled = !open();
  $("split").disabled = true;
  $("no-complaint").disabled = !["open", "no_complaint"].includes(draft.state);
  $("no-complaint").textContent = t(draft.state === "no_complaint" ? "work.complaint_after_all" : "work.no_complaint");
}

/** The seconds in which a fact was said. */
function spanOf(fields) {
  const { facts } = draft;
  for (const field of fields) {
    const value = facts[field];
    const found = Array.isArray(value) ? value.find((v) => Number.isInteger(v.start_ms)) ?? value[0]?.evidence?.[0] : value ?? facts.evidence[field]?.[0];
    if (found && Number.isInteger(found.start_ms)) return found;
  }
  return null;
}

async function act(button, box, work) {
  box.hidden = true;
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    showError(box, error.message);
    if (error.code === "version_mismatch") {
      const { data } = await call("GET", `/api/v1/drafts/${draft.id}`);
      show(data);
    }
  } finally {
    button.disabled = false;
  }
}

$("save-words").addEventListener("click", (event) => act(event.currentTarget, $("words-error"), async () => {
  const { data } = await call("PATCH", `/api/v1/drafts/${draft.id}/words`, { body: { edits: [...said.edits.values()] }, headers: match() });
  show(data);
  announce(t("work.words_saved"));
}));
$("undo-words").addEventListener("click", () => show(draft));

$("file-case").addEventListener("click", (event) => act(event.currentTarget, $("end-error"), async () => {
  if (said.edits.size) throw new Error(t("work.unsaved"));
  const key = `file-${draft.id}`;
  const { data } = await call("POST", "/api/v1/cases", { body: { draft_id: draft.id }, headers: { "Idempotency-Key": key } });
  $("ctn").textContent = data.ctn;
  $("ctn").href = `/desk/cases/${data.ctn}`;
  $("secret").textContent = (data.receipt_secret ?? "").replace(/(\d{4})(?=\d)/g, "$1 ");
  $("ending").hidden = true;
  $("filed").hidden = false;
  $("filed-heading").focus();
  const { data: fresh } = await call("GET", `/api/v1/drafts/${draft.id}`);
  show(fresh);
}));

$("split").addEventListener("click", (event) => act(event.currentTarget, $("end-error"), async () => {
  if (said.edits.size) throw new Error(t("work.unsaved"));
  const { data } = await call("POST", `/api/v1/drafts/${draft.id}/split`, { body: { segments: [...said.chosen] }, headers: match() });
  window.location.href = `/desk/intake/${given.recording}?draft=${data.draft.id}`;
}));

$("attach").addEventListener("submit", (event) => {
  event.preventDefault();
  const button = event.currentTarget.querySelector("button");
  act(button, $("end-error"), async () => {
    const { data } = await call("POST", `/api/v1/drafts/${draft.id}/attach`, { body: { ctn: $("attach-ctn").value.trim() } });
    window.location.href = `/desk/cases/${data.ctn}`;
  });
});

$("no-complaint").addEventListener("click", (event) => act(event.currentTarget, $("end-error"), async () => {
  const { data } = await call("POST", `/api/v1/drafts/${draft.id}/no-complaint`, { headers: match() });
  show(data);
}));

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.getElementById("keys-off")?.checked) return;
  if (event.key === "p") {
    until = null;
    if (audio.paused) audio.play().catch(() => {});
    else audio.pause();
  } else if (event.key === "h") {
    const row = document.activeElement?.closest(".fact");
    const field = row?.dataset.field;
    const found = field ? spanOf([field]) ?? span : span;
    if (found) hear(found.start_ms, found.end_ms);
  }
});

window.addEventListener("beforeunload", (event) => said.edits.size && event.preventDefault());
show(draft);
