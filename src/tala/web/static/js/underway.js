// What is under way in this tab; it survives a reload, and is gone once filed, erased or closed.

const KEY = "tala.under-way";

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export const underway = {
  ...{ recording: undefined, draft: undefined, capability: undefined, key: undefined, filing: undefined },
  ...read(),
};

export function keep(changes) {
  Object.assign(underway, changes);
  sessionStorage.setItem(KEY, JSON.stringify(underway));
}

export function drop() {
  for (const name of Object.keys(underway)) underway[name] = undefined;
  sessionStorage.removeItem(KEY);
}

export const newKey = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
