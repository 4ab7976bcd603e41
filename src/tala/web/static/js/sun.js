// The sun around the record button: its rays are the level meter. Loudness runs around the circle like a clock's
// hand, so the last seconds stay visible, and a still picture says that nothing is heard.

const RAYS = 64;
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

export class Sun {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.levels = new Float32Array(RAYS);
    this.at = 0;
    this.source = null;
    this.draw();
  }

  /** Begin to show what `level()` answers, 0…1. */
  start(level) {
    this.source = level;
    this.levels.fill(0);
    this.last = 0;
    const step = (now) => {
      if (!this.source) return;
      if (now - this.last >= (calm.matches ? 400 : 50)) {
        this.last = now;
        const heard = this.source();
        this.levels[this.at] = heard;
        this.at = (this.at + 1) % RAYS;
        for (let i = 0; i < RAYS; i++) this.levels[i] *= 0.985;
        this.draw(heard);
      }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  stop() {
    this.source = null;
    this.levels.fill(0);
    this.draw();
  }

  draw(now = 0) {
    const { context, canvas } = this;
    const size = canvas.width;
    const middle = size / 2;
    const inner = size * 0.325;
    context.clearRect(0, 0, size, size);
    context.fillStyle = getComputedStyle(canvas).getPropertyValue("--sun").trim() || "#f8b817";
    for (let i = 0; i < RAYS; i++) {
      const angle = (i / RAYS) * 2 * Math.PI - Math.PI / 2;
      // At rest the eight long rays of a sun; while listening, the voice.
      const group = i % 8;
      const rest = group === 0 ? 0.085 : group === 1 || group === 7 ? 0.05 : 0.018;
      const level = this.source ? Math.max(0.018, this.levels[i] * 0.15 + now * 0.012) : rest;
      const width = size * (this.source ? 0.011 : group === 0 ? 0.013 : 0.010);
      context.save();
      context.translate(middle, middle);
      context.rotate(angle + Math.PI / 2);
      context.globalAlpha = this.source ? 0.45 + Math.min(0.55, this.levels[i]) : group === 0 ? 1 : 0.75;
      context.beginPath();
      context.roundRect(-width / 2, -inner - size * level, width, size * level, width / 2);
      context.fill();
      context.restore();
    }
  }
}
