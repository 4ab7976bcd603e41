// Calls of the interface. Refusals come back as problem details, whose `detail` is a sentence for people.

import { csrf, language, t } from "./page.js";

export class Problem extends Error {
  constructor(members) {
    super(members.detail || members.title || "");
    this.code = members.code || "network";
    this.status = members.status || 0;
    this.errors = members.errors || [];
    this.retryable = members.retryable ?? this.status === 0;
  }
}

export const networkProblem = () => new Problem({ code: "network", detail: t("error.network") });

/** An answer that Tala itself did not write, such as a proxy's own page. */
function failed(status) {
  const code = status >= 500 ? "internal" : "network";
  return new Problem({ code, status, detail: t(`error.${code}`) });
}

async function problemOf(response) {
  try {
    return new Problem(await response.json());
  } catch {
    return failed(response.status);
  }
}

/** Send and read JSON; answers {data, headers}. Throws Problem. */
export async function call(method, url, { token, body, headers = {}, signal, keepalive } = {}) {
  const sent = { Accept: "application/json", "Accept-Language": language, ...headers };
  if (token) sent.Authorization = `Bearer ${token}`;
  else if (csrf && method !== "GET") sent["X-CSRF-Token"] = csrf;
  if (body !== undefined) sent["Content-Type"] ??= "application/json";
  let response;
  try {
    response = await fetch(url, {
      method, headers: sent, signal, keepalive, body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw networkProblem();
  }
  if (!response.ok) throw await problemOf(response);
  const text = await response.text();
  return { data: text ? JSON.parse(text) : null, headers: response.headers };
}

let ticket = null;

/** An intake ticket, asked for again before it runs out. */
export async function intakeTicket() {
  if (!ticket || Date.now() > ticket.until) {
    const { data } = await call("POST", "/api/v1/intake/tickets");
    ticket = { token: data.ticket, until: Date.now() + (data.expires_s - 60) * 1000 };
  }
  return ticket.token;
}

/** Upload a recording; `progress` gets 0…1 as it leaves this device. Resolves to the answer. Throws Problem. */
export function upload(blob, { filename, consent, key, progress, signal }) {
  return intakeTicket().then(
    (token) =>
      new Promise((resolve, reject) => {
        const form = new FormData();
        form.append("consent", consent);
        form.append("language", "auto");
        form.append("file", blob, filename);
        const request = new XMLHttpRequest();
        request.open("POST", "/api/v1/recordings");
        request.setRequestHeader("Authorization", `Bearer ${token}`);
        request.setRequestHeader("Accept-Language", language);
        request.setRequestHeader("Idempotency-Key", key);
        request.upload.addEventListener("progress", (event) => {
          if (event.lengthComputable) progress(event.loaded / event.total);
        });
        request.addEventListener("load", () => {
          let answer = {};
          try {
            answer = JSON.parse(request.responseText);
          } catch {
            // told below as a failure of the line
          }
          if (request.status === 202) resolve(answer);
          else reject(answer.detail ? new Problem(answer) : failed(request.status));
        });
        request.addEventListener("error", () => reject(networkProblem()));
        request.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
        signal?.addEventListener("abort", () => request.abort());
        request.send(form);
      }),
  );
}

/** Follow server-sent events until they end, coming back after a dropped line. `onEvent` gets (name, data). */
export async function follow(url, { token, onEvent, onRetry, signal }) {
  const final = new Set(["ready", "failed", "quarantined", "erased"]);
  let last = "";
  let pause = 1000;
  for (;;) {
    try {
      const headers = { Authorization: `Bearer ${token}`, Accept: "text/event-stream", "Accept-Language": language };
      if (last) headers["Last-Event-ID"] = last;
      const response = await fetch(url, { headers, signal });
      if (!response.ok) throw await problemOf(response);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let buffer = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        pause = 1000;
        buffer += value;
        let end;
        while ((end = buffer.indexOf("\n\n")) >= 0) {
          const event = { name: "message", data: "" };
          for (const line of buffer.slice(0, end).split("\n")) {
            const colon = line.indexOf(":");
            const field = line.slice(0, colon);
            const content = line.slice(colon + 1).trimStart();
            if (field === "id") last = content;
            else if (field === "event") event.name = content;
            else if (field === "data") event.data += content;
          }
          buffer = buffer.slice(end + 2);
          if (!event.data) continue;
          onEvent(event.name, JSON.parse(event.data));
          if (final.has(event.name)) {
            reader.cancel();
            return;
          }
        }
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof Problem && error.status && error.status < 500 && error.status !== 429) throw error;
    }
    onRetry?.();
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (signal?.aborted) return;
    pause = Math.min(pause * 1.7, 15000);
  }
}
