"use strict";
// Shows what is picked without loading the page anew, and copies what is to be pasted.
(() => {
  const form = document.querySelector("form");
  let latest = 0;
  const show = async () => {
    const turn = ++latest;
    const picked = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (value) picked.append(name, value);
    }
    const address = `${form.action}?${picked}`;
    let answer;
    try {
      answer = await fetch(address);
    } catch {
      location.assign(address);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== latest) return;
    const result = page.getElementById("result");
    if (!result) {
      location.assign(address);
      return;
    }
    document.getElementById("result").replaceWith(document.adoptNode(result));
    for (const select of form.querySelectorAll("select")) {
      const fresh = page.getElementById(select.id);
      if (!fresh) continue;
      const { value } = select;
      select.replaceChildren(...fresh.children);
      select.value = value;
    }
    history.replaceState(null, "", address);
    offer();
  };
  const offer = () => {
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
    document.getElementById("copied").textContent = button.dataset.copied;
  });
  offer();
})();
