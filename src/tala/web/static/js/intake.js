// The intake queue: recordings on their way in, and rows that fill themselves.

import { call } from "./api.js";
import { $, announce, el, format, icon, limits, showError, t } from "./page.js";
import { forget, keep, upload, waiting } from "./resumable.js";

const AT_ONCE = 2;
const entries = [];
let chosen = [];
let running = 0;

function choose(files) {
  chosen = [...files];
  const list = $("chosen");
  list.replaceChildren(...chosen.map((file) => el("li", {}, el("span", { class: "chosen__name" }, file.name), el("span", { class: "chosen__size" }, format.size(file.size)))));
  list.hidden = !chosen.length;
  $("send").textContent = chosen.length ? t("intake.send_count", { count: chosen.length }) : t("intake.send");
}

const drop = $("drop");
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("is-over");
  });
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("is-over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  choose(event.dataTransfer.files);
});
$("files").addEventListener("change", (event) => choose(event.target.files));

$("batch").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("batch-error").hidden = true;
  const consent = document.querySelector('[name="consent"]:checked')?.value;
  if (!chosen.length) return showError($("batch-error"), t("intake.choose_first"));
  if (!consent) return showError($("batch-error"), t("intake.who_needed"));
  const language = $("language").value;
  for (const file of chosen) {
    const entry = { id: crypto.randomUUID(), at: Date.now() + entries.length / 1e4, file, name: file.name, type: file.type, consent, language };
    await keep(entry);
    add(entry);
  }
  $("files").value = "";
  choose([]);
});

/** Show an upload and put it in line. */
function add(entry) {
  const bar = el("progress", { class: "bar", max: 1, value: 0, "aria-label": entry.name });
  const state = el("span", { class: "hint" }, t("intake.in_line"));
  const stop = el("button", { type: "button", class: "icon-button", "aria-label": t("intake.stop_one", { name: entry.name }) }, icon("close"));
  const node = el("li", {}, el("div", { class: "uploads__head" }, el("span", { class: "chosen__name" }, entry.name), state, stop), bar);
  const control = new AbortController();
  const item = { entry, bar, state, stop, node, control, sent: 0, over: false, begun: false };
  stop.addEventListener("click", async () => {
    control.abort();
    finish(item, t("intake.stopped"));
    if (entry.url) await call("DELETE", entry.url, { headers: { "Tus-Resumable": "1.0.0" } }).catch(() => {});
  });
  entries.push(item);
  $("uploads").append(node);
  $("sending").hidden = false;
  total();
  next();
}

function finish(item, text, failed = false) {
  item.over = true;
  item.state.textContent = text;
  item.state.className = failed ? "error" : "hint";
  item.stop.hidden = true;
  forget(item.entry.id);
  total();
}

function total() {
  const all = entries.reduce((sum, one) => sum + one.entry.file.size, 0) || 1;
  const sent = entries.reduce((sum, one) => sum + (one.over ? one.entry.file.size : one.sent), 0);
  const done = entries.filter((one) => one.over).length;
  $("whole-bar").value = sent / all;
  const text = t("intake.whole", { done, count: entries.length, percent: Math.floor((sent / all) * 100) });
  if ($("whole").textContent !== text) $("whole").textContent = text;
}

function next() {
  const item = entries.find((one) => !one.over && !one.begun);
  if (!item || running >= AT_ONCE) return;
  item.begun = true;
  running++;
  send(item).finally(() => {
    running--;
    next();
  });
  next();
}

async function send(item) {
  const { entry } = item;
  if (entry.file.size > limits.bytes) return finish(item, t("file.too_big", { size: limits.size }), true);
  if (!entry.file.size) return finish(item, t("file.empty"), true);
  try {
    await upload(entry, {
      signal: item.control.signal,
      progress: (bytes) => {
        item.sent = Math.min(bytes, entry.file.size);
        item.bar.value = item.sent / entry.file.size;
        item.state.textContent = `${Math.floor((item.sent / entry.file.size) * 100)} %`;
        total();
      },
      stalled: (on) => on && (item.state.textContent = t("working.reconnecting")),
    });
    item.bar.value = 1;
    finish(item, t("intake.sent"));
  } catch (error) {
    if (error.name !== "AbortError") finish(item, error.message, true);
  }
}

// What was not finished when the page was left goes on by itself.
for (const entry of await waiting()) if (entry.file instanceof Blob) add(entry);

window.addEventListener("beforeunload", (event) => {
  if (!indexedDB && entries.some((one) => !one.over)) event.preventDefault();
});

const queue = $("queue");

function put({ id, html, settled }) {
  const box = document.createElement("template");
  box.innerHTML = html;
  const fresh = box.content.firstElementChild;
  const old = queue.querySelector(`[data-recording="${CSS.escape(id)}"]`);
  if (old) {
    if (old.outerHTML === fresh.outerHTML) return;
    const focused = old.contains(document.activeElement);
    old.replaceWith(fresh);
    if (focused) fresh.querySelector("a, button")?.focus();
  } else queue.prepend(fresh);
  $("empty").hidden = true;
  if (settled) announce(t("intake.settled", { name: fresh.querySelector(".intake-row__name").textContent }));
}

const events = new EventSource("/desk/intake/events");
events.addEventListener("row", (event) => put(JSON.parse(event.data)));
window.addEventListener("pagehide", () => events.close());

queue.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-release], [data-discard]");
  if (!button) return;
  const row = button.closest("[data-recording]");
  try {
    if (button.dataset.release) {
      if (!window.confirm(t("intake.release_sure"))) return;
      await call("POST", `/api/v1/recordings/${button.dataset.release}/attestation`, { body: { consent: "all-parties" } });
    } else {
      if (!window.confirm(t("intake.discard_sure"))) return;
      await call("DELETE", `/api/v1/recordings/${button.dataset.discard}`);
      row.remove();
    }
  } catch (error) {
    row.append(el("p", { class: "error", role: "alert" }, error.message));
  }
});
