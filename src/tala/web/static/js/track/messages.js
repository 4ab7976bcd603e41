// Letters between the citizen and the office.

import { $, announce, el, format, showError, t } from "../page.js";

let current = null;

export function showMessages(data, opened) {
  current = opened;
  $("message-list").replaceChildren(...data.messages.map((message) =>
    el("article", { class: `letter letter--${message.direction === "to_citizen" ? "office" : "own"}` },
      el("p", { class: "hint" }, el("strong", {}, t(message.direction === "to_citizen" ? "track.from_office" : "track.from_you")), ` · ${format.moment(message.at)}`),
      el("p", { class: "letter__text" }, message.body))));
  if (!data.messages.length) $("message-list").replaceChildren(el("p", { class: "hint" }, t("track.no_messages")));
}

$("write").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("write-text").value.trim();
  $("write-error").hidden = true;
  if (!text) {
    showError($("write-error"), t("track.write_first"));
    $("write-text").focus();
    return;
  }
  $("write-send").disabled = true;
  try {
    await current.call("POST", "/messages", { body: { text } });
    $("write-text").value = "";
    await current.refresh();
    announce(t("track.written"));
  } catch (error) {
    showError($("write-error"), error.message);
  } finally {
    $("write-send").disabled = false;
  }
});
