/* Keeps the last pages that were looked at, and shows the last copy of one, marked as such, where there is no network.

   Only what the site says anybody may keep: no answer to what a reader told of himself, nothing of the admin, of the
   API or of a page that has no place for the mark. */
"use strict";

const CACHE = "pages-1";
const MOST = 20;
const PATIENCE = 10000; // ms: then a copy, where there is one, is better than waiting
const NEVER = /^\/(admin|api|static)\/|\/passage\/$/;
const HIDDEN = 'id="saved" hidden';
const EMPTY = '<time id="saved-at"></time>';

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || NEVER.test(url.pathname)) return;
  const opened = request.mode === "navigate";
  if (!opened && request.headers.get("Accept") !== "text/html") return;
  // A page that is opened shall know whether there is a network: the browser's own copy says nothing of that.
  const network = opened ? fetch(request, { cache: "no-cache" }) : fetch(request);
  event.waitUntil(network.then((answer) => keep(url, answer.clone())).catch(() => {}));
  event.respondWith(opened ? orCopy(url, network) : network);
});

/* From a page that was opened before there was a worker: to be kept, too. */
self.addEventListener("message", (event) => {
  const url = new URL(event.source.url);
  if (NEVER.test(url.pathname)) return;
  const again = fetch(url, { cache: "force-cache", headers: { Accept: "text/html" } });
  event.waitUntil(again.then((answer) => keep(url, answer)).catch(() => {}));
});

async function takeOver() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await clients.claim();
}

async function keep(url, answer) {
  const allowed = answer.headers.get("Cache-Control") || "";
  if (answer.status !== 200 || answer.redirected || !/\bpublic\b/.test(allowed) || /no-store/.test(allowed)) return;
  const html = await answer.text();
  if (!html.includes(HIDDEN) || !html.includes(EMPTY)) return;
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length", "ETag", "Vary"]) headers.delete(name);
  headers.set("Saved-At", made(answer.headers).toISOString());
  const cache = await caches.open(CACHE);
  await cache.delete(address(url)); // so that it becomes the newest
  await cache.put(address(url), new Response(html, { headers }));
  const known = await cache.keys();
  for (const old of known.slice(0, -MOST)) await cache.delete(old);
}

/* When the site made it: it may have lain in the browser's own cache, or in a proxy's. */
function made(headers) {
  const date = Date.parse(headers.get("Date")) || Date.now();
  return new Date(date - 1000 * (parseInt(headers.get("Age"), 10) || 0));
}

function address(url) {
  return url.origin + url.pathname + url.search;
}

async function orCopy(url, network) {
  const tired = new Promise((_, fail) => setTimeout(fail, PATIENCE));
  try {
    return await Promise.race([network, tired]);
  } catch {
    return (await copy(url)) || network;
  }
}

async function copy(url) {
  const found = await (await caches.open(CACHE)).match(address(url));
  if (!found) return null;
  const html = await found.text();
  const at = new Date(found.headers.get("Saved-At"));
  const shown = `<time id="saved-at" datetime="${at.toISOString()}">${clock(at, language(html))}</time>`;
  const marked = html.replace(HIDDEN, 'id="saved"').replace(EMPTY, shown);
  return new Response(marked, { headers: found.headers });
}

function language(html) {
  const found = /<html lang="([\w-]+)"/.exec(html);
  return found ? found[1] : "en";
}

/* On the reader's own clock; with the day, unless it is today. */
function clock(at, lang) {
  const form = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", calendar: "gregory", numberingSystem: "latn" };
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString(lang, today ? form : { ...form, day: "numeric", month: "short", year: "numeric" });
}
