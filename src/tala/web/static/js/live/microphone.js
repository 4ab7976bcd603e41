// The microphone as numbered pieces of sound: 60 ms each, 16 kHz, 16 bits, one channel.

import { MicrophoneError, openMicrophone } from "../recorder.js";
import { t } from "../page.js";

export const FRAME_MS = 60;

/** Whether this browser can hand over sound while it is spoken. */
export const canStream = () =>
  window.isSecureContext && typeof AudioWorkletNode === "function" && typeof WebSocket === "function";

/** Loudness of a piece of sound, 0…1, on a scale of decibels. */
function loudness(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / samples.length / 32768 ** 2 + 1e-10);
  return Math.min(1, Math.max(0, (decibels + 55) / 45));
}

export class Microphone {
  /** Opens the microphone, or the `line` of that id. `onFrame(Int16Array)` gets the sound, `onLost()` tells that
   * it was taken away. */
  static async open({ onFrame, onLost, line }) {
    const stream = await openMicrophone(line);
    const context = new AudioContext();
    try {
      await context.audioWorklet.addModule(new URL("./capture.js", import.meta.url));
      if (context.state === "suspended") await context.resume();
    } catch {
      for (const track of stream.getTracks()) track.stop();
      context.close();
      throw new MicrophoneError(t("speak.unsupported"));
    }
    return new Microphone(stream, context, onFrame, onLost);
  }

  constructor(stream, context, onFrame, onLost) {
    this.stream = stream;
    this.context = context;
    this.level = 0;
    this.muted = false;
    this.node = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
    this.source = context.createMediaStreamSource(stream);
    this.source.connect(this.node);
    this.flushed = new Promise((resolve) => {
      this.node.port.onmessage = ({ data }) => {
        if (data === "flushed") return resolve();
        this.level = loudness(data);
        return onFrame(data);
      };
    });
    for (const track of stream.getTracks()) track.addEventListener("ended", () => this.stream && onLost());
    // A call or another app may take the microphone for a while: the context stops, then goes on.
    context.addEventListener("statechange", () => {
      if (this.stream && context.state !== "running" && context.state !== "closed") context.resume().catch(() => {});
    });
  }

  /** Do not listen for a while, such as while the page itself speaks. */
  mute(on) {
    this.muted = on;
    this.level = 0;
    this.node.port.postMessage(on ? "shut" : "open");
  }

  /** Stop; every piece of sound has been handed over when this resolves. */
  async stop() {
    this.node.port.postMessage("flush");
    // A context that the system has stopped answers nothing more.
    await Promise.race([this.flushed, new Promise((resolve) => setTimeout(resolve, 400))]);
    const stream = this.stream;
    this.stream = null;
    for (const track of stream.getTracks()) track.stop();
    this.source.disconnect();
    await this.context.close();
  }
}
