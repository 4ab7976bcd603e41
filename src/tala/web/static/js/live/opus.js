// Sound made small for a slow line: about 24 kbit/s instead of 256.

import { FRAME_MS } from "./microphone.js";

const CONFIGURATION = {
  codec: "opus", sampleRate: 16000, numberOfChannels: 1, bitrate: 24000,
  opus: { application: "voip", frameDuration: FRAME_MS * 1000, complexity: 5 },
};

/** Whether this browser can make packets of exactly one piece of sound each. */
export async function canEncode() {
  if (typeof AudioEncoder !== "function" || typeof AudioData !== "function") return false;
  try {
    return (await AudioEncoder.isConfigSupported(CONFIGURATION)).supported;
  } catch {
    return false;
  }
}

export class Opus {
  constructor() {
    this.waiting = [];
    this.time = 0;
    this.encoder = new AudioEncoder({
      output: (chunk) => {
        const packet = new Uint8Array(chunk.byteLength);
        chunk.copyTo(packet);
        this.waiting.shift()?.resolve(packet);
      },
      error: (error) => {
        for (const { reject } of this.waiting.splice(0)) reject(error);
      },
    });
    this.encoder.configure(CONFIGURATION);
  }

  /** The packet of one piece of sound, 16 bits at 16 kHz. */
  encode(samples) {
    const data = new AudioData({
      format: "s16", sampleRate: 16000, numberOfFrames: samples.length, numberOfChannels: 1,
      timestamp: this.time, data: samples,
    });
    this.time += FRAME_MS * 1000;
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.encoder.encode(data);
      data.close();
    });
  }

  close() {
    if (this.encoder.state !== "closed") this.encoder.close();
  }
}
