// What the citizen may do with a case as it stands: take it back, ask to open it again, say that it is fixed.

import { $, el, has, showError, steps, t } from "../page.js";

const OFFERED = { confirm_fixed: "button--primary", reopen: "", withdraw: "" };

let asked = null; // the step that the dialog is about

export function showSteps(data, opened) {
  $("step-error").hidden = true;
  $("case-wanted").hidden = !data.actions.includes("give_information");
  if (!$("case-wanted").hidden) {
    $("case-wanted").replaceChildren(el("p", {}, el("strong", {}, t("event.ask_for_information"))), el("p", {}, t("track.give_information")),
      el("p", {}, el("button", { type: "button", class: "button button--small", onclick: () => ask("give_information", opened) }, t("track.given"))));
  }
  $("case-steps").replaceChildren(...Object.entries(OFFERED).filter(([action]) => data.actions.includes(action)).map(([action, look]) =>
    el("button", { type: "button", class: `button ${look}`, id: `do-${action}`, onclick: () => ask(action, opened) }, t(`track.${action}`))));
}

function ask(action, opened) {
  asked = { action, opened };
  $("step-text").textContent = t(`track.${action}_sure`);
  $("step-yes").textContent = t(`track.${action}_yes`);
  const reasons = steps[action] ?? [];
  $("step-why").hidden = !reasons.length;
  // Nobody has to give a reason: the last stands for those who would rather not.
  $("step-reason").replaceChildren(...reasons.map((reason) => el("option", { value: reason, selected: reason === "other" },
    reason === "other" ? t("track.withdraw_unsaid") : has(`reason.${reason}`) ? t(`reason.${reason}`) : reason)));
  $("step").returnValue = "";
  $("step").showModal();
}

$("step").addEventListener("close", async () => {
  if ($("step").returnValue !== "yes" || !asked) return;
  const { action, opened } = asked;
  const note = $("step-note").value.trim();
  const reason = $("step-why").hidden ? undefined : $("step-reason").value;
  for (const button of $("case-steps").children) button.disabled = true;
  try {
    await opened.call("POST", "/transitions", { body: { action, ...(reason ? { reason } : {}), ...(note ? { note } : {}) } });
    $("step-note").value = "";
    await opened.refresh();
    $("case-state").scrollIntoView({ block: "center" });
  } catch (error) {
    showError($("step-error"), error.message);
    for (const button of $("case-steps").children) button.disabled = false;
  }
});
