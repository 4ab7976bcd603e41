// The receipt: two numbers to keep, and ways to keep them.

import { $, announce, format, t } from "./page.js";

const KEPT = "tala.cases";

export function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

export function remember(entry) {
  localStorage.setItem(KEPT, JSON.stringify([entry, ...remembered().filter((kept) => kept.ctn !== entry.ctn)].slice(0, 50)));
}

export function forget(ctn) {
  localStorage.setItem(KEPT, JSON.stringify(remembered().filter((kept) => kept.ctn !== ctn)));
}

export const grouped = (secret) => secret.replace(/(\d{4})(?=\d)/g, "$1 ");

export function showReceipt(filed) {
  $("ctn").textContent = filed.ctn;
  $("secret").textContent = filed.receipt_secret ? grouped(filed.receipt_secret) : "—";
  $("filed-at").textContent = format.moment(filed.filed_at);
  $("filed-at").dateTime = filed.filed_at;
  $("qr").src = `/qr/${filed.ctn}`;
  $("follow").href = `/track#${filed.ctn}`;
  const keep = $("remember");
  keep.hidden = !filed.receipt_secret;
  keep.onclick = () => {
    remember({ ctn: filed.ctn, secret: filed.receipt_secret, filed_at: filed.filed_at });
    keep.querySelector("span").textContent = t("receipt.saved");
    announce(t("receipt.saved"));
  };
  $("print").onclick = () => window.print();
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.onclick = async () => {
      await navigator.clipboard.writeText($(button.dataset.copy).textContent.replace(/^(\d{4}) (\d{4}) (\d{4}) (\d{4})$/, "$1$2$3$4"));
      const words = button.querySelector("span");
      words.textContent = t("receipt.copied");
      announce(t("receipt.copied"));
      setTimeout(() => (words.textContent = t("receipt.copy")), 2500);
    };
  }
}
