// The outline of a recording: turns of each voice, the place that plays, a click that goes there.

export class Wave {
  /** `peaks` are heights from 0 to 100 a channel; `segments` are the turns. */
  constructor(canvas, { peaks, segments, durationMs, onSeek }) {
    this.canvas = canvas;
    this.peaks = peaks.length ? peaks : [[]];
    this.segments = segments;
    this.durationMs = Math.max(durationMs || 0, ...segments.map((s) => s.end_ms), 1);
    this.at = 0;
    this.span = null;
    canvas.addEventListener("click", (event) => {
      const box = canvas.getBoundingClientRect();
      onSeek(((event.clientX - box.left) / box.width) * this.durationMs);
    });
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  follow(ms) {
    this.at = ms;
    this.draw();
  }

  show(span) {
    this.span = span;
    this.draw();
  }

  draw() {
    const { canvas, peaks } = this;
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = 112;
    if (!width) return;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(name).trim();
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const x = (ms) => (ms / this.durationMs) * width;
    const lane = height / peaks.length;
    peaks.forEach((heights, channel) => {
      const middle = lane * (channel + 0.5);
      for (const segment of this.segments.filter((s) => s.channel === channel || peaks.length === 1)) {
        pen.fillStyle = colour("--brand-tint");
        pen.fillRect(x(segment.start_ms), lane * channel + 2, Math.max(2, x(segment.end_ms) - x(segment.start_ms)), lane - 4);
      }
      if (this.span) {
        pen.fillStyle = colour("--evidence-strong");
        pen.fillRect(x(this.span.start_ms), lane * channel, Math.max(3, x(this.span.end_ms) - x(this.span.start_ms)), lane);
      }
      const step = width / Math.max(heights.length, 1);
      heights.forEach((value, index) => {
        const half = Math.max(0.5, (value / 100) * (lane / 2 - 5));
        pen.fillStyle = colour((index + 0.5) * step < x(this.at) ? "--brand" : "--line-strong");
        pen.fillRect(index * step, middle - half, Math.max(0.75, step * 0.7), half * 2);
      });
    });
    pen.fillStyle = colour("--danger");
    pen.fillRect(Math.min(x(this.at), width - 2), 0, 2, height);
  }
}
