// Files of a case: what was added, and a way to add more.

import { attach, refusedFile } from "../files.js";
import { $, announce, el, format, icon, showError, t } from "../page.js";

let current = null;

async function save(opened, file) {
  const response = await fetch(`/api/v1/cases/${encodeURIComponent(opened.ctn)}/attachments/${encodeURIComponent(file.id)}`, {
    headers: { "Tala-Receipt": opened.secret },
  });
  if (!response.ok) {
    showError($("attach-error"), t("error.network"));
    return;
  }
  const link = el("a", { href: URL.createObjectURL(await response.blob()), download: file.filename });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export async function showFiles(opened) {
  current = opened;
  try {
    const { data } = await opened.call("GET", "/attachments");
    $("file-list").hidden = !data.items.length;
    $("file-list").replaceChildren(...data.items.map((file) => el("li", { class: "file" }, icon("file"),
      el("button", { type: "button", class: "text-button file__name", onclick: () => save(opened, file) }, file.filename),
      el("span", { class: "hint" }, format.size(file.byte_count)))));
  } catch {
    $("file-list").hidden = true; // the rest of the page is of use without them
  }
}

$("attach").addEventListener("change", async () => {
  const chosen = [...$("attach").files];
  $("attach").value = "";
  $("attach-error").hidden = true;
  let sent = 0;
  for (const file of chosen) {
    const refused = refusedFile(file);
    try {
      if (refused) throw new Error(refused);
      announce(t("attach.sending"));
      await attach(current.ctn, current.secret, file);
      sent += 1;
    } catch (error) {
      showError($("attach-error"), refused ?? `${file.name}: ${error.message}`);
    }
  }
  if (sent) announce(t("attach.sent", { count: sent }));
  await showFiles(current);
});
