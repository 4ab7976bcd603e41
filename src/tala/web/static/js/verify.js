// Checking every ledger: it may take a while, so the page says what it is doing and then what was found.

import { Problem, call } from "./api.js";
import { el, t } from "./page.js";

const button = document.getElementById("verify");
const told = document.getElementById("verified");
const findings = document.getElementById("findings");

button.addEventListener("click", async () => {
  button.disabled = true;
  told.textContent = t("audit.verifying");
  findings.replaceChildren();
  try {
    const { data } = await call("GET", "/api/v1/ledger/verification");
    told.textContent = data.ok
      ? t("audit.all_ok", { events: data.events, ledgers: data.ledgers, anchored: data.anchored })
      : t("audit.broken", { count: data.problems.length });
    for (const one of data.problems.slice(0, 50)) {
      findings.append(el("li", {}, el("a", { href: `/desk/audit/ledger/${encodeURIComponent(one.ledger_id)}` }, one.ledger_id), ` ${one.seq ?? ""} ${one.message}`));
    }
  } catch (error) {
    told.textContent = error instanceof Problem ? error.message : t("error.network");
  }
  button.disabled = false;
});
