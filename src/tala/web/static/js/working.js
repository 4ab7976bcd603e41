// A recording on its way: sent, watched while it is read, set aside where not everyone on it agreed.

import { call, follow, upload } from "./api.js";
import { $, announce, showError, t, told } from "./page.js";
import { drop, keep, newKey, underway } from "./underway.js";
import { refuse, show } from "./views.js";

const STAGES = ["sending", "received", "decoding", "transcribing", "understanding"];
const SHARE = { sending: [0, 30], received: [30, 30], decoding: [32, 36], transcribing: [36, 92], understanding: [95, 95] };

function stage(name, percent) {
  const at = STAGES.indexOf(name);
  for (const item of $("progress").children) {
    const index = STAGES.indexOf(item.dataset.stage);
    item.classList.toggle("is-done", index < at || (name === "received" && index === at));
    item.classList.toggle("is-now", index === at && name !== "received");
    item.querySelector(".progress__value").textContent =
      index === at && percent !== null ? t("working.percent", { percent }) : "";
  }
  const [from, to] = SHARE[name];
  $("bar").value = from + ((to - from) * (percent ?? 0)) / 100;
}

export class Working {
  /** `on.ready(draftId)` when the draft is there, `on.erased()` when it was erased elsewhere. */
  constructor(on) {
    this.on = on;
    this.stopping = new AbortController();
    $("release").addEventListener("click", () => this.release());
  }

  /** Stop sending and watching. */
  stop() {
    this.stopping.abort();
    this.stopping = new AbortController();
  }

  /** Send a recording and watch it. Answers whether it arrived. */
  async send(blob, filename, consent) {
    show("working");
    stage("sending", 0);
    $("working-note").textContent = "";
    keep({ key: newKey() });
    try {
      const answer = await upload(blob, {
        filename, consent, key: underway.key, signal: this.stopping.signal,
        progress: (done) => stage("sending", Math.round(done * 100)),
      });
      keep({ recording: answer.recording_id, capability: answer.capability });
    } catch (error) {
      if (error.name !== "AbortError") refuse(error.message, t(error.code === "network" ? "problem.heading" : "refused.heading"));
      return false;
    }
    await this.watch();
    return true;
  }

  async watch() {
    show("working");
    stage("received", null);
    let announced = "";
    const on = {
      ready: (data) => this.on.ready(data.draft_id),
      failed: (data) => {
        drop(); // there is nothing to come back to
        refuse(told(data.error), t("refused.heading"));
      },
      quarantined: () => show("quarantine"),
      erased: () => this.on.erased(),
    };
    try {
      await follow(`/api/v1/recordings/${underway.recording}/events`, {
        token: underway.capability, signal: this.stopping.signal,
        onRetry: () => ($("working-note").textContent = t("working.reconnecting")),
        onEvent: (name, data) => {
          $("working-note").textContent = "";
          if (on[name]) return on[name](data);
          if (!STAGES.includes(name)) return undefined;
          if (name !== announced) announce(t(`working.${name}`));
          announced = name;
          return stage(name, name === "transcribing" ? data.percent : null);
        },
      });
    } catch (error) {
      refuse(error.message, t("refused.heading"));
    }
  }

  async release() {
    if (!$("attest").checked) {
      showError($("attest-error"), t("notice.consent_needed"));
      $("attest").focus();
      return;
    }
    try {
      await call("POST", `/api/v1/recordings/${underway.recording}/attestation`, {
        token: underway.capability, body: { consent: "all-parties" },
      });
      await this.watch();
    } catch (error) {
      showError($("attest-error"), error.message);
    }
  }
}
