// The citizen's way: tell, check, keep the number.

import { call, Problem } from "./api.js";
import { canStream } from "./live/microphone.js";
import { Outbox } from "./live/outbox.js";
import { $, announce, el, t } from "./page.js";
import { showReceipt } from "./receipt.js";
import { agreed, Dictation, emptyTelling, MicrophoneError, onFile, onText, sayState } from "./telling.js";
import { drop, keep, underway } from "./underway.js";
import { refuse, show } from "./views.js";
import { Working } from "./working.js";

const outbox = await Outbox.open();
const working = new Working({ ready: open, erased: startOver });
const dictation = new Dictation((blob, filename, consent) => working.send(blob, filename, consent));

// The conversation and the form come after the first page, which has to be small.
const once = (load) => {
  let made;
  return () => (made ??= load());
};

const reviewing = once(async () => {
  const { Review } = await import("./review.js");
  return new Review({ filed, over: startOver });
});

let talk = null;
const talking = once(async () => {
  const { Talk } = await import("./live/talk.js");
  talk = new Talk(outbox, {
    ended: async ({ recording, draft, capability, late }) => {
      keep({ recording, draft, capability });
      if (draft) await open(draft);
      else if (recording) await working.watch();
      else refuse(t("error.no_speech"), t("refused.heading"));
      if (late) $("review-notes").append(el("p", { class: "callout callout--warn", role: "alert" }, t("live.late", { seconds: late })));
    },
    file: async (file, sent) => (await working.send(file, "microphone.wav", "self")) && sent(),
    gone: (problem) => refuse(problem.message, t("problem.heading")),
  });
  return talk;
});

function startOver() {
  working.stop();
  reviewing().then((review) => review.close());
  drop();
  emptyTelling();
  sayState(t("speak.ready"));
  show("tell");
}

async function open(draftId) {
  try {
    await (await reviewing()).open(draftId);
  } catch (error) {
    if (error.code === "draft_not_ready" && underway.recording) await working.watch();
    else refuse(error.message, t("refused.heading"));
  }
}

onFile((file, name, consent) => working.send(file, name, consent));
onText(async (draft) => {
  keep({ draft: draft.id, capability: draft.capability });
  (await reviewing()).show(draft);
});

$("record").addEventListener("click", async () => {
  if (dictation.recorder) return dictation.stop();
  if (!agreed()) return undefined;
  $("record").disabled = true;
  try {
    if (!canStream()) return await dictation.start();
    await (await talking()).begin();
    show("talk");
    announce(t("speak.recording"));
  } catch (error) {
    sayState(error instanceof MicrophoneError ? error.message : t("speak.unsupported"), true);
  } finally {
    $("record").disabled = false;
  }
  return undefined;
});

async function filed(data, files) {
  drop();
  showReceipt(data);
  show("receipt");
  if (!files.length || !data.receipt_secret) return;
  $("attached").hidden = false;
  $("attached").replaceChildren(el("p", {}, t("attach.sending")));
  const { attach } = await import("./files.js");
  const left = [];
  for (const file of files) {
    try {
      await attach(data.ctn, data.receipt_secret, file);
    } catch (error) {
      left.push(el("li", {}, `${file.name}: ${error.message}`));
    }
  }
  $("attached").replaceChildren(el("p", {}, t("attach.sent", { count: files.length - left.length })),
    ...(left.length ? [el("p", {}, t("attach.left")), el("ul", {}, left)] : []));
}

// --- leaving ---------------------------------------------------------------------------------------------------

async function confirmed() {
  $("sure").returnValue = "";
  $("sure").showModal();
  await new Promise((resolve) => $("sure").addEventListener("close", resolve, { once: true }));
  return $("sure").returnValue === "yes";
}

/** Erase on the server what is under way: the recording with all that was made of it, or a typed draft. */
function eraseThere(options = {}) {
  const { recording, draft, capability } = underway;
  if (!capability) return Promise.resolve();
  const address = recording ? `/api/v1/recordings/${recording}` : `/api/v1/drafts/${draft}`;
  return call("DELETE", address, { token: capability, ...options });
}

async function discard() {
  if (!(await confirmed())) return;
  working.stop();
  try {
    if (talk?.active) await talk.discard();
    else await eraseThere();
    startOver();
    announce(t("review.discarded"));
  } catch (error) {
    if (error instanceof Problem && (error.status === 404 || error.status === 410)) startOver();
    else refuse(error.message, t("refused.heading"));
  }
}

/** For shared devices: nothing is asked, nothing stays here, and the page is gone. */
async function leaveQuickly() {
  document.body.hidden = true;
  const gone = talk?.active ? talk.discard() : eraseThere({ keepalive: true });
  await Promise.race([Promise.allSettled([gone, outbox.eraseAll()]), new Promise((resolve) => setTimeout(resolve, 1500))]);
  sessionStorage.clear();
  localStorage.clear();
  window.location.replace("about:blank");
}

for (const button of document.querySelectorAll('[data-action="discard"]')) button.addEventListener("click", discard);
for (const button of document.querySelectorAll('[data-action="leave"]')) button.addEventListener("click", leaveQuickly);
for (const button of document.querySelectorAll('[data-action="again"]')) button.addEventListener("click", startOver);
$("leave").addEventListener("click", () => {
  sessionStorage.clear();
  localStorage.clear();
  window.location.replace("/");
});

// --- coming back -----------------------------------------------------------------------------------------------

if (underway.draft && underway.capability) open(underway.draft);
else if (underway.recording && underway.capability) working.watch();
else if ((await outbox.sessions().catch(() => [])).length && (await (await talking()).resume())) show("talk");
document.documentElement.dataset.ready = "yes";

// What comes next is fetched while the first page is read, and kept for the day without a line.
(window.requestIdleCallback ?? setTimeout)(async () => {
  await Promise.allSettled([talking(), reviewing()]);
  navigator.serviceWorker?.register("/sw.js").catch(() => {});
});
