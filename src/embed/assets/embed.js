"use strict";
// Plays in place what else is played in place of this page, and goes to the second that the address names.
(() => {
  const stage = document.querySelector(".stage");
  const video = document.querySelector("video");
  const link = document.querySelector("a[data-player]");
  const second = (text) => {
    const found = /[#&?](?:t|start)=(\d+(?:\.\d+)?)/.exec(text);
    return found ? Number(found[1]) : 0;
  };
  const play = (from) => {
    if (video) {
      video.currentTime = from;
      video.play().catch(() => {});
      video.focus();
    } else if (link) {
      const frame = document.createElement("iframe");
      frame.src = link.dataset.player.replace("START", String(Math.floor(from)));
      frame.title = link.dataset.title;
      frame.allow = "autoplay; fullscreen; picture-in-picture; encrypted-media";
      stage.replaceChildren(frame);
      frame.focus();
    }
  };
  const start = second(location.hash) || second(location.search);
  if (video && start) {
    video.addEventListener("loadedmetadata", () => { video.currentTime = start; }, { once: true });
  }
  document.addEventListener("click", (event) => {
    const at = event.target.closest("a[data-second], a[data-player]");
    if (!at || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (at.dataset.second && !video && !link && !stage.querySelector("iframe")) return;
    event.preventDefault();
    play(at.dataset.second ? Number(at.dataset.second) : start);
  });
})();
