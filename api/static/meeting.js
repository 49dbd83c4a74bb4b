// The page of a meeting: filters without a reload, and sentences to be heard.
"use strict";

const talk = document.getElementById("transcript");
const filters = [...talk.querySelectorAll("[data-filter]")];

function show(name) {
  talk.dataset.show = name;
  for (const link of filters) {
    if (link.dataset.filter === name) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

for (const link of filters) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    const address = new URL(link.href);
    address.hash = "";
    history.pushState(null, "", address);
    show(link.dataset.filter);
  });
}
addEventListener("popstate", () => {
  const name = new URLSearchParams(location.search).get("show");
  show(filters.some((link) => link.dataset.filter === name) ? name : "all");
});

const player = document.getElementById("player");
if (player) {
  const lines = [...talk.querySelectorAll(".when[data-start]")];
  const starts = lines.map((line) => Number(line.dataset.start));
  let stop = Infinity;
  let current = null;

  const hear = (line) => {
    const begin = Number(line.dataset.start);
    stop = Number(line.dataset.end ?? Infinity);
    player.currentTime = begin;
    player.play().catch(() => {});
  };
  const mark = () => {
    const time = player.currentTime + 0.05;
    const line = lines[starts.findLastIndex((start) => start <= time)]?.closest("li") ?? null;
    if (line === current) return;
    current?.classList.remove("now");
    line?.classList.add("now");
    current = line;
  };

  for (const line of lines) {
    line.addEventListener("click", (event) => {
      event.preventDefault();
      hear(line);
    });
    const words = line.closest("li").querySelector(".words");
    words.classList.add("heard");
    words.addEventListener("click", () => {
      if (getSelection().isCollapsed) hear(line);
    });
  }
  player.addEventListener("timeupdate", () => {
    if (player.currentTime >= stop) {
      stop = Infinity;
      player.pause();
    }
    if (!player.paused) mark();
  });
  player.addEventListener("seeking", mark);
  player.addEventListener("error", () => {
    document.getElementById("player-problem").textContent =
      "This browser cannot play the recording. Its transcript is complete all the same.";
  });
}
