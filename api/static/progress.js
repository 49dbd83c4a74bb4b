// Follows an analysis live; a page without a script renews itself instead.
"use strict";

// `show` gets each change as {status, title, note, share}. Returns what ends the watching.
function watchProgress(address, show) {
  const source = new EventSource(address);
  source.addEventListener("message", (event) => {
    const progress = JSON.parse(event.data);
    if (progress.status === "done" || progress.status === "failed") source.close();
    show(progress);
  });
  return () => source.close();
}

function showShare(bar, share) {
  if (share === null) bar.removeAttribute("value");
  else bar.value = share;
}

for (const box of document.querySelectorAll("[data-events]")) {
  const [title, note, bar] = ["h2", ".what", "progress"].map((name) => box.querySelector(name));
  watchProgress(box.dataset.events, (progress) => {
    if (progress.status === "done" || progress.status === "failed") {
      location.reload();
      return;
    }
    if (title.textContent !== progress.title) title.textContent = progress.title;
    note.textContent = progress.note;
    bar.hidden = progress.status !== "running";
    showShare(bar, progress.share);
  });
}
