// Uploads in parts after the tus protocol: several files in turn, taken up again after a cut
// connection or a reload. Without a script, the form sends its files in one piece.
"use strict";

const SLICE = 8 * 2 ** 20; // Bytes in one request.
const LONGEST_WAIT = 30; // Seconds between two attempts on a broken connection.
const WATCHED = 3; // Browsers keep six connections to one server, and pages need some.
const TUS = { "Tus-Resumable": "1.0.0" };

// What trying again would not mend.
class Refused extends Error {}
class Stopped extends Error {}

const form = document.querySelector("form[data-resumable]");
const sent = document.getElementById("sent");
const unfinished = document.getElementById("unfinished");
const waiting = [];
const toWatch = [];
let sending = null;
let watching = 0;

function coded(values) {
  const bytes = (text) => String.fromCharCode(...new TextEncoder().encode(text));
  return Object.entries(values).map(([name, text]) => `${name} ${btoa(bytes(text))}`.trim()).join(",");
}

function request(method, address, headers, body, watch) {
  const asked = new XMLHttpRequest();
  const answer = new Promise((resolve, reject) => {
    asked.open(method, address);
    for (const [name, value] of Object.entries({ ...TUS, ...headers })) {
      asked.setRequestHeader(name, value);
    }
    if (watch) asked.upload.addEventListener("progress", (event) => watch(event.loaded));
    asked.addEventListener("load", () => resolve(asked));
    asked.addEventListener("error", () => reject(new Error("no connection")));
    asked.addEventListener("abort", () => reject(new Stopped()));
    asked.send(body);
  });
  return { answer, stop: () => asked.abort() };
}

// An answer that is right, or an error that says whether it is worth trying again.
function checked(answer) {
  if (answer.status < 300) return answer;
  if (answer.status === 409 || answer.status === 423 || answer.status === 429 || answer.status >= 500) throw new Error("try again");
  if (answer.status === 401) throw new Refused("You were signed out. Sign in in another tab, then choose the file again.");
  let said = "The server did not take it.";
  try {
    const problem = JSON.parse(answer.responseText);
    said = `${problem.title}: ${problem.detail}`;
  } catch { /* A proxy on the way answered, not the service. */ }
  throw new Refused(said);
}

function pause(seconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, 1000 * seconds);
    addEventListener("online", resolve, { once: true });
  });
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

// One file on its way, and its line on the page.
class Transfer {
  constructor(file, metadata, row, address = null) {
    Object.assign(this, { file, metadata, row, address, stopped: false, current: null });
    this.bar = row.querySelector("progress");
    this.state = row.querySelector(".state");
    this.actions = row.querySelector(".actions");
    row.querySelector(".file").textContent = file.name;
    this.bar.setAttribute("aria-label", `Share of ${file.name} that arrived`);
    this.say("Waiting for its turn");
  }

  say(text) {
    if (this.state.textContent !== text) this.state.textContent = text;
  }

  show(bytes) {
    this.bar.value = this.file.size ? bytes / this.file.size : 0;
    const share = Math.floor(20 * this.bar.value) * 5; // A reader aloud must not hear every byte.
    this.say(`Uploading, ${share} % of ${size(this.file.size)}`);
  }

  ask(method, address, headers, body, watch) {
    this.current = request(method, address, headers, body, watch);
    return this.current.answer.then(checked);
  }

  async create() {
    const headers = { "Upload-Length": this.file.size, "Upload-Metadata": coded(this.metadata) };
    this.address = (await this.ask("POST", "/uploads", headers)).getResponseHeader("Location");
    return 0;
  }

  async arrived() {
    const answer = await this.ask("HEAD", this.address, {});
    return Number(answer.getResponseHeader("Upload-Offset"));
  }

  // Sends one slice; returns where the next begins, or the meeting's address after the last.
  async slice(at) {
    const headers = { "Upload-Offset": at, "Content-Type": "application/offset+octet-stream" };
    const part = this.file.slice(at, at + SLICE);
    if (at + part.size === this.file.size) this.actions.hidden = true; // It is looked at now.
    const answer = await this.ask("PATCH", this.address, headers, part, (n) => this.show(at + n));
    return answer.getResponseHeader("Coachscore-Meeting") ?? Number(answer.getResponseHeader("Upload-Offset"));
  }

  async send() {
    for (let failures = 0; ;) {
      try {
        let at = this.address ? await this.arrived() : await this.create();
        while (typeof at === "number") {
          this.show(at);
          at = await this.slice(at);
          failures = 0;
        }
        return at;
      } catch (error) {
        if (error instanceof Refused || error instanceof Stopped) throw error;
        if (this.stopped) throw new Stopped();
        this.say("The connection is broken. It goes on by itself as soon as there is one.");
        await pause(Math.min(LONGEST_WAIT, 2 ** failures++));
        if (this.stopped) throw new Stopped();
      }
    }
  }

  async run() {
    try {
      this.uploaded(await this.send());
    } catch (error) {
      if (error instanceof Stopped) await this.discarded();
      else if (error instanceof Refused) this.refused(error.message);
      else throw error;
    }
  }

  stop() {
    this.stopped = true;
    this.current?.stop();
  }

  async discarded() {
    if (this.address) await request("DELETE", this.address, {}).answer.catch(() => null);
    this.row.remove();
  }

  refused(message) {
    this.row.classList.add("bad");
    this.bar.hidden = true;
    this.actions.hidden = true;
    this.say(message);
  }

  uploaded(meeting) {
    this.actions.hidden = true;
    const link = document.createElement("a");
    link.href = meeting;
    link.textContent = this.file.name;
    this.row.querySelector(".file").replaceChildren(link);
    this.bar.setAttribute("aria-label", `Share of the present step for ${this.file.name}`);
    this.bar.removeAttribute("value");
    this.say("Uploaded. It is analysed next; you may leave this page.");
    toWatch.push([meeting, this]);
    watchNext();
  }

  analysed(progress) {
    const over = progress.status === "done" || progress.status === "failed";
    this.bar.hidden = progress.status !== "running";
    showShare(this.bar, progress.share);
    this.row.classList.toggle("bad", progress.status === "failed");
    this.say(over && !progress.note ? progress.title : `${progress.title}. ${progress.note}`.trim());
    if (over) {
      watching -= 1;
      watchNext();
    }
  }
}

function watchNext() {
  while (watching < WATCHED && toWatch.length) {
    const [meeting, transfer] = toWatch.shift();
    watching += 1;
    watchProgress(`${meeting}/events`, (progress) => transfer.analysed(progress));
  }
}

async function sendNext() {
  if (sending) return;
  while ((sending = waiting.shift())) {
    if (sending.stopped) await sending.discarded();
    else await sending.run();
  }
}

function details() {
  const held = form.elements.held_at.value;
  return {
    coachee: form.elements.coachee.value,
    kind: form.elements.kind.value,
    held_at: new Date(held).toISOString(),
    consent: String(form.elements.consent.checked),
  };
}

// The line of an upload that began before the page was loaded, if this is the same file.
function begun(file) {
  const rows = unfinished?.querySelectorAll("li[data-upload]") ?? [];
  return [...rows].find((row) => matches(row, file));
}

function matches(row, file) {
  const { size: bytes, modified } = row.dataset;
  return Number(bytes) === file.size && Number(modified) === file.lastModified && row.querySelector(".file").textContent === file.name;
}

function queue(file, about) {
  const row = document.getElementById("transfer").content.cloneNode(true).firstElementChild;
  sent.hidden = false;
  sent.querySelector("ul").append(row);
  const old = begun(file);
  const metadata = { filename: file.name, modified: String(file.lastModified), ...about };
  const transfer = new Transfer(file, metadata, row, old?.dataset.upload ?? null);
  row.querySelector("[data-stop]").addEventListener("click", () => transfer.stop());
  old?.remove();
  tidy();
  waiting.push(transfer);
}

function tidy() {
  if (unfinished) unfinished.hidden = !unfinished.querySelector("li");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  for (const file of form.elements.files.files) queue(file, details());
  form.elements.files.value = "";
  document.getElementById("sent-title").focus();
  sendNext();
});

// Files may be dropped anywhere on the page; beside the field they would replace it.
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    form.classList.toggle("dropping", name === "dragenter" || name === "dragover");
    if (name === "drop") form.elements.files.files = event.dataTransfer.files;
  });
}

for (const row of unfinished?.querySelectorAll("li[data-upload]") ?? []) {
  row.querySelector(".chooser").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file && matches(row, file)) queue(file, {});
    else if (file) row.querySelector(".state").textContent = `${file.name} is another file, or was changed since. Choose the same one, or upload it below as a new one.`;
    event.target.value = "";
    sendNext();
  });
  row.querySelector("[data-discard]").addEventListener("click", async () => {
    const answer = await request("DELETE", row.dataset.upload, {}).answer.catch(() => null);
    if (answer && answer.status < 500) row.remove();
    else row.querySelector(".state").textContent = "The server cannot be reached. Try again in a moment.";
    tidy();
  });
}
tidy();

// Leaving is safe, though somebody may want to wait for the rest.
addEventListener("beforeunload", (event) => {
  if (sending || waiting.length) event.preventDefault();
});
