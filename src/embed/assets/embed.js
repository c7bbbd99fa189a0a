"use strict";
// Loads the player inside the page instead of navigating to it, and seeks to the start time of the URL or link.
(() => {
  const container = document.querySelector(".player");
  const video = document.querySelector("video");
  const playLink = document.querySelector("a[data-player]");
  const parseStartTime = (text) => {
    const match = /[#&?](?:t|start)=(\d+(?:\.\d+)?)/.exec(text);
    return match ? Number(match[1]) : 0;
  };
  const play = (from) => {
    if (video) {
      video.currentTime = from;
      video.play().catch(() => {});
      video.focus();
    } else if (playLink) {
      const frame = document.createElement("iframe");
      frame.src = playLink.dataset.player.replace("START", String(Math.floor(from)));
      frame.title = playLink.dataset.title;
      frame.allow = "autoplay; fullscreen; picture-in-picture; encrypted-media";
      container.replaceChildren(frame);
      frame.focus();
    }
  };
  const start = parseStartTime(location.hash) || parseStartTime(location.search);
  if (video && start) {
    video.addEventListener("loadedmetadata", () => { video.currentTime = start; }, { once: true });
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-second], a[data-player]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (link.dataset.second && !video && !playLink && !container.querySelector("iframe")) return;
    event.preventDefault();
    play(link.dataset.second ? Number(link.dataset.second) : start);
  });
})();
