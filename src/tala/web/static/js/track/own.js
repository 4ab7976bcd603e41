// What is the citizen's own: papers to sign, a copy of everything, news by e-mail or text, rights over the data.

import { $, announce, el, format, language, showError, t } from "../page.js";

const KINDS = ["rectify", "erase", "object"];

let current = null;

const problem = (text) => showError($("own-error"), text);

/** Save an answer of the interface as a file. */
async function save(path, filename, type) {
  $("own-error").hidden = true;
  try {
    const response = await fetch(`/api/v1/cases/${encodeURIComponent(current.ctn)}${path}`, {
      headers: { "Tala-Receipt": current.secret, Accept: type, "Accept-Language": language },
    });
    if (!response.ok) throw new Error((await response.json().catch(() => ({}))).detail ?? t("error.internal"));
    const link = el("a", { href: URL.createObjectURL(await response.blob()), download: filename });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } catch (error) {
    problem(error instanceof TypeError ? t("error.network") : error.message);
  }
}

$("own-complaint").addEventListener("click", () =>
  save(`/documents/formal_complaint?language=${language}`, `${current.ctn}-${language}.pdf`, "application/pdf"));
$("own-copy").addEventListener("click", () => save("/copy", `${current.ctn}.json`, "application/json"));

// --- news ------------------------------------------------------------------------------------------------------

async function showNews() {
  const { data } = await current.call("GET", "/notices");
  $("news").hidden = !data.possible.length; // this installation sends none
  $("news-email-field").hidden = !data.possible.includes("email");
  $("news-phone-field").hidden = !data.possible.includes("sms");
  $("news-email").value = data.email ?? "";
  $("news-phone").value = data.phone ?? "";
}

$("news").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("own-error").hidden = true;
  try {
    const body = { email: $("news-email").value.trim() || null, phone: $("news-phone").value.trim() || null, language };
    await current.call("PUT", "/notices", { body });
    $("news-told").textContent = t(body.email || body.phone ? "own.news_on" : "own.news_off");
  } catch (error) {
    problem(error.message);
  }
});

// --- rights ----------------------------------------------------------------------------------------------------

async function showRequests() {
  const { data } = await current.call("GET", "/rights-requests");
  $("rights-list").replaceChildren(...data.items.map((request) => el("article", { class: "letter letter--own" },
    el("p", { class: "hint" }, el("strong", {}, t(`own.${request.kind}`)), ` · ${format.moment(request.at)}`),
    el("p", { class: "letter__text" }, request.text),
    el("p", { class: request.answer ? "letter__text" : "hint" },
      request.answer || `${t("track.due")} ${format.due(request.due_at)}`))));
}

$("rights").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("own-error").hidden = true;
  const text = $("rights-text").value.trim();
  if (!text) {
    problem(t("own.say_what"));
    $("rights-text").focus();
    return;
  }
  try {
    await current.call("POST", "/rights-requests", { body: { kind: $("rights-kind").value, text } });
    $("rights-text").value = "";
    announce(t("own.asked"));
    await showRequests();
  } catch (error) {
    problem(error.message);
  }
});

$("own").addEventListener("toggle", async () => {
  if (!$("own").open || $("own").dataset.of === current.ctn) return;
  $("own").dataset.of = current.ctn;
  for (const show of [showNews, showRequests]) await show().catch((error) => problem(error.message));
});

export function showOwn(opened) {
  current = opened;
  $("own").open = false;
  delete $("own").dataset.of;
  $("own-error").hidden = true;
  $("rights-kind").replaceChildren(...KINDS.map((kind) => el("option", { value: kind }, t(`own.${kind}`))));
}
