// What the server told this page, and small helpers for building it.

const data = JSON.parse(document.getElementById("page").textContent);

export const { language, limits, categories, states, clocks, steps, csrf } = data;

/** What else a page was given. */
export const given = data;

/** A message in the reader's language; `{name}` stands for values. */
export function t(key, values = {}) {
  const text = data.messages[key];
  if (text === undefined) throw new Error(`no message ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Whether there is a message of this key. */
export const has = (key) => data.messages[key] !== undefined;

/** What to tell of a refusal or a warning: in English the sentence made for it, else the one for its code. */
export function told({ code, message }, kind = "error") {
  return language === "en" ? message : (data.messages[`${kind}.${code}`] ?? message);
}

export const $ = (id) => document.getElementById(id);

/** An element with properties, attributes and children; `null` children are left out. */
export function el(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "class") made.className = value;
    else if (key in made && typeof value !== "string") made[key] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function icon(name) {
  return $(`icon-${name}`).content.firstElementChild.cloneNode(true);
}

/** Tell a screen reader, at most once in a while. */
export const announce = (() => {
  let waiting;
  return (text) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => ($("announce").textContent = text), 250);
  };
})();

export function showError(box, text) {
  box.replaceChildren(icon("warn"), el("span", {}, text));
  box.hidden = false;
}

const dateTime = new Intl.DateTimeFormat(language === "fil" ? "fil-PH" : "en-PH", {
  dateStyle: "long", timeStyle: "short", timeZone: "Asia/Manila",
});
const day = new Intl.DateTimeFormat(language === "fil" ? "fil-PH" : "en-PH", { dateStyle: "long", timeZone: "UTC" });
const peso = new Intl.NumberFormat("en-PH", { style: "currency", currency: "PHP", minimumFractionDigits: 0 });

export const format = {
  moment: (iso) => dateTime.format(new Date(iso)),
  /** The last day of a period that ends at a midnight in Manila; any other end with its time. */
  due: (iso) => {
    const end = new Date(iso);
    const midnight = (end.getTime() + 8 * 3600e3) % 864e5 === 0;
    return midnight ? day.format(new Date(end.getTime() + 8 * 3600e3 - 1)) : dateTime.format(end);
  },
  day: (iso) => day.format(new Date(`${iso}T00:00:00Z`)),
  peso: (value) => peso.format(value),
  clock: (seconds) => {
    const whole = Math.floor(seconds);
    const minutes = Math.floor(whole / 60) % 60;
    const tail = `${minutes}:${String(whole % 60).padStart(2, "0")}`;
    return whole >= 3600 ? `${Math.floor(whole / 3600)}:${tail.padStart(5, "0")}` : tail;
  },
  size: (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`),
};
