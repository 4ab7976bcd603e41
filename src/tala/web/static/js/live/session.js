// One conversation: the microphone, what is kept on this device, the line, and what the server makes of it.
// It outlives the page: whoever loads it again finds the conversation where it was.

import { call, intakeTicket } from "../api.js";
import { Line } from "./line.js";
import { FRAME_MS, Microphone } from "./microphone.js";
import { Sender } from "./sender.js";

const KEEP_EVERY_MS = 250;
const HAND_OVER_MS = 2000;
const FORGOTTEN_MS = 7 * 864e5; // nobody comes back to it
const TRIES_BEFORE_UPLOAD = 4; // a proxy that lets no socket through never will

const identifier = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;

/** Hold a session for this tab alone; false where another tab has it. */
function hold(id) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    // A page that is loaded again may be here before the one it replaces has let go.
    const patience = new AbortController();
    setTimeout(() => patience.abort(), HAND_OVER_MS);
    navigator.locks.request(`tala-${id}`, { signal: patience.signal }, () => {
      resolve(true);
      return new Promise(() => {}); // until the tab closes
    }).catch(() => resolve(false));
  });
}

export class Session {
  /** Begin a conversation. `language` is auto or a code; `staff` says who agreed, where staff take a call down. */
  static async begin(outbox, language, on, staff = null) {
    const record = { id: identifier(), started_at: Date.now(), language, spoken: 0, unsent: [], ...(staff && { staff }) };
    await hold(record.id);
    await outbox.save(record).catch(() => {});
    return new Session(outbox, record, [], on);
  }

  /** The conversation that was going on here, if there is one that no other tab holds: a citizen's, or a call. */
  static async resume(outbox, on, call = false) {
    for (const record of await outbox.sessions()) {
      if (Boolean(record.staff) !== call || !(await hold(record.id))) continue;
      if (Date.now() - record.started_at > FORGOTTEN_MS) {
        await outbox.erase(record.id);
        continue;
      }
      return new Session(outbox, record, await outbox.read(record.id), on);
    }
    return null;
  }

  /**
   * @param on.event(event) an event of the server
   * @param on.line(state) connecting, open, down, blocked (no socket gets through) or refused
   * @param on.lost() the microphone was taken away
   */
  constructor(outbox, record, waiting, on) {
    this.outbox = outbox;
    this.record = record;
    this.on = on;
    this.microphone = null;
    this.created = false;
    this.state = "connecting";
    this.fresh = []; // pieces not kept on the device yet
    this.line = new Line(() => this.ticket(), {
      open: (milliseconds) => this.greet(milliseconds),
      event: (event) => this.take(event),
      down: (tries) => this.down(tries),
      // Refused before it began: it is recorded here, and sent as a file at the end.
      refused: (problem) => this.turn(record.recording ? "refused" : "blocked", problem),
    });
    const next = waiting.length ? waiting.at(-1).sequence + 1 : 0;
    this.sender = new Sender(this.line, {
      next: Math.max(record.spoken, next), waiting,
      onAcknowledged: (through) => outbox.acknowledge(record.id, through).catch(() => {}),
    });
    this.keeping = setInterval(() => this.keepFresh(), KEEP_EVERY_MS);
    this.line.run();
  }

  get recording() {
    return this.microphone !== null;
  }

  /** Seconds spoken in this conversation. */
  get seconds() {
    return (this.sender.next * FRAME_MS) / 1000;
  }

  /** Seconds of sound that only this device has. */
  get behindSeconds() {
    return Math.ceil(this.sender.behindMs / 1000);
  }

  get capability() {
    return this.record.capability;
  }

  async ticket() {
    const { record } = this;
    const body = { language: record.language, consent: record.staff ?? "self" };
    if (record.session) body.resume = record.session;
    const token = record.session ? record.capability : record.staff ? null : await intakeTicket();
    const { data } = await call("POST", "/api/v1/live/tickets", { token, body });
    if (!record.session) {
      // Known before the socket stands, so that one which fails does not begin a second conversation.
      Object.assign(record, { session: data.session, capability: data.capability });
      this.save();
    }
    return data;
  }

  async greet(ticketMs) {
    const format = await this.sender.choose(ticketMs);
    this.line.send({ type: "session.start", format, resume: Boolean(this.record.session) });
  }

  take(event) {
    if (event.type === "session.created") {
      Object.assign(this.record, {
        session: event.session, capability: event.capability ?? this.record.capability,
        recording: event.recording_id, draft: event.draft_id ?? this.record.draft ?? null,
      });
      this.save();
      this.created = true;
      this.sender.start(event.next_sequence);
      for (const message of this.record.unsent.splice(0)) this.line.send(message);
      this.save();
      this.turn("open");
    } else if (event.type === "audio.ack") {
      this.sender.acknowledged(event.through);
    } else if (event.type === "draft.updated" && event.draft_id && event.draft_id !== this.record.draft) {
      this.record.draft = event.draft_id;
      this.save();
    } else if (event.type === "error" && Number.isInteger(event.next_sequence)) {
      this.sender.start(event.next_sequence);
      return;
    } else if (event.type === "session.closed" && ["committed", "cancelled", "replaced"].includes(event.reason)) {
      this.line.close();
    }
    this.on.event(event);
  }

  down(tries) {
    this.created = false;
    this.sender.stop();
    // Where the interface answers but no socket ever opened, the way between does not let sockets through.
    this.turn(!this.line.opened && tries >= TRIES_BEFORE_UPLOAD && navigator.onLine ? "blocked" : "down");
  }

  turn(state, problem) {
    this.state = state;
    this.on.line(state, problem);
  }

  save() {
    return this.outbox.save({ ...this.record }).catch(() => {});
  }

  /** Say something else than sound; it waits where there is no line. */
  tell(message) {
    if (this.created && this.line.send(message)) return;
    this.record.unsent.push(message);
    this.save();
  }

  // --- the microphone ------------------------------------------------------------------------------------------

  /** Listen to the microphone, or to a line. Throws MicrophoneError. */
  async listen(line = "") {
    this.microphone = await Microphone.open({
      line,
      onFrame: (sound) => {
        this.fresh.push(sound);
        this.sender.add(sound);
      },
      onLost: () => {
        this.rest();
        this.on.lost();
      },
    });
  }

  /** Stop listening; the conversation goes on. */
  async rest() {
    const microphone = this.microphone;
    this.microphone = null;
    await microphone?.stop();
    this.keepFresh();
  }

  keepFresh() {
    if (!this.fresh.length) return;
    const pieces = this.fresh.splice(0);
    this.record.spoken = this.sender.next;
    const from = this.sender.next - pieces.length;
    // What the server has by now need not be kept any more.
    const skip = Math.max(0, Math.min(this.sender.first - from, pieces.length));
    if (skip < pieces.length) this.outbox.keep(this.record.id, from + skip, pieces.slice(skip)).catch(() => {});
    this.save();
  }

  // --- the end -------------------------------------------------------------------------------------------------

  /** Everything was said: wait until the server has it, then let it make the draft. */
  async finish() {
    await this.rest();
    await this.sender.drained();
    this.tell({ type: "commit" });
  }

  /** The whole sound as a WAV file, where no piece of it has left this device yet; else null. */
  asFile() {
    if (this.sender.first !== 0 || !this.sender.pieces.length) return null;
    const { pieces } = this.sender;
    const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    const header = new DataView(new ArrayBuffer(44));
    const text = (at, letters) => [...letters].forEach((letter, i) => header.setUint8(at + i, letter.charCodeAt(0)));
    text(0, "RIFF");
    header.setUint32(4, 36 + bytes, true);
    text(8, "WAVEfmt ");
    header.setUint32(16, 16, true);
    header.setUint16(20, 1, true); // PCM
    header.setUint16(22, 1, true); // one channel
    header.setUint32(24, 16000, true);
    header.setUint32(28, 32000, true);
    header.setUint16(32, 2, true);
    header.setUint16(34, 16, true);
    text(36, "data");
    header.setUint32(40, bytes, true);
    return new Blob([header, ...pieces], { type: "audio/wav" });
  }

  /** Leave the line; what is kept on this device stays. */
  async close() {
    await this.rest();
    clearInterval(this.keeping);
    this.sender.close();
    this.line.close();
  }

  /** End for good: nothing of it stays on this device. */
  async forget() {
    await this.close();
    await this.outbox.erase(this.record.id).catch(() => {});
  }

  /** Throw everything away, here and on the server. */
  async discard() {
    if (this.created) this.line.send({ type: "cancel" });
    const { session, recording, capability } = this.record;
    const told = this.created;
    await this.forget();
    if (session && recording && capability && !told) {
      await call("DELETE", `/api/v1/recordings/${recording}`, { token: capability, keepalive: true });
    }
  }
}
