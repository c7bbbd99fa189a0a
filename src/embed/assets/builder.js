"use strict";
// Updates the preview without reloading the page, and copies embed code.
(() => {
  const form = document.querySelector("form");
  let latestRequestId = 0;
  const show = async () => {
    const requestId = ++latestRequestId;
    const selection = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (value) selection.append(name, value);
    }
    const url = `${form.action}?${selection}`;
    let response;
    try {
      response = await fetch(url);
    } catch {
      location.assign(url);
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (requestId !== latestRequestId) return;
    const result = page.getElementById("result");
    if (!result) {
      location.assign(url);
      return;
    }
    document.getElementById("result").replaceWith(document.adoptNode(result));
    for (const select of form.querySelectorAll("select")) {
      const updated = page.getElementById(select.id);
      if (!updated) continue;
      const { value } = select;
      select.replaceChildren(...updated.children);
      select.value = value;
    }
    history.replaceState(null, "", url);
    revealCopyButtons();
  };
  const revealCopyButtons = () => {
    for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = false;
  };
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy");
    }
    document.getElementById("copy-status").textContent = button.dataset.copied;
  });
  revealCopyButtons();
})();
