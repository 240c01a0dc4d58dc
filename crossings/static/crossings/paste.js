/* One tap that puts what was copied into the box; where the browser does not allow it, the button does not show. */
"use strict";
(() => {
  const button = document.querySelector("[data-paste]");
  const box = document.getElementById("id_text");
  if (!button || !box || !navigator.clipboard || !navigator.clipboard.readText) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      const text = await navigator.clipboard.readText();
      if (text) box.value = box.value ? `${box.value}\n${text}` : text;
    } catch {
      button.hidden = true;
    }
    box.focus();
  });
})();
