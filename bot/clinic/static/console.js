// The console's own script. Every page works without it, but for what must update by itself.
(() => {
  "use strict";

  // Keys: `g` and a letter goes to a screen, `/` to the search of the page. Never while somebody writes.
  let afterG = 0;
  document.addEventListener("keydown", (event) => {
    const writes = event.target.closest("input, textarea, select, [contenteditable]");
    if (writes || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const search = document.querySelector("[type=search]");
      if (search) { event.preventDefault(); search.focus(); }
      return;
    }
    if (event.key === "g") { afterG = Date.now(); return; }
    if (Date.now() - afterG < 1500) {
      const place = document.querySelector(`.places a[data-key="${CSS.escape(event.key)}"]`);
      if (place) { event.preventDefault(); place.click(); }
      afterG = 0;
    }
  });

  // On a phone the screens' names run on beyond its edge: the one that is open is to be seen.
  const open = document.querySelector(".places [aria-current]");
  if (open) {
    const list = open.closest("ul");
    const middle = (box) => box.getBoundingClientRect().left + box.getBoundingClientRect().width / 2;
    list.scrollLeft += middle(open) - middle(list);
  }

  // What a part of the page has already is not sent again.
  document.addEventListener("htmx:configRequest", (event) => {
    const etag = event.detail.elt.dataset.etag;
    if (etag && event.detail.verb === "get") event.detail.headers["If-None-Match"] = etag;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const etag = event.detail.xhr.getResponseHeader("ETag");
    if (etag) event.detail.elt.dataset.etag = etag;
  });

  // A session that ends in the middle of a form takes nothing of it away: the page says so, waits until the same person
  // has signed in elsewhere, and goes on with the token of the new session. Where nobody has typed anything the sign-in
  // takes the place of the page, so that no patient stays on a screen without anybody before it.
  const ended = document.getElementById("session-ended");
  let isTyped = "typed" in document.body.dataset;
  document.addEventListener("input", (event) => {
    if (event.target.closest("main form[method=post]")) isTyped = true;
  });
  const goOn = async () => {
    const answer = await fetch(ended.dataset.session, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    const { person, token } = await answer.json();
    if (String(person) !== document.body.dataset.me) return;
    for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    ended.hidden = true;
  };
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (!ended) return;
    if (event.detail.xhr.status === 401 && isTyped) {
      event.preventDefault();
      ended.hidden = false;
    } else if (event.detail.xhr.status < 400 && !ended.hidden) {
      goOn().catch(() => { /* The network is away again: the next look asks once more. */ });
    }
  });

  // What asks before it happens says so in data-confirm.
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  // A button that prints the page.
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  // The badge of open alerts also stands in the title, and a new one sounds, where the browser lets it.
  // What the tab knows of goes with it from page to page, so that one which comes in between sounds too.
  const title = document.title;
  let known = null;
  const recall = (place) => {
    try {
      const kept = sessionStorage.getItem(place);
      if (kept !== null) known = Number(kept);
    } catch { /* A browser that keeps nothing: what this page knows has to do. */ }
  };
  const keep = (place) => {
    try { sessionStorage.setItem(place, known); } catch { /* The same. */ }
  };
  const Context = window.AudioContext || window.webkitAudioContext;
  const sound = () => {
    if (!Context) return;
    const context = new Context();
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.frequency.value = 880;
    loudness.gain.setValueAtTime(0.2, context.currentTime);
    loudness.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.6);
    tone.connect(loudness).connect(context.destination);
    tone.start();
    tone.stop(context.currentTime + 0.6);
    setTimeout(() => context.close(), 1000);
  };
  const heed = (part) => {
    const badge = part.querySelector("[data-newest]");
    const count = badge ? Number(badge.dataset.count) : 0;
    const newest = badge ? Number(badge.dataset.newest) : 0;
    document.title = count ? `(${count}) ${title}` : title;
    const place = `newest ${part.getAttribute("hx-get")}`;
    recall(place);
    const comes = known !== null && newest > known;
    known = Math.max(known ?? 0, newest);
    keep(place);
    if (comes) sound();
  };
  const alerts = document.getElementById("alert-badge");

  // No tab may sound in which nobody has pressed anything yet: the page says so until somebody does.
  const silent = document.getElementById("sound-off");
  if (silent && Context) {
    const probe = new Context();
    const look = () => {
      silent.hidden = probe.state !== "suspended";
      if (probe.state === "running") probe.close();
    };
    setTimeout(() => {
      look();
      probe.addEventListener("statechange", look);
    }, 500);
    for (const pressed of ["click", "keydown"]) {
      document.addEventListener(pressed, () => { if (probe.state === "suspended") probe.resume(); });
    }
    silent.addEventListener("click", sound);
  }

  if (alerts) heed(alerts);
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === alerts) heed(alerts);
  });

  // The time by which alerts ring, as the page and each part that asked again tell it: the browser's own may be wrong,
  // and a demo's clock jumps.
  let ahead = 0;
  const setClock = (now) => { if (now) ahead = Number(now) - Date.now(); };
  setClock(document.body.dataset.now);

  // Clocks that run: <time data-since="2026-01-01T00:00:00Z">; what shows itself at a moment: <span data-due="...">.
  const tick = () => {
    const now = Date.now() + ahead;
    for (const late of document.querySelectorAll("[data-due]")) late.hidden = now < Date.parse(late.dataset.due);
    for (const clock of document.querySelectorAll("time[data-since]")) {
      const seconds = Math.max(0, Math.floor((now - Date.parse(clock.dataset.since)) / 1000));
      const hours = Math.floor(seconds / 3600);
      const minutes = String(Math.floor((seconds % 3600) / 60)).padStart(hours ? 2 : 1, "0");
      clock.textContent = `${hours ? `${hours}:` : ""}${minutes}:${String(seconds % 60).padStart(2, "0")}`;
    }
  };
  tick();
  setInterval(tick, 1000);
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    setClock(event.detail.xhr.getResponseHeader("Immunotext-Now"));
    tick();
  });
  document.addEventListener("htmx:afterSwap", tick);
})();
