// The satisfaction survey in the shape of the Client Satisfaction Measurement, once a case was decided.

import { $, announce, el, showError, t } from "../page.js";

const STATES = ["referred_out", "resolved", "resolution_for_filing", "dismissed", "withdrawn", "feedback", "closed"];
const CHARTER = { cc1: 4, cc2: 5, cc3: 4 };
const SERVICE = ["sqd0", "sqd1", "sqd2", "sqd3", "sqd4", "sqd5", "sqd6", "sqd7", "sqd8"];

const choice = (name, value, text, required) =>
  el("label", { class: "choice" }, el("input", { type: "radio", name, value: String(value), required }), el("span", {}, text));

function charter(name, count) {
  return el("fieldset", { class: "field" }, el("legend", {}, t(`survey.${name}`)),
    Array.from({ length: count }, (_, i) => choice(name, i + 1, t(`survey.${name}_${i + 1}`), name === "cc1")));
}

/** How much somebody agrees: a list, which a phone and a screen reader both know how to show. */
function agreement(name) {
  const options = [["", "none"], ["5", "agree_5"], ["4", "agree_4"], ["3", "agree_3"], ["2", "agree_2"], ["1", "agree_1"]];
  return el("div", { class: "field" }, el("label", { for: name }, t(`survey.${name}`)),
    el("select", { id: name, name }, options.map(([value, key]) => el("option", { value }, t(`survey.${key}`)))));
}

function yesNo(name) {
  return el("fieldset", { class: "field" }, el("legend", {}, t(`survey.${name}`)),
    el("div", { class: "row" }, choice(name, "yes", t("field.yes")), choice(name, "no", t("field.no"))));
}

const told = { yes: true, no: false };

function answersOf(form) {
  const data = new FormData(form);
  const number = (name) => (data.get(name) ? Number(data.get(name)) : null);
  const answers = { cc1: number("cc1"), cc2: number("cc2") ?? 5, cc3: number("cc3") ?? 4 };
  for (const name of SERVICE) answers[name] = number(name);
  answers.fixed = told[data.get("fixed")] ?? null;
  answers.paid = told[data.get("paid")] ?? null;
  const pesos = number("paid_php");
  if (answers.paid && pesos !== null) answers.paid_php = Math.round(pesos);
  if (data.get("comment").trim()) answers.comment = data.get("comment").trim();
  return answers;
}

export function showSurvey(data, opened) {
  $("survey").hidden = !STATES.includes(data.state);
  if ($("survey").hidden) return;
  const problem = el("p", { class: "error", role: "alert", hidden: true });
  const send = el("button", { class: "button button--primary" }, t("survey.send"));
  const form = $("survey-form");
  form.replaceChildren(yesNo("fixed"), ...Object.entries(CHARTER).map(([name, count]) => charter(name, count)), ...SERVICE.map(agreement), yesNo("paid"),
    el("div", { class: "field" }, el("label", { for: "paid_php" }, t("survey.paid_php")),
      el("input", { type: "number", id: "paid_php", name: "paid_php", min: "0", step: "1", inputmode: "numeric" })),
    el("div", { class: "field" }, el("label", { for: "comment" }, t("survey.comment")), el("textarea", { id: "comment", name: "comment", rows: "3", maxlength: "2000" })),
    problem, send);
  form.onsubmit = async (event) => {
    event.preventDefault();
    problem.hidden = true;
    if (!form.querySelector('[name="cc1"]:checked')) {
      showError(problem, t("survey.cc1_needed"));
      form.querySelector('[name="cc1"]').focus();
      return;
    }
    send.disabled = true;
    try {
      await opened.call("PUT", "/survey", { body: answersOf(form) });
      form.replaceChildren(el("p", { class: "callout callout--ok", role: "status" }, t("survey.thanks")));
      announce(t("survey.thanks"));
    } catch (error) {
      showError(problem, error.message);
      send.disabled = false;
    }
  };
}
