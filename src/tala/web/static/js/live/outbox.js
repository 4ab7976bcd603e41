// Sound that the server does not have yet, kept on this device: it outlives a dropped line, a reload and a
// closed tab, and is erased as soon as the server has it on disk.

const DATABASE = "tala";
const FRAMES = "frames";
const SESSIONS = "sessions";
const OPEN_MS = 2000;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });

const finished = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.addEventListener("complete", resolve);
    transaction.addEventListener("error", () => reject(transaction.error));
    transaction.addEventListener("abort", () => reject(transaction.error));
  });

function open() {
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener("upgradeneeded", () => {
    request.result.createObjectStore(SESSIONS, { keyPath: "id" });
    request.result.createObjectStore(FRAMES, { keyPath: ["session", "sequence"] });
  });
  return done(request);
}

const range = (session, from = 0, to = Number.MAX_SAFE_INTEGER) => IDBKeyRange.bound([session, from], [session, to]);

export class Outbox {
  /** The store of this device, or one that lasts as long as the page where the browser keeps nothing. */
  static async open() {
    try {
      // A store that does not open must not keep a person from speaking.
      const late = new Promise((_, reject) => setTimeout(() => reject(new Error("late")), OPEN_MS));
      return new Outbox(await Promise.race([open(), late]));
    } catch {
      return new Outbox(null);
    }
  }

  constructor(database) {
    this.database = database;
    this.saved = Promise.resolve();
  }

  /** Run `work(sessions, frames)` in one transaction, after those before it. Sound is not held up by failures. */
  change(work) {
    if (!this.database) return Promise.resolve();
    this.saved = this.saved.catch(() => {}).then(() => {
      const transaction = this.database.transaction([SESSIONS, FRAMES], "readwrite", { durability: "relaxed" });
      work(transaction.objectStore(SESSIONS), transaction.objectStore(FRAMES));
      return finished(transaction);
    });
    return this.saved;
  }

  /** Sessions that were not ended here, newest first. */
  async sessions() {
    if (!this.database) return [];
    const found = await done(this.database.transaction(SESSIONS).objectStore(SESSIONS).getAll());
    return found.sort((a, b) => b.started_at - a.started_at);
  }

  save(session) {
    return this.change((sessions) => sessions.put(session));
  }

  /** Keep pieces of sound, the first of them numbered `from`. */
  keep(session, from, pieces) {
    return this.change((_, frames) => {
      pieces.forEach((sound, index) => frames.put({ session, sequence: from + index, sound }));
    });
  }

  /** Every kept piece in order: {sequence, sound}. */
  async read(session) {
    if (!this.database) return [];
    await this.saved.catch(() => {});
    return done(this.database.transaction(FRAMES).objectStore(FRAMES).getAll(range(session)));
  }

  /** The server has everything up to this piece on disk. */
  acknowledge(session, through) {
    return this.change((_, frames) => frames.delete(range(session, 0, through)));
  }

  erase(session) {
    return this.change((sessions, frames) => {
      sessions.delete(session);
      frames.delete(range(session));
    });
  }

  /** Forget everything that was ever spoken here. */
  async eraseAll() {
    await this.change((sessions, frames) => {
      sessions.clear();
      frames.clear();
    });
  }
}
