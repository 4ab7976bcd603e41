// The tracking page: two numbers open a case; its life is told in plain words, newest first.

import { call } from "./api.js";
import { $, announce, categories, el, format, has, icon, language, showError, states, t } from "./page.js";
import { forget, grouped, remembered } from "./receipt.js";

const nameOf = Object.fromEntries(categories.map((category) => [category.code, category.name]));

let shown = null;

async function open(ctn, secret) {
  const button = $("find").querySelector("button");
  button.disabled = true;
  $("find-error").hidden = true;
  try {
    const { data } = await call("GET", `/api/v1/cases/${encodeURIComponent(ctn.trim())}`, {
      headers: { "Tala-Receipt": secret.replace(/\D/g, "") },
    });
    shown = { ctn: data.ctn, secret: secret.replace(/\D/g, "") };
    show(data);
  } catch (error) {
    shown = null;
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
  const to = agency && ["endorse", "issue_notice"].includes(action) ? ` (${agency})` : "";
  return reason && reason !== "other" && has(`reason.${reason}`) ? `${told}${to}: ${t(`reason.${reason}`)}` : `${told}${to}`;
}

function show(data) {
  $("case-ctn").textContent = data.ctn;
  $("case-state").textContent = states[data.state] ?? data.state;
  $("case-due").hidden = !data.next_due_at;
  if (data.next_due_at) $("case-due").textContent = `${t("track.due")} ${format.due(data.next_due_at)}`;
  $("timeline").replaceChildren(...[...data.events].reverse().map((event) =>
    el("li", {}, el("time", { datetime: event.at }, format.moment(event.at)), el("span", { class: "timeline__what" }, words(event)))));
  const fromOffice = data.messages.filter((message) => message.direction === "to_citizen");
  $("messages").hidden = !fromOffice.length;
  $("message-list").replaceChildren(...fromOffice.map((message) =>
    el("blockquote", { class: "callout" }, el("p", {}, message.body), el("p", { class: "hint" }, format.moment(message.at)))));
  const { facts } = data;
  const rows = [
    ["categories", (facts.categories ?? []).map((c) => nameOf[c.code] ?? c.code).join("; ")],
    ["agency", facts.agency?.name], ["service", facts.service?.text], ["location", facts.location?.name],
    ["incident_date", facts.incident_date && format.day(facts.incident_date.date)],
    ["amounts", (facts.amounts ?? []).map((a) => format.peso(a.php)).join("; ")],
  ].filter(([, value]) => value);
  $("summary").replaceChildren(...rows.flatMap(([field, value]) => [el("dt", {}, t(`field.${field}`)), el("dd", {}, value)]));
  $("narrative").textContent = data.narrative;
  $("narrative").lang = facts.language === "en" ? "en" : "fil";
  $("withdraw").hidden = !data.actions.includes("withdraw");
  $("withdraw-error").hidden = true;
  $("case").hidden = false;
  $("case-ctn").focus();
  announce(states[data.state] ?? data.state);
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

// --- taking it back --------------------------------------------------------------------------------------------

$("withdraw").addEventListener("click", () => {
  $("sure").returnValue = "";
  $("sure").showModal();
});

$("sure").addEventListener("close", async () => {
  if ($("sure").returnValue !== "yes" || !shown) return;
  $("withdraw").disabled = true;
  $("withdraw-error").hidden = true;
  const note = $("withdraw-note").value.trim();
  try {
    const { data } = await call("POST", `/api/v1/cases/${encodeURIComponent(shown.ctn)}/transitions`, {
      headers: { "Tala-Receipt": shown.secret },
      body: { action: "withdraw", reason: $("withdraw-reason").value, ...(note ? { note } : {}) },
    });
    $("withdraw-note").value = "";
    show(data);
  } catch (error) {
    showError($("withdraw-error"), error.message);
  } finally {
    $("withdraw").disabled = false;
  }
});

document.documentElement.lang = language;
if (location.hash.length > 1) $("ctn").value = decodeURIComponent(location.hash.slice(1));
list();
const own = remembered().find(({ ctn }) => ctn === $("ctn").value);
if (own) fill(own.ctn, own.secret);
