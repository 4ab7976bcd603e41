// Numbered pieces of sound on their way: sent as the line allows, held until the server has them on disk, sent
// again from there after a dropped line. Where raw sound does not fit the line, it goes on as Opus.

import { FRAME_MS } from "./microphone.js";
import { canEncode, Opus } from "./opus.js";

export const RAW = "pcm16@16000";
const RAW_BYTES_PER_SECOND = 32000;
const NUMBER_BYTES = 4;
const MOST_UNDERWAY_BYTES = 64 * 1024;
const MOST_BUFFERED_BYTES = 16 * 1024; // more would only wait in the browser, where nothing can be changed
const SLOW_TICKET_MS = 350;
const BEHIND_MS = 1500;
const LOOK_EVERY_MS = 500;

/** Whether the browser itself says that the line is slow or dear. */
function saysSlow() {
  const line = navigator.connection;
  return Boolean(line && (line.saveData || ["slow-2g", "2g", "3g"].includes(line.effectiveType)));
}

export class Sender {
  /**
   * @param line the Line to send over
   * @param next number of the next piece that will be spoken
   * @param waiting pieces kept from before: [{sequence, sound}]
   * @param onAcknowledged(through) the server has everything up to this piece
   */
  constructor(line, { next, waiting, onAcknowledged }) {
    this.line = line;
    this.pieces = waiting.map(({ sound }) => sound); // not acknowledged, in order
    this.first = waiting.length ? waiting[0].sequence : next; // number of pieces[0]
    this.sent = this.first; // number of the next piece to send
    this.underway = []; // bytes of the pieces sent and not acknowledged
    this.onAcknowledged = onAcknowledged;
    this.format = RAW;
    this.started = false;
    this.pumping = false;
    this.measured = [];
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.drain = null;
  }

  /** Number of the next piece that will be spoken. */
  get next() {
    return this.first + this.pieces.length;
  }

  /** Milliseconds of sound that the server does not have yet. */
  get behindMs() {
    return this.pieces.length * FRAME_MS;
  }

  add(sound) {
    this.pieces.push(sound);
    this.pump();
    return this.next - 1;
  }

  /** Choose how to send, as a connection opens. */
  async choose(ticketMs) {
    const slow = this.format !== RAW || saysSlow() || ticketMs > SLOW_TICKET_MS || this.behindMs > 8000;
    this.format = slow && (await canEncode()) ? "opus" : RAW;
    return this.format;
  }

  /** The server is ready for this piece and all after it. */
  start(sequence) {
    if (sequence > this.first) this.forget(sequence - 1);
    // What was acknowledged is not here any more; numbers never go back.
    this.sent = Math.min(Math.max(sequence, this.first), this.next);
    this.underway = [];
    this.measured = [];
    this.opus?.close();
    this.opus = this.format === "opus" ? new Opus() : null;
    this.started = true;
    this.pump();
  }

  stop() {
    this.started = false;
  }

  acknowledged(through) {
    if (through < this.first) return;
    this.forget(through);
    this.pump();
  }

  forget(through) {
    const count = Math.min(through - this.first + 1, this.pieces.length);
    this.pieces.splice(0, count);
    const bytes = this.underway.splice(0, count).reduce((sum, size) => sum + size, 0);
    this.measured.push({ at: performance.now(), bytes });
    // The server may have more than this page remembers, after a crash of the browser.
    this.first = through + 1;
    this.sent = Math.max(this.sent, this.first);
    this.onAcknowledged(through);
    if (!this.pieces.length) this.drain?.();
  }

  /** Resolves once the server has everything that was spoken. */
  drained() {
    if (!this.pieces.length) return Promise.resolve();
    return new Promise((resolve) => (this.drain = resolve));
  }

  fits() {
    const underway = this.underway.reduce((sum, size) => sum + size, 0);
    return underway < MOST_UNDERWAY_BYTES && this.line.buffered < MOST_BUFFERED_BYTES;
  }

  async pump() {
    if (this.pumping) return;
    this.pumping = true;
    try {
      while (this.started && this.line.ready && this.sent < this.next && this.fits()) {
        const number = this.sent;
        const opus = this.opus;
        const sound = this.pieces[number - this.first];
        const payload = opus ? await opus.encode(sound) : new Uint8Array(sound.buffer, sound.byteOffset, sound.byteLength);
        if (!this.started || !this.line.ready || this.opus !== opus) continue; // begun anew meanwhile
        const message = new Uint8Array(NUMBER_BYTES + payload.length);
        new DataView(message.buffer).setUint32(0, number, true);
        message.set(payload, NUMBER_BYTES);
        this.line.sendSound(message);
        this.sent = number + 1;
        if (number >= this.first) this.underway.push(message.length);
      }
    } finally {
      this.pumping = false;
    }
  }

  /** Look at the line: change to Opus when raw sound does not fit, and go on sending. */
  async look() {
    const since = performance.now() - 3000;
    this.measured = this.measured.filter(({ at }) => at > since);
    const perSecond = this.measured.reduce((sum, { bytes }) => sum + bytes, 0) / 3;
    const slow = this.started && this.behindMs > BEHIND_MS && perSecond < RAW_BYTES_PER_SECOND * 1.5;
    this.slowLooks = slow ? (this.slowLooks ?? 0) + 1 : 0;
    if (this.slowLooks >= 2 && this.format === RAW && (await canEncode()) && this.line.send({ type: "session.format", format: "opus" })) {
      this.format = "opus";
      this.opus = new Opus();
    }
    this.pump();
  }

  close() {
    clearInterval(this.timer);
    this.stop();
    this.opus?.close();
  }
}
