// Speed and safety for the form by which an update is logged. Without this script the form works all the same.
"use strict";
(() => {
  const form = document.getElementById("log-form");
  const KEPT = "log ";
  const NEVER = new Set(["csrfmiddlewaretoken", "seen", "stood", "action", "chip", "shown", "many"]);

  // What was typed is kept on this phone until it is known to be saved.
  const store = {
    get(key) { try { return JSON.parse(localStorage.getItem(KEPT + key)); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(KEPT + key, JSON.stringify(value)); } catch { /* no room, or not allowed */ } },
    drop(key) { try { localStorage.removeItem(KEPT + key); } catch { /* not allowed */ } },
    forget(token) {
      try {
        for (const key of Object.keys(localStorage)) {
          if (key.startsWith(KEPT) && (store.get(key.slice(KEPT.length)) || {}).token === token) localStorage.removeItem(key);
        }
      } catch { /* not allowed */ }
    },
  };
  for (const link of document.querySelectorAll("[data-logged]")) store.forget(link.dataset.logged);

  nearby();
  if (!form) return;

  const key = form.dataset.keep;
  const conditions = document.getElementById("conditions");
  const fieldsOf = (name) => {
    const found = form.elements.namedItem(name);
    return found === null ? [] : found instanceof RadioNodeList ? [...found] : [found];
  };
  const valueOf = (name) => { const found = form.elements.namedItem(name); return found ? found.value : ""; };

  function put(name, value) {
    const wanted = (Array.isArray(value) ? value : [value]).map(String);
    for (const field of fieldsOf(name)) {
      if (field.type === "radio") field.checked = wanted.includes(field.value);
      else if (field.type === "checkbox") {
        field.checked = field.hasAttribute("value") ? wanted.includes(field.value) : wanted[0] !== "";
      } else field.value = wanted[0];
    }
  }

  // What "now" means: the moment at which it was chosen here, by the server's clock, however late it is sent

  const ahead = Date.parse((form.dataset.now || "").replace(/\+0000$/, "Z")) - Date.now() || 0;
  const serverNow = () => Date.now() + ahead;
  const chosenAt = () => Date.parse(valueOf("now_at").replace(/\+0000$/, "Z"));
  const BY_NOW = new Set(["now", "hour", "today", "yesterday"]);

  function chooseNow() { put("now_at", new Date(serverNow()).toISOString().replace(/\.\d+Z$/, "+0000")); }
  function touched() { if (!valueOf("now_at")) chooseNow(); }

  function tellThen() {
    const line = form.querySelector("[data-then]"), at = chosenAt();
    line.hidden = !at || !BY_NOW.has(valueOf("when"));
    if (line.hidden) return;
    const lang = document.documentElement.lang || "en", minutes = Math.round((at - serverNow()) / 60000);
    const timeZone = valueOf("zone") || (zones && zones[""]) || undefined;
    const [many, unit] = minutes > -60 ? [minutes, "minute"] : [Math.round(minutes / 60), "hour"];
    line.querySelector("[data-age]").textContent = new Intl.RelativeTimeFormat(lang).format(many, unit);
    line.querySelector("[data-typed]").textContent = new Intl.DateTimeFormat(lang, {
      weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone,
    }).format(at);
  }

  // Kept, and restored

  const say = (what) => {
    const box = document.getElementById("kept");
    for (const line of box.querySelectorAll("[data-say]")) line.hidden = line.dataset.say !== what;
    form.querySelector("[data-then]").hidden = true;
    box.hidden = !what;
    if (what) box.scrollIntoView({ block: "nearest" });
  };
  const saying = () => document.querySelector("#kept:not([hidden]) [data-say]:not([hidden])")?.dataset.say;

  function keep() {
    if (!key) return;
    const fields = [...new FormData(form)].filter(([name]) => !NEVER.has(name));
    store.set(key, { token: valueOf("token"), fields });
  }

  function restore(kept) {
    for (const field of form.elements) {
      if (["checkbox", "radio"].includes(field.type)) field.checked = false;
    }
    const byName = new Map();
    for (const [name, value] of kept.fields) byName.set(name, [...(byName.get(name) || []), value]);
    for (const [name, values] of byName) {
      const row = /^c(\d+)-/.exec(name);
      while (row && !fieldsOf(name).length && addRow());
      put(name, values);
    }
    for (const row of rows()) label(row);
    zoneChosen = isZoneChosen();
    for (const fold of form.querySelectorAll("details.rare")) {
      fold.open ||= [...fold.querySelectorAll("input, textarea")].some((f) => f.type === "checkbox" ? f.checked : f.value && f.type !== "hidden");
    }
    say("restored");
    settle();
    tellThen();
  }

  async function begin() {
    const kept = key && !("sent" in form.dataset) && !("prefilled" in form.dataset) ? store.get(key) : null;
    if (!kept) { if ("sent" in form.dataset) keep(); return; }
    if (await wasSaved(kept.token)) { store.drop(key); say("saved"); return; }
    restore(kept);
  }

  async function wasSaved(token) {
    try {
      const answer = await fetch(`${form.dataset.log}?token=${encodeURIComponent(token)}`);
      return answer.ok && (await answer.json()).saved === true;
    } catch { return false; }
  }

  form.addEventListener("input", () => { touched(); keep(); });
  form.addEventListener("change", ({ target }) => {
    if (target.name === "when" || target.name.startsWith("lane_")) { chooseNow(); tellThen(); }
    if (target.name.startsWith("lane_")) giveWay(target.name);
    keep();
  });
  form.querySelector("[data-afresh]").addEventListener("click", () => { store.drop(key); location.assign(location.href); });

  // Sent: never what was not previewed, and never forgotten before the answer is there

  let plainly = false, sending = false;
  form.addEventListener("submit", (event) => {
    if (plainly) return;
    const saving = event.submitter?.value === "save" && event.submitter.name === "action";
    touched();
    keep();
    if (!navigator.onLine) { event.preventDefault(); say("offline"); return; }
    if (saving && key) { event.preventDefault(); send(event.submitter); }
  });

  async function send(button) {
    if (sending) return;
    sending = true;
    button.setAttribute("aria-busy", "true");
    const body = new URLSearchParams([...new FormData(form)]);
    body.append("action", "save");
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { "X-Kept": "1" } });
      if (answer.ok && (answer.headers.get("Content-Type") || "").startsWith("application/json")) {
        const { go } = await answer.json();
        if (key) store.drop(key);
        location.assign(go);
        return;
      }
      plainly = true; // whatever it is, the page itself tells it best; sent again it is recorded once
      form.requestSubmit(button);
    } catch {
      sending = false;
      say("offline");
    }
    button.removeAttribute("aria-busy");
  }

  window.addEventListener("online", () => { if (saying() === "offline") say("back"); });
  form.querySelector("[data-again]").addEventListener("click", () => {
    form.requestSubmit(form.querySelector("button[value=save]") || form.querySelector("button.default[value=preview]"));
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) { plainly = sending = false; } });

  // What is chosen for both ways, or for all, empties the lanes below it: from then on these are chosen by hand

  function giveWay(name) {
    const coarse = name === "lane_all" ? "lane_" : name.endsWith("_both") ? name.slice(0, -"both".length) : "";
    if (!coarse || !valueOf(name)) return;
    const stood = prefilled();
    for (const field of form.querySelectorAll(`select[name^="${coarse}"]`)) {
      if (field.name === name) continue;
      field.value = "";
      delete stood[field.name];
    }
    put("prefilled", JSON.stringify(stood));
  }

  function prefilled() {
    try { return JSON.parse(valueOf("prefilled")) || {}; } catch { return {}; }
  }

  // Shortcuts

  for (const link of form.querySelectorAll("[data-do]")) {
    link.setAttribute("role", "button");
    link.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); link.click(); } });
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const { sets, unless } = JSON.parse(link.dataset.do);
      takeBack();
      for (const field of form.querySelectorAll("select[name^=lane_]")) field.value = "";
      put("prefilled", "{}");
      for (const [name, value] of Object.entries(unless)) if (!valueOf(name)) put(name, value);
      for (const [name, value] of Object.entries(sets)) put(name, value);
      for (const each of form.querySelectorAll("[data-do]")) each.classList.toggle("on", each === link);
      if (!Object.values(sets).includes("restricted")) for (const row of rows()) empty(row);
      chooseNow();
      settle();
      keep();
    });
  }

  /** What the shortcut before had set, unless it was changed since. */
  function takeBack() {
    const before = form.querySelector("[data-do].on");
    if (!before) return;
    const { sets, unless } = JSON.parse(before.dataset.do);
    for (const [name, value] of Object.entries({ ...unless, ...sets })) {
      const same = fieldsOf(name)[0]?.type === "checkbox" ? fieldsOf(name)[0].checked === (value !== "") : valueOf(name) === value;
      if (same) put(name, "");
    }
  }

  // When, and in whose local time

  const zones = form.dataset.zones ? JSON.parse(form.dataset.zones) : null;
  const isZoneChosen = () => Boolean(zones && valueOf("zone") && valueOf("zone") !== (zones[valueOf("declared_by")] || zones[""]));
  let zoneChosen = isZoneChosen();
  function settle() {
    form.dataset.when = valueOf("when");
    const zone = form.elements.namedItem("zone");
    if (zones && zone && !zoneChosen) zone.value = zones[valueOf("declared_by")] || zones[""];
  }
  form.addEventListener("change", (event) => {
    const { name, value } = event.target;
    if (name === "zone") zoneChosen = true;
    settle();
    if (name === "when") fieldsOf(value === "at" ? "day" : "clock")[0]?.focus();
  });

  // Conditions

  const rows = () => [...conditions.querySelectorAll("details.condition")];
  const inputs = (row) => [...row.querySelectorAll("input, select, textarea")];
  const isEmpty = (row) => inputs(row).every((field) =>
    field.type === "checkbox" ? !field.checked : /-(effect|per)$/.test(field.name) || !field.value);
  const prefixOf = (row) => /^c\d+-/.exec(inputs(row)[0].name)[0];

  function clear(row) {
    for (const field of inputs(row)) {
      if (field.type === "checkbox") field.checked = false;
      else if (field.tagName === "SELECT") field.selectedIndex = 0;
      else field.value = "";
    }
  }

  function label(row, words) {
    let told = row.querySelector(":scope > summary > .chosen");
    if (!told) { told = document.createElement("span"); told.className = "chosen"; row.firstElementChild.append(told); }
    told.textContent = words ? `: ${words}` : isEmpty(row) ? "" : " •";
  }

  function empty(row) {
    clear(row);
    label(row, "");
    for (const chip of conditions.querySelectorAll("[data-row]")) {
      if (chip.dataset.row !== prefixOf(row)) continue;
      delete chip.dataset.row;
      chip.setAttribute("aria-pressed", "false");
    }
  }

  function addRow() {
    const all = rows(), last = all[all.length - 1];
    if (all.length >= Number(form.dataset.mostRows)) return null;
    const row = last.cloneNode(true), old = prefixOf(last), fresh = `c${all.length}-`;
    for (const part of row.querySelectorAll("*")) {
      for (const name of ["name", "id", "for", "aria-describedby"]) {
        const value = part.getAttribute(name);
        if (value) part.setAttribute(name, value.replace(old, fresh));
      }
    }
    for (const wrong of row.querySelectorAll(".errorlist, .chosen")) wrong.remove();
    row.firstElementChild.firstChild.textContent = last.firstElementChild.firstChild.textContent.replace(/\d+/, all.length + 1);
    row.open = false;
    clear(row);
    last.after(row);
    put("rows", all.length + 1);
    return row;
  }

  for (const chip of conditions.querySelectorAll("[data-fields]")) {
    chip.setAttribute("aria-pressed", "false");
    chip.addEventListener("click", (event) => {
      const taken = chip.dataset.row && rows().find((row) => prefixOf(row) === chip.dataset.row);
      const row = taken || rows().find(isEmpty) || addRow();
      event.preventDefault();
      if (!row) return;
      clear(row);
      if (!taken) {
        for (const [name, value] of Object.entries(JSON.parse(chip.dataset.fields))) put(prefixOf(row) + name, value);
        chip.dataset.row = prefixOf(row);
      } else delete chip.dataset.row;
      label(row, taken ? "" : chip.textContent.trim());
      chip.setAttribute("aria-pressed", String(!taken));
      keep();
    });
  }

  // What is marked: unfolded, and gone to from the list above

  function unfold(part) {
    for (let fold = part.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }

  for (const wrong of form.querySelectorAll(".errorlist")) unfold(wrong);
  for (const link of form.querySelectorAll(".faults a")) {
    link.addEventListener("click", (event) => {
      const part = document.getElementById(link.hash.slice(1));
      if (!part) return;
      event.preventDefault();
      unfold(part);
      const field = part.matches("input, select, textarea") ? part : part.querySelector("input, select, textarea");
      (field || part).focus({ preventScroll: true });
      (part.closest(".entry-field, .cell") || part).scrollIntoView({ block: "center" });
    });
  }
  form.querySelector(".faults")?.focus();

  settle();
  begin();

  // The page before: those nearby, worked out on the phone; its position goes nowhere

  function nearby() {
    const box = document.getElementById("nearby");
    if (!box || !("geolocation" in navigator)) return;
    box.hidden = false;
    box.querySelector("button").addEventListener("click", () => navigator.geolocation.getCurrentPosition(({ coords }) => {
      const far = (link) => {
        const [lat, lon] = link.dataset.at.split(" ").map(Number), turn = Math.PI / 180;
        const x = (lon - coords.longitude) * Math.cos(((lat + coords.latitude) / 2) * turn), y = lat - coords.latitude;
        return x * x + y * y;
      };
      const links = [...document.querySelectorAll(".picks a[data-at]")].sort((a, b) => far(a) - far(b)).slice(0, 6);
      const list = box.querySelector("ul");
      list.replaceChildren(...links.map((link) => {
        const item = document.createElement("li");
        item.append(link.cloneNode(true));
        return item;
      }));
    }, () => { box.querySelector("[role=status]").hidden = false; }));
  }
})();
