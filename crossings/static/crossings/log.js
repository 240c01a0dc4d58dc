// Speed and safety for the form by which an update is logged. Without this script the form works all the same.
"use strict";
(() => {
  const form = document.getElementById("log-form");
  const KEPT = "log ";
  const NEVER = new Set(["csrfmiddlewaretoken", "seen", "now_at", "stood", "action", "chip", "shown", "many"]);

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

  // Kept, and restored

  const say = (what) => {
    const box = document.getElementById("kept");
    for (const line of box.querySelectorAll("[data-say]")) line.hidden = line.dataset.say !== what;
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

  form.addEventListener("input", () => keep());
  form.addEventListener("change", () => keep());
  form.querySelector("[data-afresh]").addEventListener("click", () => { store.drop(key); location.assign(location.href); });

  // Sent: never what was not previewed, and never forgotten before the answer is there

  let plainly = false, sending = false;
  form.addEventListener("submit", (event) => {
    if (plainly) return;
    const saving = event.submitter?.value === "save" && event.submitter.name === "action";
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

  // Shortcuts

  for (const link of form.querySelectorAll("[data-do]")) {
    link.setAttribute("role", "button");
    link.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); link.click(); } });
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const { sets, unless } = JSON.parse(link.dataset.do);
      for (const field of form.querySelectorAll("select[name^=lane_]")) field.value = "";
      for (const [name, value] of Object.entries(unless)) if (!valueOf(name)) put(name, value);
      for (const [name, value] of Object.entries(sets)) put(name, value);
      for (const each of form.querySelectorAll("[data-do]")) each.classList.toggle("on", each === link);
      settle();
      keep();
    });
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
