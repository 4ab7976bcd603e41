// The list: rows follow what is typed, ticked cases are counted.

import { t } from "./page.js";

const form = document.getElementById("filters");
const rows = document.getElementById("rows");
const text = document.getElementById("f-text");
const count = document.getElementById("bulk-count");
let asking = null;
let waiting;

async function show() {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(`/desk/rows?${query}`, { signal: asking.signal, headers: { Accept: "text/html" } });
    if (answer.status === 401) window.location.reload();
    if (!answer.ok) return;
    rows.innerHTML = await answer.text();
    window.history.replaceState(null, "", query.size ? `/desk?${query}` : "/desk");
    counted();
  } catch (error) {
    if (error.name !== "AbortError") rows.prepend(t("error.network"));
  }
}

text.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, 120);
});

function counted() {
  if (!count) return;
  const ticked = document.querySelectorAll(".case-row__pick:checked").length;
  count.textContent = ticked ? t("desk.bulk_count", { count: ticked }) : "";
  count.closest("form").classList.toggle("is-used", ticked > 0);
}

rows.addEventListener("change", counted);
