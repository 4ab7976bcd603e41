// Sends recordings in parts (tus 1.0). What is on its way stands in this browser's own store until it is in, so that a
// reload, a closed lid or a lost line costs no more than a part.

import { csrf, t } from "./page.js";

const VERSION = { "Tus-Resumable": "1.0.0" };
const SMALLEST = 256 * 1024;
const LARGEST = 16 * 1024 * 1024;
const PART_SECONDS = 4;

function store(mode, act) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("tala-uploads", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("files", { keyPath: "id" });
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const db = opening.result;
      const change = db.transaction("files", mode);
      const asked = act(change.objectStore("files"));
      change.oncomplete = () => {
        db.close();
        resolve(asked.result);
      };
      change.onerror = change.onabort = () => {
        db.close();
        reject(change.error);
      };
    };
  });
}

/** Uploads that were not finished when the page was left, oldest first. */
export const waiting = async () => (await store("readonly", (files) => files.getAll()).catch(() => [])).sort((a, b) => a.at - b.at);
export const keep = (entry) => store("readwrite", (files) => files.put(entry)).catch(() => {});
export const forget = (id) => store("readwrite", (files) => files.delete(id)).catch(() => {});

const encode = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

export class Refused extends Error {}

async function refusal(response) {
  const told = await response.json().catch(() => ({}));
  return new Refused(told.detail || t("error.network"));
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Send one part; answers the status and headers. Progress comes from the request itself. */
function send(url, blob, offset, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PATCH", url);
    const headers = { ...VERSION, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream", "X-CSRF-Token": csrf };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => progress(offset + event.loaded));
    request.addEventListener("load", () => resolve(request));
    request.addEventListener("error", () => reject(new TypeError("line")));
    request.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
    signal?.addEventListener("abort", () => request.abort());
    request.send(blob);
  });
}

async function begin(entry) {
  const about = { consent: entry.consent, filename: entry.name, filetype: entry.type || "application/octet-stream", language: entry.language };
  const metadata = Object.entries(about).map(([name, value]) => `${name} ${encode(value)}`).join(",");
  const response = await fetch("/api/v1/uploads", {
    method: "POST",
    headers: { ...VERSION, "Upload-Length": String(entry.file.size), "Upload-Metadata": metadata, "X-CSRF-Token": csrf },
  });
  if (response.status >= 500 || response.status === 429) throw new TypeError("later");
  if (!response.ok) throw await refusal(response);
  return response.headers.get("Location");
}

async function offsetOf(url) {
  const response = await fetch(url, { method: "HEAD", headers: VERSION });
  if (response.status === 404) return null;
  if (!response.ok) throw new TypeError("later");
  return Number(response.headers.get("Upload-Offset"));
}

/** Send an entry {id, file, name, type, consent, language, url?} to its end; answers the recording's id. Throws Refused. */
export async function upload(entry, { progress, stalled, signal }) {
  let pause = 1000;
  let part = 1024 * 1024;
  for (;;) {
    try {
      let offset = entry.url ? await offsetOf(entry.url) : null;
      if (offset === null) {
        entry.url = await begin(entry);
        offset = 0;
        await keep(entry);
      }
      for (;;) {
        const started = performance.now();
        const blob = entry.file.slice(offset, offset + part);
        const answer = await send(entry.url, blob, offset, progress, signal);
        if (answer.status === 409) break; // something of it arrived before: ask how far it is
        if (answer.status >= 500 || answer.status === 429) throw new TypeError("later");
        if (answer.status !== 204) {
          let told = {};
          try {
            told = JSON.parse(answer.responseText);
          } catch {
            // not ours; told below
          }
          throw new Refused(told.detail || t("error.network"));
        }
        stalled(false);
        pause = 1000;
        offset = Number(answer.getResponseHeader("Upload-Offset"));
        progress(offset);
        const recording = answer.getResponseHeader("Tala-Recording");
        if (recording) return recording;
        const seconds = (performance.now() - started) / 1000;
        part = Math.round(Math.min(LARGEST, Math.max(SMALLEST, part * Math.min(2, PART_SECONDS / Math.max(seconds, 0.05)))));
      }
    } catch (error) {
      if (error instanceof Refused || error.name === "AbortError") throw error;
      stalled(true);
      await wait(pause);
      pause = Math.min(pause * 1.7, 15000);
    }
  }
}
