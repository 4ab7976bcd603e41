// The line to the server: opened with a ticket, opened again whenever it drops, until it is closed for good.

import { Problem } from "../api.js";

const PROTOCOL = "tala.v1";
const PING_MS = 5000;
const SILENT_MS = 15000; // no answer to pings for so long: the line is dead, though nobody said so
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
const OPEN_MS = 15000;

export class Line {
  /**
   * @param openTicket asks for a ticket; a Problem that is not retryable ends the line.
   * @param on.open(milliseconds) the socket stands; milliseconds it took to ask for the ticket
   * @param on.event(event) a typed event of the server
   * @param on.down(tries) the line dropped or could not be opened; it is tried again
   * @param on.refused(problem) the server does not want this session any more
   */
  constructor(openTicket, on) {
    this.openTicket = openTicket;
    this.on = on;
    this.closed = false;
    this.tries = 0;
    this.opened = false; // ever
    this.wake = null;
    this.online = () => this.wake?.();
    this.offline = () => this.drop?.();
    window.addEventListener("online", this.online);
    window.addEventListener("offline", this.offline);
  }

  get ready() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Bytes that the browser has not handed to the network yet. */
  get buffered() {
    return this.socket?.bufferedAmount ?? 0;
  }

  async run() {
    while (!this.closed) {
      try {
        const asked = performance.now();
        const ticket = await this.openTicket();
        await this.connect(ticket, performance.now() - asked);
      } catch (error) {
        if (error instanceof Problem && !error.retryable && error.status !== 429) {
          if (!this.closed) this.on.refused(error);
          return;
        }
      }
      if (this.closed) return;
      this.tries += 1;
      this.on.down(this.tries);
      await this.pause(Math.min(FIRST_PAUSE_MS * 1.8 ** (this.tries - 1), LONGEST_PAUSE_MS) * (0.8 + Math.random() * 0.4));
    }
  }

  pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Resolves when the socket has ended, however it did. */
  connect({ ticket }, milliseconds) {
    const address = new URL("/api/v1/live", window.location.href);
    address.protocol = address.protocol.replace("http", "ws");
    address.searchParams.set("ticket", ticket);
    return new Promise((resolve) => {
      const socket = new WebSocket(address, PROTOCOL);
      this.socket = socket;
      this.drop = () => {
        socket.close();
        resolve(); // a dead line may take minutes to admit it
      };
      let heard = performance.now();
      const slow = setTimeout(() => socket.readyState === WebSocket.CONNECTING && socket.close(), OPEN_MS);
      const pulse = setInterval(() => {
        if (performance.now() - heard > SILENT_MS) {
          this.drop();
        } else if (socket.readyState === WebSocket.OPEN) {
          socket.send('{"type":"ping"}');
        }
      }, PING_MS);
      socket.addEventListener("open", () => {
        this.tries = 0;
        this.opened = true;
        heard = performance.now();
        this.on.open(milliseconds);
      });
      socket.addEventListener("message", ({ data }) => {
        heard = performance.now();
        if (socket !== this.socket || typeof data !== "string") return;
        const event = JSON.parse(data);
        if (event.type !== "pong") this.on.event(event);
      });
      socket.addEventListener("close", resolve);
      this.ended = () => {
        clearTimeout(slow);
        clearInterval(pulse);
      };
    }).finally(() => {
      this.ended();
      this.socket = null;
    });
  }

  /** Send a message; false where there is no line now. */
  send(message) {
    if (!this.ready) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  sendSound(bytes) {
    this.socket.send(bytes);
  }

  /** Drop the socket and come back, such as after a gap that the server saw. */
  reopen() {
    this.socket?.close();
  }

  close() {
    this.closed = true;
    window.removeEventListener("online", this.online);
    window.removeEventListener("offline", this.offline);
    this.socket?.close();
    this.wake?.();
  }
}
