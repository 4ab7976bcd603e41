// By when something has to happen, and how the days to it are counted.

import { $, clocks, el, format, has, t } from "../page.js";

const weekday = (iso) => new Date(`${iso}T00:00:00Z`).getUTCDay();

/** Why a day counts or not, in the reader's language; names of holidays are as they were proclaimed. */
function reasonOf({ date, number, reason }, first) {
  if (first) return t("track.day_first");
  if (number !== null) return t("track.day_counts", { number });
  if ([0, 6].includes(weekday(date))) return t("track.day_weekend");
  return t("track.day_skipped", { reason });
}

async function explain(box, code, opened) {
  if (box.childElementCount > 1) return;
  const told = el("p", { class: "hint", role: "status" }, t("track.counting"));
  box.append(told);
  try {
    const { data } = await opened.call("GET", `/clocks/${encodeURIComponent(code)}`);
    told.replaceWith(el("ol", { class: "days" }, data.items.map((day, index) =>
      el("li", { class: day.number === null ? "is-skipped" : undefined },
        el("span", { class: "days__number", "aria-hidden": "true" }, day.number ?? "–"),
        el("span", {}, el("time", { datetime: day.date }, format.day(day.date)), el("span", { class: "hint" }, ` ${reasonOf(day, index === 0)}`))))));
  } catch (error) {
    told.textContent = error.message;
  }
}

export function showClocks(data, opened) {
  $("clocks").hidden = !data.clocks.length;
  $("clock-list").replaceChildren(...data.clocks.map((clock) => {
    const { name, law } = clocks[clock.code] ?? { name: clock.code, law: "" };
    const account = el("details", {}, el("summary", {}, t("track.explain")));
    account.addEventListener("toggle", () => account.open && explain(account, clock.code, opened));
    return el("li", { class: "clock" },
      el("p", { class: "clock__name" }, name, el("span", { class: "badge" }, has(`clock.${clock.state}`) ? t(`clock.${clock.state}`) : clock.state)),
      clock.due_at ? el("p", {}, `${t("track.due")} `, el("strong", {}, format.due(clock.due_at))) : null,
      el("p", { class: "hint" }, law),
      account);
  }));
}
