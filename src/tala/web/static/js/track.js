// The tracking page: two numbers open a case; its life is told in plain words, newest first.

import { call } from "./api.js";
import { $, announce, categories, el, format, has, icon, language, showError, states, t } from "./page.js";
import { forget, grouped, remembered } from "./receipt.js";
import { showClocks } from "./track/clocks.js";
import { showFiles } from "./track/files.js";
import { showMessages } from "./track/messages.js";
import { showOwn } from "./track/own.js";
import { showSteps } from "./track/steps.js";
import { showSurvey } from "./track/survey.js";

const nameOf = Object.fromEntries(categories.map((category) => [category.code, category.name]));
const OFFICES = ["endorse", "issue_notice"];

let shown = null;

/** What opens a case: its number and the receipt's secret; every call about it goes through here. */
class Opened {
  constructor(ctn, secret) {
    this.ctn = ctn.trim();
    this.secret = secret.replace(/\D/g, "");
  }

  call(method, path = "", options = {}) {
    const headers = { "Tala-Receipt": this.secret, ...options.headers };
    return call(method, `/api/v1/cases/${encodeURIComponent(this.ctn)}${path}`, { ...options, headers });
  }

  /** Read it again and show it. */
  async refresh() {
    const { data } = await this.call("GET");
    show(data, this);
    return data;
  }
}

async function open(ctn, secret) {
  const button = $("find").querySelector("button");
  button.disabled = true;
  $("find-error").hidden = true;
  try {
    await new Opened(ctn, secret).refresh();
    $("case-ctn").focus();
  } catch (error) {
    $("case").hidden = true;
    showError($("find-error"), error.status === 404 ? t("track.unknown") : error.message);
  } finally {
    button.disabled = false;
  }
}

function words(event) {
  const action = event.kind.replace(/^case\./, "");
  const told = has(`event.${action}`) ? t(`event.${action}`) : t("event.step", { state: states[event.body.to] ?? event.body.to });
  const { reason, agency } = event.body;
  const to = agency && OFFICES.includes(action) ? ` (${agency})` : "";
  return reason && reason !== "other" && has(`reason.${reason}`) ? `${told}${to}: ${t(`reason.${reason}`)}` : `${told}${to}`;
}

function show(data, opened) {
  $("case-ctn").textContent = data.ctn;
  $("case-state").textContent = states[data.state] ?? data.state;
  $("case-due").hidden = !data.next_due_at;
  if (data.next_due_at) $("case-due").textContent = `${t("track.due")} ${format.due(data.next_due_at)}`;
  $("timeline").replaceChildren(...[...data.events].reverse().map((event) =>
    el("li", {}, el("time", { datetime: event.at }, format.moment(event.at)), el("span", { class: "timeline__what" }, words(event)))));
  summary(data);
  showSteps(data, opened);
  showClocks(data, opened);
  showMessages(data, opened);
  showFiles(opened);
  showSurvey(data, opened);
  if (shown !== opened) showOwn(opened);
  shown = opened;
  $("find").hidden = true;
  $("kept").hidden = true;
  $("case").hidden = false;
  announce(states[data.state] ?? data.state);
}

function summary({ facts, narrative }) {
  const rows = [
    ["categories", (facts.categories ?? []).map((c) => nameOf[c.code] ?? c.code).join("; ")],
    ["agency", facts.agency?.name], ["service", facts.service?.text], ["location", facts.location?.name],
    ["incident_date", facts.incident_date && format.day(facts.incident_date.date)],
    ["amounts", (facts.amounts ?? []).map((a) => format.peso(a.php)).join("; ")],
  ].filter(([, value]) => value);
  $("summary").replaceChildren(...rows.flatMap(([field, value]) => [el("dt", {}, t(`field.${field}`)), el("dd", {}, value)]));
  $("narrative").textContent = narrative;
  $("narrative").lang = facts.language === "en" ? "en" : "fil";
}

function list() {
  const kept = remembered();
  $("kept").hidden = !kept.length;
  $("kept-list").replaceChildren(...kept.map(({ ctn, secret, filed_at }) => el("li", {},
    el("button", { type: "button", class: "text-button", onclick: () => fill(ctn, secret) }, ctn),
    el("span", { class: "hint" }, filed_at ? format.moment(filed_at) : ""),
    el("button", { type: "button", class: "icon-button", "aria-label": t("track.forget_case", { ctn }), onclick: () => { forget(ctn); list(); } }, icon("close")))));
}

function fill(ctn, secret) {
  $("ctn").value = ctn;
  $("secret").value = grouped(secret);
  open(ctn, secret);
}

$("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const [ctn, secret] = [$("ctn").value, $("secret").value];
  if (!ctn.trim() || secret.replace(/\D/g, "").length !== 16) {
    showError($("find-error"), t("track.unknown"));
    (ctn.trim() ? $("secret") : $("ctn")).focus();
    return;
  }
  open(ctn, secret);
});

$("print-case").addEventListener("click", () => window.print());
$("leave-case").addEventListener("click", () => {
  $("case").hidden = true;
  $("find").hidden = false;
  $("secret").value = "";
  list();
  $("ctn").focus();
});

document.documentElement.lang = language;
if (location.hash.length > 1) $("ctn").value = decodeURIComponent(location.hash.slice(1));
list();
const own = remembered().find(({ ctn }) => ctn === $("ctn").value);
if (own) fill(own.ctn, own.secret);
