// The microphone: permission, level, and a recording in whatever form this browser records.

import { t } from "./page.js";

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus", "audio/webm"];

// Apps that show pages in a window of their own, which as a rule may not use the microphone.
const IN_APP = /FBAN|FBAV|FB_IAB|Instagram|Messenger|MicroMessenger|TikTok|musical_ly|Line\/|Viber|; wv\)/;

export class MicrophoneError extends Error {}

const refused = (why) => new MicrophoneError(t(`speak.${IN_APP.test(navigator.userAgent) && why !== "busy" ? "in_app" : why}`));

/** What a voice before a device is cleaned by; a line from a telephone comes as it is. */
const VOICE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const LINE = { echoCancellation: false, noiseSuppression: false, autoGainControl: true };

/** Ask for the microphone, or for the line of that id. Throws MicrophoneError with what to do. */
export async function openMicrophone(line = "") {
  if (!window.isSecureContext) throw new MicrophoneError(t("speak.insecure"));
  if (!navigator.mediaDevices?.getUserMedia) throw refused("unsupported");
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, ...(line ? { ...LINE, deviceId: { exact: line } } : VOICE) },
    });
  } catch (error) {
    const reasons = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "none", OverconstrainedError: "none", NotReadableError: "busy" };
    throw refused(reasons[error.name] || "unsupported");
  }
}

/** Loudness of a stream, 0…1, on a scale of decibels. */
export class Level {
  constructor(context, stream) {
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.samples = new Float32Array(this.analyser.fftSize);
    context.createMediaStreamSource(stream).connect(this.analyser);
  }

  read() {
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (const sample of this.samples) sum += sample * sample;
    const decibels = 10 * Math.log10(sum / this.samples.length + 1e-10);
    return Math.min(1, Math.max(0, (decibels + 55) / 45));
  }
}

/** Records until stopped; `stop()` resolves to {blob, filename}. */
export class Recorder {
  constructor(stream, { onLost } = {}) {
    this.stream = stream;
    this.context = new AudioContext();
    this.level = new Level(this.context, stream);
    const mimeType = TYPES.find((type) => window.MediaRecorder?.isTypeSupported(type));
    if (!mimeType) throw new MicrophoneError(t("speak.unsupported"));
    this.chunks = [];
    this.recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 32000 });
    this.recorder.addEventListener("dataavailable", (event) => event.data.size && this.chunks.push(event.data));
    for (const track of stream.getTracks()) track.addEventListener("ended", () => onLost?.());
    this.recorder.start(1000);
    this.started = performance.now();
  }

  seconds() {
    return (performance.now() - this.started) / 1000;
  }

  async stop() {
    if (this.recorder.state !== "inactive") {
      const stopped = new Promise((resolve) => this.recorder.addEventListener("stop", resolve, { once: true }));
      this.recorder.stop();
      await stopped;
    }
    this.close();
    const type = this.recorder.mimeType.split(";")[0];
    const ending = type.endsWith("mp4") ? "m4a" : type.split("/")[1];
    return { blob: new Blob(this.chunks, { type }), filename: `microphone.${ending}` };
  }

  close() {
    for (const track of this.stream.getTracks()) track.stop();
    this.context.close();
  }
}
