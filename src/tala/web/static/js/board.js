// The board: each chart is drawn from the table beside it, and figures that changed are put in their place.
// Lines differ by dashes and marks, bars by hatching, so that nothing is told by colour alone.

import { announce, t } from "./page.js";

const { Chart } = window;
const EVERY_MS = 30_000;
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [14, 5], [1, 5]];
const MARKS = ["circle", "rect", "triangle", "rectRot", "crossRot", "star"];
const box = document.getElementById("figures");
const drawn = new Map();

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function colours() {
  return ["--brand", "--evidence-line", "--ok", "--danger", "--ink-quiet", "--line-strong"].map(token);
}

/** Numbers of a table: names of its rows and, for each further column, its name and values. */
function read(table) {
  const number = (cell) => {
    const value = Number.parseFloat(cell.textContent.replace(/[^\d.-]/g, ""));
    return Number.isNaN(value) ? null : value;
  };
  // A week that is not over would look like a fall.
  const rows = [...table.tBodies[0].rows].filter((row) => row.dataset.partial === undefined);
  const heads = [...table.tHead.rows[0].cells].slice(1);
  return {
    labels: rows.map((row) => row.cells[0].textContent.trim()),
    series: heads.map((head, at) => ({ label: head.textContent.trim(), data: rows.map((row) => number(row.cells[at + 1])) })),
  };
}

/** A fill that is told from others without colour: plain, stripes, crossed stripes. */
function hatched(context, colour, at) {
  if (at === 0) return colour;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 10;
  const pen = tile.getContext("2d");
  pen.fillStyle = token("--surface");
  pen.fillRect(0, 0, 10, 10);
  pen.strokeStyle = colour;
  pen.lineWidth = at === 1 ? 2 : 4;
  pen.beginPath();
  for (const shift of [-10, 0, 10]) {
    pen.moveTo(shift, 10);
    pen.lineTo(shift + 10, 0);
    if (at > 1) {
      pen.moveTo(shift, 0);
      pen.lineTo(shift + 10, 10);
    }
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

const short = (label) => (label.length > 40 ? `${label.slice(0, 39)}…` : label);

/** A label on as many lines as it takes. */
function broken(label) {
  const lines = [""];
  for (const word of label.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length > 26 && lines.at(-1)) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** What the library is told to draw for each kind of chart. */
const kinds = {
  line: ({ labels, series }, tones) => ({
    type: "line",
    data: {
      labels: labels.map((label) => label.slice(5)),
      datasets: series.map((one, at) => ({
        ...one, label: short(one.label), borderColor: tones[at], backgroundColor: tones[at], borderDash: DASHES[at],
        pointStyle: MARKS[at], pointRadius: labels.length > 20 ? 2 : 4, borderWidth: 2, tension: 0,
      })),
    },
    options: { scales: axes(), plugins: { legend: legend() } },
  }),
  stack: ({ labels, series }, tones, context) => ({
    type: "bar",
    data: {
      labels,
      datasets: series.map((one, at) => ({
        ...one, backgroundColor: hatched(context, [tones[0], tones[1], tones[3]][at], at),
        borderColor: [tones[0], tones[1], tones[3]][at], borderWidth: 1,
      })),
    },
    options: { scales: axes(true), plugins: { legend: legend() } },
  }),
  bar: ({ labels, series }, tones) => ({
    type: "bar",
    data: { labels: labels.map(broken), datasets: [{ ...series[0], backgroundColor: tones[0] }] },
    options: { indexAxis: "y", scales: axes(), plugins: { legend: { display: false } } },
  }),
  share: ({ labels, series }, tones) => ({
    type: "bar",
    data: { labels: labels.map(broken), datasets: [{ ...series[0], backgroundColor: tones[0] }] },
    options: { indexAxis: "y", scales: axes(false, 100), plugins: { legend: { display: false } } },
  }),
};

const legend = () => ({ position: "bottom", align: "start", labels: { usePointStyle: true, pointStyleWidth: 28, boxHeight: 8, color: token("--ink") } });

function axes(stacked = false, max = undefined) {
  const one = { stacked, ticks: { color: token("--ink-quiet") }, grid: { color: token("--line") }, border: { color: token("--line-strong") } };
  return { x: { ...one, max, beginAtZero: true, ticks: { ...one.ticks, precision: 0 } }, y: { ...one, beginAtZero: true, ticks: { ...one.ticks, precision: 0 } } };
}

function draw(figure) {
  const table = figure.querySelector("table[data-chart]");
  if (!table || !Chart) return;
  const canvas = figure.querySelector("canvas");
  const made = kinds[table.dataset.chart](read(table), colours(), canvas.getContext("2d"));
  drawn.get(figure.id)?.destroy();
  drawn.set(figure.id, new Chart(canvas, {
    ...made, options: { ...made.options, animation: false, responsive: true, maintainAspectRatio: false, interaction: { mode: "index", intersect: false } },
  }));
}

function drawAll() {
  if (Chart) Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  for (const figure of box.querySelectorAll("[data-figure]")) draw(figure);
}

// What a figure was when the server wrote it; drawing changes its canvas.
const written = new Map();
function remember() {
  for (const figure of box.querySelectorAll("[data-figure]")) written.set(figure.id, figure.outerHTML);
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(`/desk/board/figures${window.location.search}`, { headers: { Accept: "text/html" } });
  if (answer.status === 401) window.location.reload();
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  let changed = 0;
  for (const figure of fresh.querySelectorAll("[data-figure]")) {
    const old = document.getElementById(figure.id);
    // Where somebody is reading or about to follow a link, nothing moves.
    if (!old || written.get(figure.id) === figure.outerHTML || old.contains(document.activeElement)) continue;
    written.set(figure.id, figure.outerHTML);
    const open = old.querySelector("details")?.open;
    old.replaceWith(figure);
    if (open) figure.querySelector("details").open = true;
    draw(figure);
    if (figure.id !== "figure-asof") changed += 1;
  }
  live();
  if (changed) announce(t("board.updated"));
}

function live() {
  const told = box.querySelector(".board-live");
  if (told) told.hidden = false;
}

/** Figures that were still being counted when the page was asked for. */
async function waited() {
  while (document.getElementById("figures-waiting")) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const answer = await fetch(`/desk/board/figures${window.location.search}`, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    box.innerHTML = await answer.text();
  }
  remember();
  drawAll();
  live();
}

waited().catch(() => {});
setInterval(() => refresh().catch(() => {}), EVERY_MS);
document.addEventListener("visibilitychange", () => refresh().catch(() => {}));
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
