/* The queue of drafts by keys: each key presses a button that stands on the page. And whose draft it is, kept while it is looked at. */
"use strict";
(() => {
  const screen = document.querySelector("[data-review]");
  if (!screen) return;
  const typing = "input, textarea, select, [contenteditable]";

  function reject() {
    const details = document.getElementById("reject");
    details.open = true;
    details.querySelector("input[type=text]").focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat || event.defaultPrevented) return;
    if (event.target.closest && event.target.closest(typing)) return;
    const wanted = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key.split(" ").includes(event.key));
    if (!wanted) return;
    event.preventDefault();
    if (event.key === "r") reject();
    else wanted.click();
  });

  for (const each of document.querySelectorAll("[data-opens]")) {
    each.addEventListener("click", (event) => { event.preventDefault(); reject(); });
  }

  // Whoever looks at it has it in hand, and lets go of it on leaving; its own forms hold it further.
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  let stays = false;
  for (const each of document.querySelectorAll("[data-stays], form")) {
    each.addEventListener(each.tagName === "FORM" ? "submit" : "click", () => { stays = true; });
  }
  function body(action) {
    const data = new FormData();
    data.set("csrfmiddlewaretoken", token ? token.value : "");
    data.set("draft", screen.dataset.draft);
    data.set("action", action);
    return data;
  }
  if ("mine" in screen.dataset) {
    setInterval(() => {
      if (document.visibilityState === "visible") fetch(screen.dataset.review, { method: "POST", body: body("hold") }).catch(() => {});
    }, 120000);
    addEventListener("pagehide", () => { if (!stays) navigator.sendBeacon(screen.dataset.review, body("leave")); });
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }
})();
