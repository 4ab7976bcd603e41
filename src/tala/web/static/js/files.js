// Photos and documents that go with a complaint: chosen before filing, sent with the receipt once there is one.

import { Problem, networkProblem } from "./api.js";
import { el, format, icon, language, showError, t } from "./page.js";

const MOST_BYTES = 25 << 20;
const MOST_FILES = 10;
const TYPES = ["application/pdf", "image/jpeg", "image/png", "image/webp", "text/plain"];

/** Why a file cannot go with a complaint, as a sentence; null where it can. */
export function refusedFile(file) {
  if (!TYPES.includes(file.type)) return t("attach.wrong_type", { name: file.name });
  if (file.size > MOST_BYTES || !file.size) return t("attach.too_big", { name: file.name, size: format.size(MOST_BYTES) });
  return null;
}

export class Files {
  constructor(list, error) {
    this.list = list;
    this.error = error;
    this.files = [];
  }

  add(chosen) {
    this.error.hidden = true;
    for (const file of chosen) {
      const refused = this.files.length >= MOST_FILES ? t("attach.too_many", { count: MOST_FILES }) : refusedFile(file);
      if (refused) showError(this.error, refused);
      else this.files.push(file);
    }
    this.draw();
  }

  draw() {
    this.list.hidden = !this.files.length;
    this.list.replaceChildren(...this.files.map((file) => el("li", { class: "file" },
      icon("file"), el("span", { class: "file__name" }, file.name), el("span", { class: "hint" }, format.size(file.size)),
      el("button", { type: "button", class: "icon-button", "aria-label": t("attach.remove", { name: file.name }), onclick: () => {
        this.files.splice(this.files.indexOf(file), 1);
        this.draw();
      } }, icon("close")))));
  }

  /** Hand the files over and forget them. */
  take() {
    const taken = this.files;
    this.clear();
    return taken;
  }

  clear() {
    this.files = [];
    this.draw();
  }
}

/** Send one file to a case its receipt opens. Throws Problem. */
export async function attach(ctn, secret, file) {
  const form = new FormData();
  form.append("kind", "evidence");
  form.append("file", file, file.name);
  let response;
  try {
    response = await fetch(`/api/v1/cases/${encodeURIComponent(ctn)}/attachments`, {
      method: "POST", body: form, headers: { "Tala-Receipt": secret, "Accept-Language": language },
    });
  } catch {
    throw networkProblem();
  }
  if (!response.ok) throw new Problem(await response.json().catch(() => ({ status: response.status, detail: t("error.internal") })));
  return response.json();
}
