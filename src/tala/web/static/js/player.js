// Plays the recording, whole or just the seconds in which something was said.

import { call } from "./api.js";

const LEAD_SECONDS = 0.15;
const TAIL_SECONDS = 0.25;

export class Player {
  constructor(audio, box) {
    this.audio = audio;
    this.box = box;
    this.until = null;
    this.listeners = new Set();
    audio.addEventListener("timeupdate", () => {
      if (this.until !== null && audio.currentTime >= this.until) this.stop();
      for (const listener of this.listeners) listener(audio.currentTime * 1000);
    });
    audio.addEventListener("seeking", () => {
      if (!this.jumping) this.until = null;
    });
    audio.addEventListener("error", () => (this.box.hidden = true));
  }

  get ready() {
    return !this.box.hidden;
  }

  /** Open a recording. A cookie for this one address lets the browser's own player ask for parts of it. */
  async open(recordingId, token) {
    await call("POST", `/api/v1/recordings/${recordingId}/playback`, { token });
    this.box.hidden = false;
    this.audio.src = `/api/v1/recordings/${recordingId}/audio`;
  }

  async play(startMs, endMs) {
    this.until = endMs / 1000 + TAIL_SECONDS;
    this.jumping = true;
    this.audio.currentTime = Math.max(0, startMs / 1000 - LEAD_SECONDS);
    try {
      await this.audio.play();
    } catch {
      // stopped again before it began, or the browser cannot play this kind of file
    } finally {
      this.jumping = false;
    }
  }

  stop() {
    this.until = null;
    this.audio.pause();
  }

  close() {
    this.stop();
    this.audio.removeAttribute("src");
    this.box.hidden = true;
  }
}
