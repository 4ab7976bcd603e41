// Keys that every page of staff knows. They can be switched off, and never act while somebody types.

const OFF = "tala.keys.off";
const dialog = document.getElementById("keys");
const off = document.getElementById("keys-off");
let going = false;

function stored() {
  try {
    return localStorage.getItem(OFF) === "1";
  } catch {
    return false; // a browser that keeps nothing: the keys work
  }
}

off.checked = stored();
off.addEventListener("change", () => {
  try {
    localStorage.setItem(OFF, off.checked ? "1" : "0");
  } catch {
    // the choice holds for this page
  }
});

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") && !target.matches('[type="checkbox"], [type="radio"]');

function rows() {
  return [...document.querySelectorAll("[data-row]")];
}

function move(by) {
  const all = rows();
  if (!all.length) return;
  const here = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[Math.max(0, Math.min(all.length - 1, here < 0 ? (by > 0 ? 0 : all.length - 1) : here + by))];
  next.querySelector("a, button")?.focus();
}

/** What a key does, by the place that offers it. */
const acts = {
  "?": () => dialog.showModal(),
  "/": () => document.querySelector("[data-search]")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  x: () => document.activeElement?.closest("[data-row]")?.querySelector('[type="checkbox"]')?.click(),
  s: () => document.getElementById("step")?.focus(),
  n: () => document.getElementById("note-text")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (off.checked || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || dialog.open) return;
  if (going) {
    going = false;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link) link.click();
    return;
  }
  if (event.key === "g") {
    going = true;
    setTimeout(() => (going = false), 1200);
    return;
  }
  const act = acts[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

document.querySelector("[data-keys]")?.addEventListener("click", () => dialog.showModal());
