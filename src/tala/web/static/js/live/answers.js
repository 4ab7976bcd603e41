// Ways to answer a question by tap or by text: what suits the fact that is asked for, and a way past it.

import { call } from "../api.js";
import { el, format, has, t } from "../page.js";

const DAY_MS = 864e5;

/** A day so many days ago in Manila, as 2026-01-31. */
function day(ago) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Manila" }).format(new Date(Date.now() - ago * DAY_MS));
}

const chip = (text, onclick) => el("button", { type: "button", class: "chip", onclick }, text);

async function agencies() {
  const { data } = await call("GET", "/api/v1/reference/agencies").catch(() => ({ data: { items: [] } }));
  return data.items.map((agency) => ({ label: agency.code, more: agency.name, value: { code: agency.code, name: agency.name } }));
}

async function places(text) {
  if (text.trim().length < 2) return [];
  const { data } = await call("GET", `/api/v1/reference/places?q=${encodeURIComponent(text.trim().slice(0, 60))}`)
    .catch(() => ({ data: { items: [] } }));
  return data.items.map((place) => ({ label: place.label, more: "", value: { psgc: place.psgc, name: place.name } }));
}

/** An input that offers what is known; `value()` is the known thing that was chosen, else the words as typed. */
function search(node, id, find, always) {
  const options = el("datalist", { id });
  node.setAttribute("list", id);
  let found = [];
  const look = async () => {
    found = await find(node.value);
    options.replaceChildren(...found.map(({ label, more }) => el("option", { value: label }, more)));
  };
  let waiting;
  if (always) look();
  else node.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 180);
  });
  return { options, value: (text) => found.find(({ label }) => label.toLowerCase() === text.toLowerCase())?.value ?? text };
}

/** The input of a field: nodes to show, and what a text in it means to the server. */
function inputOf(field) {
  const label = t(`ask.${field}`);
  const base = { "aria-label": label, autocomplete: "off", maxlength: "300" };
  if (field === "incident_date") {
    return { node: el("input", { ...base, type: "date", max: day(0), min: "1990-01-01" }), value: (date) => ({ date, kind: "incident" }), shown: format.day };
  }
  if (field === "amount") {
    const node = el("input", { ...base, type: "number", min: "0", step: "0.01", inputmode: "decimal", placeholder: label });
    return { node, value: (pesos) => `${pesos} pesos`, shown: (pesos) => format.peso(Number(pesos)) };
  }
  const node = el("input", { ...base, type: "text", placeholder: label });
  if (field === "agency") return { node, ...search(node, "ask-list", agencies, true) };
  if (field === "location") return { node, ...search(node, "ask-list", places, false) };
  return { node };
}

/** Show the ways to answer. `answer(value, shown)` gets a value, null for a way past, and the words to show for it. */
export function showAnswers(box, field, answer) {
  if (!has(`ask.${field}`) || field === "narrative") return hideAnswers(box); // told by voice, or in the line below
  const { node, options, value = (text) => text, shown = (text) => text } = inputOf(field);
  const chips = [];
  if (field === "incident_date") {
    for (const [key, ago] of [["today", 0], ["yesterday", 1]]) chips.push(chip(t(`ask.${key}`), () => answer(value(day(ago)), t(`ask.${key}`))));
  }
  if (field === "agency") for (const code of ["LTO", "SSS", "BIR", "PhilHealth", "PSA"]) chips.push(chip(code, () => answer(value(code), code)));
  for (const way of ["unknown", "skip"]) chips.push(chip(t(`ask.${way}`), () => answer(null, t(`ask.${way}`))));
  const form = el("form", { class: "ask__form" }, node, options ?? null, el("button", { class: "button" }, t("ask.answer")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = node.value.trim();
    if (text) answer(value(text), shown(text));
    else node.focus();
  });
  box.replaceChildren(el("div", { class: "chips" }, chips), form);
  box.hidden = false;
  return undefined;
}

export function hideAnswers(box) {
  box.replaceChildren();
  box.hidden = true;
}
