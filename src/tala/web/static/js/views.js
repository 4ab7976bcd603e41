// One view of the first page at a time, and the steps above them.

import { $ } from "./page.js";

const STEP = { tell: "tell", talk: "tell", working: "tell", refused: "tell", quarantine: "tell", review: "check", receipt: "keep" };

export function show(view) {
  for (const section of document.querySelectorAll("[data-view]")) section.hidden = section.dataset.view !== view;
  document.body.classList.toggle("is-under-way", view !== "tell");
  document.body.classList.toggle("is-talking", view === "talk");
  $("steps").hidden = view === "tell";
  let passed = true;
  for (const step of $("steps").children) {
    const now = step.dataset.step === STEP[view];
    if (now) passed = false;
    step.classList.toggle("is-done", passed && !now);
    if (now) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
  window.scrollTo(0, 0);
  if (view !== "tell") document.querySelector(`[data-view="${view}"] h2`).focus({ preventScroll: true });
}

export function refuse(text, title) {
  $("refused-text").textContent = text;
  $("refused-heading").textContent = title;
  show("refused");
}
