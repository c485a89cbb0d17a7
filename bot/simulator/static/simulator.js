// Keeps the page live: asks for it every second with an ETag and changes only what changed, so that a screen reader
// hears new texts alone and the reader's place in the thread is kept. Without this script every form still works.
(() => {
  "use strict";
  const main = document.querySelector("main[data-live]");
  const thread = document.getElementById("thread");
  const list = document.getElementById("texts");
  const compose = document.getElementById("compose");
  const box = document.getElementById("body");
  const status = document.getElementById("status");
  let tag = null;

  const atEnd = () => thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;
  const toEnd = () => { thread.scrollTop = thread.scrollHeight; };

  function mergeTexts(html) {
    const fresh = document.createElement("ol");
    fresh.innerHTML = html;
    const stay = atEnd();
    let added = false;
    document.getElementById("text-none")?.remove();
    for (const item of [...fresh.children]) {
      const old = document.getElementById(item.id);
      if (!old) {
        list.append(item);
        added = true;
      } else if (old.innerHTML !== item.innerHTML) {
        old.innerHTML = item.innerHTML;
      }
    }
    if (added && stay) toEnd();
  }

  // A part is left alone while somebody is in it with the keyboard and it has not changed.
  function replacePart(id, html) {
    const part = document.getElementById(id);
    if (part.dataset.html === html) return;
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.innerHTML = html;
    part.dataset.html = html;
    if (focused) document.getElementById(focused)?.focus();
  }

  function show(parts) {
    mergeTexts(parts.texts);
    replacePart("people", parts.people);
    replacePart("clock", parts.clock);
  }

  async function refresh() {
    try {
      const answer = await fetch(main.dataset.live, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
      if (answer.status === 200) {
        tag = answer.headers.get("ETag");
        show(await answer.json());
      }
      status.textContent = answer.ok || answer.status === 304 ? "" : "The server answered with an error. Trying again.";
    } catch {
      status.textContent = "No answer from the server. Is it still running? Trying again.";
    }
  }

  async function post(form, button) {
    const data = new FormData(form);
    if (button?.name) data.append(button.name, button.value);
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(data), headers: { Accept: "application/json" },
    });
    status.textContent = answer.ok ? "" : (await answer.text()) || "That did not work.";
    await refresh();
    return answer.ok;
  }

  compose.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = event.submitter?.name === "body";
    if (!chosen && !box.value.trim()) return;
    const form = chosen ? Object.assign(document.createElement("form"), { action: compose.action }) : compose;
    if (chosen) form.append(compose.elements.phone.cloneNode());
    const sent = box.value;
    try {
      if (await post(form, chosen ? event.submitter : null)) {
        if (!chosen && box.value === sent) box.value = ""; // the next text may have been begun by now
        toEnd();
      }
    } catch {
      status.textContent = "Not sent: no answer from the server. Your text is still in the box.";
    }
    box.focus();
  });

  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      compose.requestSubmit();
    }
  });

  document.getElementById("clock").addEventListener("submit", (event) => {
    event.preventDefault();
    post(event.target, event.submitter).catch(() => { status.textContent = "No answer from the server."; });
  });

  toEnd();
  setInterval(refresh, 1000);
})();
