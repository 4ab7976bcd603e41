// A call taken down while the caller speaks: words and facts as they come, and what to ask next.

import { call } from "./api.js";
import { Outbox } from "./live/outbox.js";
import { Said } from "./live/said.js";
import { Session } from "./live/session.js";
import { Understood } from "./live/understood.js";
import { $, announce, csrf, el, format, showError, t, told } from "./page.js";
import { MicrophoneError } from "./recorder.js";

const SHOWN_BEHIND_SECONDS = 2;
const said = new Said($("said"));
const understood = new Understood($("understood"));
const outbox = await Outbox.open();
let session = null;
let known = false;
let finishing = false;

const on = {
  event: (event) => handlers[event.type]?.(event),
  line: (state, problem) => line(state, problem),
  lost: () => look(t("speak.lost")),
};

const handlers = {
  "session.created": restore,
  "transcript.partial": (event) => said.partial(event),
  "transcript.final": (event) => said.final(event),
  "draft.updated": ({ facts, missing }) => {
    known = true;
    understood.show(facts, missing);
    $("call-emergency").hidden = !facts.emergency;
  },
  "assistant.question": ({ text }) => {
    $("next-question").textContent = text;
    announce(text);
  },
  "assistant.reply": ({ outcome }) => {
    if (outcome) $("next-question").textContent = t("call.nothing_missing");
  },
  "quality.warning": (event) => look(told({ code: event.code, message: event.text ?? event.message }, "warning")),
  "session.closed": closed,
  error: (event) => look(told(event)),
};

/** After a reload the words so far are the server's to tell. */
async function restore(event) {
  said.renumber();
  if (!event.resumed || !event.draft_id || known) return;
  const { data } = await call("GET", `/api/v1/drafts/${event.draft_id}`, { token: session.capability }).catch(() => ({}));
  if (!data || known) return;
  for (const segment of data.transcript.segments) said.written(segment.text);
  understood.show(data.facts, data.missing);
}

async function closed({ reason, recording_id: recording, state }) {
  if (reason !== "committed") return;
  const ended = session;
  session = null;
  await ended.forget();
  // Where something is still to be read a worker reads it, and the queue shows it when it is done.
  window.location.href = state === "ready" ? `/desk/intake/${recording}` : "/desk/intake";
}

async function line(state, problem) {
  if (state === "refused") {
    const ended = session;
    session = null;
    showCall();
    showError($("call-error"), told(problem));
    await ended?.forget();
  } else if (state === "blocked" && finishing) await sendAsFile();
  look();
}

/** Where no socket gets through, everything heard goes as a recording. */
async function sendAsFile() {
  const file = session?.asFile();
  if (!file) return;
  const ended = session;
  session = null;
  const form = new FormData();
  form.append("consent", "all-parties");
  form.append("language", $("language").value);
  form.append("file", file, "call.wav");
  try {
    const headers = { "X-CSRF-Token": csrf, "Idempotency-Key": ended.record.id };
    const answer = await fetch("/api/v1/recordings", { method: "POST", headers, body: form });
    if (!answer.ok) throw new Error(t("error.network"));
    await ended.forget();
    window.location.href = "/desk/intake";
  } catch {
    session = ended; // what was heard is still here
    finishing = false;
    showCall();
    showError($("call-error"), t("error.network"));
  }
}

let note = { text: "", until: 0 };

/** What stands beside the buttons; looked at twice a second. */
function look(text = "") {
  if (text) note = { text, until: Date.now() + 6000 };
  if (!session) return;
  $("call-time").textContent = format.clock(session.seconds);
  $("call-level").value = session.microphone?.level ?? 0;
  const behind = session.behindSeconds;
  let shown = "";
  if (finishing) shown = behind > SHOWN_BEHIND_SECONDS ? t("live.waiting", { seconds: behind }) : t("live.finishing");
  else if (session.state === "blocked") shown = t("live.later");
  else if (session.state === "down") shown = t("live.offline");
  else if (behind > SHOWN_BEHIND_SECONDS) shown = t("live.behind", { seconds: behind });
  else if (Date.now() < note.until) shown = note.text;
  if ($("call-note").textContent !== shown) $("call-note").textContent = shown;
}

function showCall() {
  const under = session !== null;
  $("begin").hidden = under;
  $("call").hidden = !under;
  const listening = session?.recording ?? false;
  $("call-dot").hidden = !listening;
  $("call-state").textContent = t(listening ? "call.listening" : "call.resting");
  $("pause").textContent = t(listening ? "call.pause" : "call.go_on");
  for (const button of $("call").querySelectorAll("button")) button.disabled = finishing;
  look();
}

/** Names of lines are told once a page may listen. */
async function showLines() {
  const found = await navigator.mediaDevices?.enumerateDevices?.().catch(() => []) ?? [];
  const named = found.filter((one) => one.kind === "audioinput" && one.deviceId && one.label && one.deviceId !== "default");
  const chosen = $("line").value;
  $("line").replaceChildren(el("option", { value: "" }, t("call.line_default")),
    ...named.map((one) => el("option", { value: one.deviceId }, one.label)));
  if (named.some((one) => one.deviceId === chosen)) $("line").value = chosen;
}

async function listen() {
  try {
    await session.listen($("line").value);
    await showLines();
    return true;
  } catch (error) {
    showError($("begin-error"), error instanceof MicrophoneError ? error.message : t("speak.unsupported"));
    look(error.message);
    return false;
  }
}

$("begin").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("begin-error").hidden = true;
  $("call-error").hidden = true;
  if (!$("agreed").checked) {
    showError($("begin-error"), t("call.agree_first"));
    return $("agreed").focus();
  }
  $("start").disabled = true;
  said.clear();
  understood.clear();
  known = false;
  finishing = false;
  const begun = await Session.begin(outbox, $("language").value, on, "all-parties");
  session = begun;
  if (!(await listen())) {
    session = null;
    await begun.forget();
  }
  $("start").disabled = false;
  showCall();
  if (session) $("call-heading").focus();
  return undefined;
});

$("pause").addEventListener("click", async () => {
  if (session.recording) await session.rest();
  else await listen();
  showCall();
});

$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("compose-text").value.trim();
  if (!text) return;
  session.tell({ type: "text", text });
  said.written(text);
  $("compose-text").value = "";
});

$("done").addEventListener("click", async () => {
  finishing = true;
  const finished = session.finish();
  showCall();
  if (session?.state === "blocked") return sendAsFile();
  return finished;
});

$("discard").addEventListener("click", async () => {
  if (!window.confirm(t("call.discard_sure"))) return;
  const ended = session;
  session = null;
  showCall();
  await ended.discard();
});

setInterval(look, 500);
window.addEventListener("beforeunload", (event) => {
  if (session?.recording) event.preventDefault();
});

showLines();
session = await Session.resume(outbox, on, true);
showCall();
document.documentElement.dataset.ready = "yes";
