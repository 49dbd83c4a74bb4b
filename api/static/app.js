// The little that pages cannot do without a script; every form works without it too.
"use strict";

for (const input of document.querySelectorAll("input[data-select]")) {
  input.addEventListener("focus", () => input.select());
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = "Copied";
  });
}

// A date without a time zone is the reader's own; the server is told how far ahead that is.
for (const input of document.querySelectorAll("input[data-now]")) {
  if (!input.value) {
    const now = new Date();
    now.setMinutes(now.getMinutes() - now.getTimezoneOffset(), 0, 0);
    input.value = now.toISOString().slice(0, 16);
  }
  const offset = document.querySelector(`input[data-offset-of="${input.name}"]`);
  input.form.addEventListener("submit", () => {
    offset.value = String(-new Date(input.value).getTimezoneOffset());
  });
}

// The server says moments in UTC; the reader's own clock is easier to read.
for (const time of document.querySelectorAll("time[data-moment]")) {
  const words = { dateStyle: "long", timeStyle: "short" };
  time.textContent = new Date(time.dateTime).toLocaleString("en-GB", words);
}
