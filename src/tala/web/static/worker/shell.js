// The service worker: keeps the frame of the citizen's pages, so that they open without a line. It touches
// nothing else: no call of the interface, no sound, no case is ever kept by it. `SHELL` is written above this by
// the server: {digest, assets, pages}.

const CACHE = `tala-${SHELL.digest}`;

self.addEventListener("install", (event) => {
  // Addresses of files change with the files, so what the browser has already is right.
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...SHELL.assets, ...SHELL.pages])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) =>
    Promise.all(names.filter((name) => name.startsWith("tala-") && name !== CACHE).map((name) => caches.delete(name))));
  event.waitUntil(old.then(() => self.clients.claim()));
});

/** The page as it is now, kept for the next time; without a line as it was last. */
async function fresh(request, path) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await cache.put(path, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(path, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith("/static/")) {
    event.respondWith(caches.match(request, { ignoreVary: true }).then((kept) => kept ?? fetch(request)));
  } else if (request.mode === "navigate" && SHELL.pages.includes(pathname)) {
    event.respondWith(fresh(request, pathname));
  }
});
