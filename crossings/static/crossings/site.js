/* A page left open asks every minute whether anything was reported, while it is looked at. Nothing here is needed to
   read the page. Its script tag names the page's tag; a page without one is not to be kept or asked for again. */
"use strict";

(() => {
  const MINUTE = 60000;
  const WHOLE = 10 * MINUTE; // then it is fetched anew, whatever its tag, because ages grow
  const LATE = 3 * MINUTE; // older than any page is that the site gives while it stands
  const MOST_ERRORS = 6;
  const CONTROLS = "input, select, textarea";
  const FOCUSABLE = "a, button, summary";
  const script = document.currentScript;
  const saved = document.getElementById("saved");
  const at = document.getElementById("saved-at");
  const live = document.getElementById("live");
  const [opened] = performance.getEntriesByType("navigation");
  let tag = script.dataset.tag;
  let asked = Date.now();
  let fetched = asked;
  // Its ages may be of yesterday, or a cache gave it because the site did not answer.
  let whole = !saved.hidden || opened?.type === "back_forward" || Date.now() - Date.parse(script.dataset.made) > LATE;
  let errors = 0;
  let busy = false;
  let timer;

  function plan() {
    clearTimeout(timer);
    if (document.visibilityState !== "visible" || errors > MOST_ERRORS) return;
    timer = setTimeout(refresh, Math.max(asked + MINUTE * 2 ** errors - Date.now(), 0));
  }

  async function refresh() {
    if (busy || document.visibilityState !== "visible") return;
    busy = true;
    const began = Date.now();
    const headers = { Accept: "text/html" };
    if (!whole && began - fetched < WHOLE) headers["If-None-Match"] = `W/"${tag}"`;
    try {
      const answer = await fetch(location.href, { headers, cache: "no-store" });
      if (answer.status === 200) {
        if (show(await answer.text(), Date.parse(answer.headers.get("Date")))) {
          fetched = began;
          whole = false;
        }
      } else if (answer.status === 304) saved.hidden = true;
      else throw answer;
      errors = 0;
    } catch {
      errors += 1;
      if (saved.hidden) admit();
    }
    asked = began;
    busy = false;
    plan();
  }

  /* False where it would disturb the reader: then it is tried again in a minute. */
  function show(html, now) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const [fresh, told] = [page.querySelector("main"), page.querySelector("script[data-tag]")];
    if (!fresh || !told) throw new Error("not one of our pages");
    const old = document.querySelector("main");
    const focus = old.contains(document.activeElement) ? document.activeElement : null;
    if ((focus && focus.matches(CONTROLS)) || !getSelection().isCollapsed) return false;
    if (told.dataset.tag.split("-").pop() !== tag.split("-").pop()) return location.reload();
    const changed = news(old, fresh, page.title);
    keepAsLeft(old, fresh);
    owns(page.getElementById("saved"), new Date(told.dataset.made), now);
    const [name] = [...named(old, FOCUSABLE)].find(([, was]) => was === focus) || [];
    old.replaceWith(fresh);
    named(fresh, FOCUSABLE).get(name)?.focus({ preventScroll: true });
    tag = told.dataset.tag;
    document.title = page.title;
    if (changed) live.textContent = changed;
    return true;
  }

  /* The site, or a cache before it, may have only an old copy to give: by its own clock, not by the reader's. */
  function owns(copy, made, now) {
    saved.hidden = copy.hidden;
    at.textContent = copy.querySelector("time").textContent;
    if (copy.hidden && now - made > LATE) admit(made);
  }

  function keepAsLeft(old, fresh) {
    const folds = named(fresh, "summary");
    for (const [name, was] of named(old, "summary"))
      if (folds.has(name)) folds.get(name).parentElement.open = was.parentElement.open;
    const fields = fresh.querySelectorAll(CONTROLS);
    old.querySelectorAll(CONTROLS).forEach((was, i) => {
      if (fields[i]?.name === was.name) fields[i].value = was.value;
    });
  }

  /* By what they say but for numbers, which grow. */
  function named(part, what) {
    const found = new Map();
    for (const each of part.querySelectorAll(what)) {
      let name = each.tagName + each.textContent.replace(/\p{N}+/gu, "");
      while (found.has(name)) name += "+";
      found.set(name, each);
    }
    return found;
  }

  /* What to tell who cannot see it: the crossings that do not stand as before, by their marks. */
  function news(old, fresh, title) {
    const [before, after] = [standings(old), standings(fresh)];
    const names = [...after.keys()].filter((name) => before.get(name) !== after.get(name));
    if (!names.length) return "";
    return `${script.dataset.changed} ${names[0] ? names.slice(0, 5).join(", ") : title}`;
  }

  function standings(part) {
    const cards = [...part.querySelectorAll("article")];
    const marks = (each) => [...each.querySelectorAll(".mark")].map((mark) => mark.getAttribute("class")).join();
    return new Map(cards.length ? cards.map((each) => [each.querySelector("a").textContent, marks(each)]) : [["", marks(part)]]);
  }

  /* The page stands as it was last heard of, and says so. */
  function admit(time = new Date(fetched)) {
    const form = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", numberingSystem: "latn" };
    at.dateTime = time.toISOString();
    at.textContent = time.toLocaleTimeString(document.documentElement.lang, form);
    saved.hidden = false;
  }

  function again() {
    errors = Math.min(errors, MOST_ERRORS);
    plan();
  }

  document.addEventListener("visibilitychange", again);
  addEventListener("online", () => {
    errors = 0;
    refresh();
  });
  addEventListener("pageshow", (event) => {
    whole ||= event.persisted;
    if (whole) refresh();
    else plan();
  });

  const worker = navigator.serviceWorker;
  if (worker) {
    const first = !worker.controller;
    worker
      .register("/sw.js")
      .then(() => worker.ready)
      .then((ready) => first && ready.active.postMessage("keep me"))
      .catch(() => {});
  }
})();
