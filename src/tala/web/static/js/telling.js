// The ways to tell it that are not a conversation: a recording from the device, a text, and a recording made
// here where the browser cannot hand over sound while it is spoken.

import { call, intakeTicket } from "./api.js";
import { $, announce, format, limits, showError, t } from "./page.js";
import { MicrophoneError, openMicrophone, Recorder } from "./recorder.js";
import { Sun } from "./sun.js";

/** Whether the box is ticked; asks for it where it is not. */
export function agreed() {
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

/** Offer another way, such as when there is no microphone. */
export function offer(way) {
  document.querySelector(`[name="way"][value="${way}"]`).checked = true;
  chooseWay();
}

/** What the line under the button says. */
export function sayState(text, problem = false) {
  $("record-state").textContent = text;
  $("record-state").classList.toggle("is-problem", problem);
  $("instead").hidden = !problem;
}
for (const button of document.querySelectorAll("[data-instead]")) button.addEventListener("click", () => offer(button.dataset.instead));

// --- a file ----------------------------------------------------------------------------------------------------

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

// The second opens the recorder that the phone itself has.
for (const id of ["file", "file-record"]) $(id).addEventListener("change", () => choose($(id).files[0]));
for (const name of ["dragenter", "dragover"]) $("drop").addEventListener(name, (event) => {
  event.preventDefault();
  $("drop").classList.add("is-over");
});
for (const name of ["dragleave", "drop"]) $("drop").addEventListener(name, () => $("drop").classList.remove("is-over"));
$("drop").addEventListener("drop", (event) => {
  event.preventDefault();
  choose(event.dataTransfer.files[0]);
});
for (const who of document.querySelectorAll('[name="who"]')) who.addEventListener("change", () => ($("who-error").hidden = true));

/** `send(file, name, consent)` when a file was chosen and the questions about it answered. */
export function onFile(send) {
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
    return agreed() ? send(chosen, chosen.name, who.value) : undefined;
  });
}

// --- a text ----------------------------------------------------------------------------------------------------

const UNSENT = "tala.text"; // what was typed while there was no line; kept in this tab alone

/** `open(draft)` with the draft made of a text. */
export function onText(open) {
  $("text").value = sessionStorage.getItem(UNSENT) ?? "";
  if ($("text").value) offer("type");
  $("text").addEventListener("input", () => sessionStorage.setItem(UNSENT, $("text").value));
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
      sessionStorage.removeItem(UNSENT);
      open(data);
    } catch (error) {
      showError($("text-error"), navigator.onLine ? error.message : t("type.offline"));
    } finally {
      $("send-text").disabled = false;
    }
  });
}

export function emptyTelling() {
  sessionStorage.removeItem(UNSENT);
  for (const id of ["text", "file", "file-record"]) $(id).value = "";
  choose(null);
}

// --- a recording made here, sent when it is done ---------------------------------------------------------------

export class Dictation {
  constructor(send) {
    this.send = send;
    this.recorder = null;
    this.sun = new Sun($("rays"));
    $("record-discard").addEventListener("click", () => this.discard());
    window.addEventListener("beforeunload", (event) => this.recorder && event.preventDefault());
  }

  show(on) {
    $("sun").classList.toggle("is-recording", on);
    for (const face of document.querySelectorAll("[data-when]")) face.hidden = (face.dataset.when === "recording") !== on;
    $("record-label").textContent = t(on ? "speak.stop" : "speak.start");
    $("record-clock").hidden = !on;
    $("record-more").hidden = !on;
    for (const way of document.querySelectorAll('[name="way"]')) way.disabled = on;
  }

  async toggle() {
    if (this.recorder) return this.stop();
    return this.start();
  }

  /** Throws MicrophoneError. */
  async start() {
    const stream = await openMicrophone();
    try {
      this.recorder = new Recorder(stream, { onLost: () => sayState(t("speak.lost"), true) });
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      throw error;
    }
    sayState("");
    announce(t("speak.recording"));
    this.show(true);
    this.sun.start(() => this.recorder?.level.read() ?? 0);
    let loudest = 0;
    this.clock = setInterval(() => {
      const seconds = this.recorder.seconds();
      $("record-time").textContent = format.clock(seconds);
      loudest = Math.max(loudest * 0.98, this.recorder.level.read());
      if (seconds > 4) sayState(loudest < 0.15 ? t("speak.quiet") : "");
      if (seconds >= limits.seconds) this.stop();
    }, 500);
  }

  end() {
    const ended = this.recorder;
    this.recorder = null;
    clearInterval(this.clock);
    this.sun.stop();
    this.show(false);
    sayState(t("speak.ready"));
    return ended;
  }

  async stop() {
    const { blob, filename } = await this.end().stop();
    await this.send(blob, filename, "self");
  }

  discard() {
    this.end()?.stop();
  }
}

export { MicrophoneError };
chooseWay();
