// Runs beside the page, on the audio thread: the microphone at the device's own rate in, numbered pieces of
// 16 kHz 16-bit mono sound out. It imports nothing, because not every browser lets an audio worklet do so.

const TARGET_RATE = 16000;
const FRAME_SAMPLES = 960; // 60 ms: a length that both raw sound and one Opus packet may have
const CROSSINGS = 24; // of the low-pass's sinc, on each side
const PASS = 0.9; // of half the lower rate; the rest is the filter's slope
const KAISER_BETA = 8; // about 80 dB below

/** Zeroth-order modified Bessel function, for the Kaiser window. */
function bessel(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 40; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

const divisor = (a, b) => (b ? divisor(b, a % b) : a);

/** Turns sound of one rate into another, piece by piece, behind a low-pass that keeps what would fold back out. */
class Resampler {
  constructor(rate, target = TARGET_RATE) {
    const common = divisor(rate, target);
    this.up = target / common;
    this.down = rate / common;
    const slower = Math.min(1, target / rate);
    this.reach = Math.ceil(CROSSINGS / slower);
    this.taps = 2 * this.reach;
    this.phases = Array.from({ length: this.up }, (_, phase) => this.kernel(phase / this.up, slower));
    this.kept = new Float32Array(this.taps - 1); // silence before the first sample
    this.at = 0; // position of the next output in units of 1/up input samples, from the start of `kept`
  }

  kernel(fraction, slower) {
    const weights = new Float32Array(this.taps);
    const cutoff = slower * PASS;
    let sum = 0;
    for (let i = 0; i < this.taps; i++) {
      const t = i - this.reach + 1 - fraction;
      const inside = 1 - (t / this.reach) ** 2;
      const window = inside > 0 ? bessel(KAISER_BETA * Math.sqrt(inside)) / bessel(KAISER_BETA) : 0;
      const sinc = t === 0 ? 1 : Math.sin(Math.PI * cutoff * t) / (Math.PI * cutoff * t);
      weights[i] = sinc * window;
      sum += weights[i];
    }
    return weights.map((weight) => weight / sum);
  }

  /** Samples of the new rate that these samples complete. */
  push(samples) {
    const input = new Float32Array(this.kept.length + samples.length);
    input.set(this.kept);
    input.set(samples, this.kept.length);
    const made = [];
    let whole = Math.floor(this.at / this.up);
    while (whole + this.taps <= input.length) {
      const weights = this.phases[this.at % this.up];
      let sum = 0;
      for (let i = 0; i < this.taps; i++) sum += weights[i] * input[whole + i];
      made.push(sum);
      this.at += this.down;
      whole = Math.floor(this.at / this.up);
    }
    const used = Math.min(whole, input.length);
    this.kept = input.slice(used);
    this.at -= used * this.up;
    return made;
  }
}

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate);
    this.frame = new Int16Array(FRAME_SAMPLES);
    this.filled = 0;
    this.open = true;
    this.port.onmessage = ({ data }) => {
      if (data === "flush") this.flush();
      else this.open = data === "open";
    };
  }

  process(inputs) {
    const channels = inputs[0];
    if (!channels.length || !this.open) return true;
    const mono = new Float32Array(channels[0].length);
    for (const channel of channels) for (let i = 0; i < mono.length; i++) mono[i] += channel[i] / channels.length;
    for (const sample of this.resampler.push(mono)) {
      this.frame[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32767)));
      if (this.filled === FRAME_SAMPLES) this.send();
    }
    return true;
  }

  send() {
    const whole = this.frame;
    this.frame = new Int16Array(FRAME_SAMPLES);
    this.filled = 0;
    this.port.postMessage(whole, [whole.buffer]);
  }

  /** The last words fill no whole piece; silence makes it one. Then say that nothing more comes. */
  flush() {
    this.open = false;
    if (this.filled) this.send();
    this.port.postMessage("flushed");
  }
}

registerProcessor("capture", Capture);
