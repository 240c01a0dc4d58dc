/* A tap on the round is kept in this browser with its own moment until the server has it: through a lost connection, a
   reload, a closed page. Without this file each tap is sent as a form. */
"use strict";

(() => {
  const form = document.getElementById("round");
  if (!form) return;
  const KEY = `round:${form.dataset.user}`; // of one person: a telephone may be shared
  const HOLD = 3000; // so long a mistaken tap can be undone
  const [FIRST, LONGEST, PATIENCE] = [2000, 60000, 20000];
  const ahead = Date.parse(form.dataset.now) - Date.now(); // the server's clock counts
  const progress = document.querySelector(".progress");
  const ends = document.querySelector(".ends");
  const text = form.dataset;
  let done = Number(text.done);
  let fails = 0;
  let busy = false;
  let stopped = false;
  let underway = "";
  let ending = false;
  let timer;

  const kept = () => {
    try {
      return JSON.parse(localStorage.getItem(KEY)) || [];
    } catch {
      return [];
    }
  };
  const keep = (taps) => localStorage.setItem(KEY, JSON.stringify(taps));
  const same = (one, other) => one.slug === other.slug && one.at === other.at;
  const drop = (tap) => keep(kept().filter((each) => !same(each, tap)));
  const rowOf = (slug) => document.getElementById(`c-${slug}`);

  function tell() {
    const n = kept().length;
    const told = n ? progress.dataset.sending : progress.dataset.form;
    progress.firstElementChild.textContent = told
      .replace("%(done)s", done).replace("%(of)s", text.of).replace("%(n)s", n);
  }

  function mark(row, words, undoes) {
    const fate = row.querySelector(".fate");
    row.dataset.state = "waits";
    fate.textContent = words;
    if (!undoes) return;
    const undo = document.createElement("button");
    undo.type = "button";
    undo.className = "undo";
    undo.textContent = text.undo;
    undo.addEventListener("click", () => takeBack(row));
    fate.append(undo);
  }

  function markKept(tap) {
    const row = rowOf(tap.slug);
    if (!row || row.dataset.state === "done") return;
    if (tap.slug === underway) mark(row, text.waits, false);
    else mark(row, navigator.onLine && !fails ? text.waits : text.offline, true);
  }

  function takeBack(row) {
    const slug = row.dataset.slug;
    if (slug === underway) return;
    keep(kept().filter((tap) => tap.slug !== slug));
    row.dataset.state = "left";
    row.querySelector(".fate").textContent = "";
    row.querySelector(".tap")?.focus();
    tell();
    plan();
  }

  function onward(row) {
    for (let next = row.nextElementSibling; next; next = next.nextElementSibling) {
      const button = ["left", "look"].includes(next.dataset.state) && next.querySelector(".tap");
      if (!button) continue;
      button.focus({ preventScroll: true });
      next.scrollIntoView({ block: "nearest" });
      return;
    }
  }

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    const row = button?.classList.contains("tap") && button.closest(".stop");
    if (!row) return;
    const now = Date.now();
    const tap = {
      slug: row.dataset.slug, tap: button.value, at: new Date(now + ahead).toISOString(),
      how: form.elements.how.value, held: now + HOLD,
    };
    const taps = kept().filter((each) => each.slug !== tap.slug);
    try {
      keep([...taps, tap]);
    } catch {
      return; // nowhere to keep it: it is sent as a form
    }
    event.preventDefault();
    markKept(tap);
    onward(row);
    tell();
    plan();
  });
  // A key held down must not run through the crossings.
  form.addEventListener("keydown", (event) => {
    if (event.repeat && event.key === "Enter") event.preventDefault();
  });

  function plan() {
    clearTimeout(timer);
    const taps = kept();
    if (!taps.length || stopped) return;
    const pause = fails ? Math.min(FIRST * 2 ** (fails - 1), LONGEST) : 0;
    const held = Math.min(...taps.map((tap) => tap.held)) - Date.now();
    timer = setTimeout(work, Math.max(pause, held, 0));
  }

  async function work() {
    if (busy || stopped) return;
    busy = true;
    clearTimeout(timer);
    for (;;) {
      const tap = kept().find((each) => each.held <= Date.now());
      if (!tap) break;
      underway = tap.slug;
      markKept(tap);
      const taken = await send(tap);
      underway = "";
      if (!taken) {
        fails += 1;
        markKept(tap);
        break;
      }
      fails = 0;
      drop(tap);
      tell();
    }
    busy = false;
    plan();
    if (ending && !kept().length) ends.requestSubmit(ends.elements.end);
  }

  /* Whether the server had an answer to it. */
  async function send(tap) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    for (const name of ["tap", "at", "how"]) body.set(name, tap[name]);
    try {
      const answer = await fetch(location.pathname, {
        method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual", keepalive: true,
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
        stopped = true;
        document.querySelector(".signin").hidden = false;
        return false;
      }
      if (answer.status === 400 || answer.status === 404) {
        fail(tap.slug);
        return true;
      }
      if (answer.status !== 200) return false;
      show(tap.slug, await answer.json());
      return true;
    } catch {
      return false;
    }
  }

  function fail(slug) {
    const row = rowOf(slug);
    if (!row) return;
    row.dataset.state = "look";
    row.querySelector(".fate").textContent = text.failed;
  }

  function show(slug, told) {
    const row = rowOf(slug);
    if (told.outcome === "done" && row?.dataset.state !== "done") done += 1;
    if (!row) return;
    const fresh = new DOMParser().parseFromString(told.row, "text/html").querySelector(".stop");
    const focused = row.contains(document.activeElement);
    row.replaceWith(document.adoptNode(fresh));
    if (focused) fresh.querySelector(".tap, .taps a")?.focus();
  }

  function now() {
    fails = 0;
    work();
  }

  // The round ends once the server has every tap of it.
  ends.addEventListener("submit", (event) => {
    if (!kept().length) return;
    event.preventDefault();
    ending = true;
    ends.querySelector(".ending").hidden = false;
    release();
    now();
  });

  function release() {
    try {
      keep(kept().map((tap) => ({ ...tap, held: 0 })));
    } catch {
      // they stay held
    }
  }

  addEventListener("online", now);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") release();
    now();
  });
  release();
  kept().forEach(markKept);
  tell();
  plan();
})();
