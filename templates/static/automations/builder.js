// The canvas: selection, zoom, panning, picker, moving, and the state of the form in the panel.
(() => {
  "use strict";
  // What goes wrong is told by htmx's events; the promise has nothing to add.
  const ajax = (...request) => Promise.resolve(htmx.ajax(...request)).catch(() => {});
  const builder = document.getElementById("builder");
  if (!builder) return;
  const $ = (id) => document.getElementById(id);
  const viewport = $("viewport"), board = $("board"), stage = $("stage"), panel = $("panel-body"), picker = $("picker");
  const texts = $("texts").dataset;
  const base = builder.dataset.base;
  const narrow = window.matchMedia("(max-width: 820px)");
  let selected = new URLSearchParams(location.search).get("card") || "";
  let moving = null;

  const cardOf = (key) => board.querySelector(`.card[data-key="${CSS.escape(key)}"]`);
  const openPanel = (open) => stage.classList.toggle("is-wide", !open);

  // --- Selection -------------------------------------------------------------------------------
  const mark = () => {
    board.querySelectorAll(".card").forEach((card) => {
      const on = card.dataset.key === selected;
      card.classList.toggle("is-selected", on);
      card.querySelector(".card-main").setAttribute("aria-pressed", on);
    });
  };
  const select = (key) => {
    selected = key;
    const url = new URL(location.href);
    if (key) url.searchParams.set("card", key); else url.searchParams.delete("card");
    history.replaceState(null, "", url);
    mark();
  };
  const reveal = (card) => {
    const box = card.getBoundingClientRect(), view = viewport.getBoundingClientRect();
    const covered = narrow.matches && !stage.classList.contains("is-wide") ? $("panel").offsetHeight : 0;
    if (box.top < view.top + 20 || box.bottom > view.bottom - covered - 20 || box.left < view.left + 10 || box.right > view.right - 10) {
      const smooth = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
      viewport.scrollBy({
        left: box.left + box.width / 2 - (view.left + view.width / 2),
        top: box.top + box.height / 2 - (view.top + (view.height - covered) / 2),
        behavior: smooth,
      });
    }
  };
  const showCard = (key) => {
    const card = cardOf(key);
    if (!card) return;
    select(key);
    openPanel(true);
    ajax("GET", `${base}${card.dataset.kind}/${key}/`, { source: panel, target: panel, swap: "innerHTML" });
    reveal(card);
  };
  builder.addEventListener("click", (event) => {
    const target = event.target;
    const opener = target.closest("[data-select]");
    if (opener) { select(opener.dataset.select); openPanel(true); }
    if (target.closest("[data-deselect]")) { select(""); openPanel(true); }
    if (target.closest("[data-close-panel]")) { openPanel(false); select(""); }
    const jump = target.closest("[data-goto]");
    if (jump) { event.preventDefault(); showCard(jump.dataset.goto); }
    if (target.closest("a[href='#']")) event.preventDefault();
    if (target.closest("[data-toggle-navigation]")) toggleNavigation();
    if (!target.closest(".menu")) builder.querySelectorAll(".menu[open]").forEach((menu) => menu.removeAttribute("open"));
    else if (target.closest(".menu-item")) target.closest(".menu").removeAttribute("open");
  });
  builder.addEventListener("toggle", (event) => {
    if (!event.target.matches(".menu") || !event.target.open) return;
    builder.querySelectorAll(".menu[open]").forEach((menu) => { if (menu !== event.target) menu.removeAttribute("open"); });
    const card = event.target.closest(".card");
    board.querySelectorAll(".card").forEach((other) => { other.style.zIndex = other === card ? 20 : ""; });
  }, true);
  const toggleNavigation = () => {
    const data = window.Alpine && window.Alpine.$data(document.body);
    if (!data) return;
    if (window.innerWidth >= 1280) data.sidebarDesktopOpen = !data.sidebarDesktopOpen;
    else data.sidebarMobileOpen = !data.sidebarMobileOpen;
  };
  // A go-to shows where it leads.
  const point = (event, on) => {
    const from = event.target.closest && event.target.closest(".card");
    if (!from) return;
    from.querySelectorAll("[data-target]").forEach((link) => {
      const card = cardOf(link.dataset.target);
      if (card) card.classList.toggle("is-target", on);
    });
  };
  for (const [name, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
    board.addEventListener(name, (event) => point(event, on));
  }

  // --- Zoom and panning -------------------------------------------------------------------------
  let zoom = 1;
  const setZoom = (value, x, y) => {
    const view = viewport.getBoundingClientRect();
    const px = x === undefined ? view.width / 2 : x - view.left, py = y === undefined ? view.height / 2 : y - view.top;
    const next = Math.min(1.5, Math.max(0.25, value));
    const left = (viewport.scrollLeft + px) / zoom, top = (viewport.scrollTop + py) / zoom;
    zoom = next;
    board.style.setProperty("--zoom", zoom);
    viewport.scrollTo(left * zoom - px, top * zoom - py);
    $("zoom-level").textContent = `${Math.round(zoom * 100)} %`;
  };
  const fit = () => {
    const flow = board.querySelector(".flow");
    const size = Math.min(viewport.clientWidth / (flow.scrollWidth || 1), viewport.clientHeight / (flow.scrollHeight - 90 || 1), 1);
    setZoom(Math.max(size, 0.25));
    center();
  };
  const center = () => viewport.scrollTo((viewport.scrollWidth - viewport.clientWidth) / 2, 0);
  builder.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (!button) return;
    ({ in: () => setZoom(zoom * 1.2), out: () => setZoom(zoom / 1.2), reset: () => setZoom(1), fit })[button.dataset.zoom]();
  });
  viewport.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    setZoom(zoom * Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
  }, { passive: false });
  let pan = null;
  viewport.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button > 1 || event.target.closest(".card, button, a, .menu")) return;
    pan = { x: event.clientX, y: event.clientY, left: viewport.scrollLeft, top: viewport.scrollTop };
    viewport.setPointerCapture(event.pointerId);
    viewport.classList.add("is-panning");
  });
  viewport.addEventListener("pointermove", (event) => {
    if (pan) viewport.scrollTo(pan.left - event.clientX + pan.x, pan.top - event.clientY + pan.y);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    viewport.addEventListener(name, () => { pan = null; viewport.classList.remove("is-panning"); });
  }

  // --- Picker -----------------------------------------------------------------------------------
  const choices = () => [...picker.querySelectorAll(".choice:not([hidden])")];
  const activate = (choice) => {
    picker.querySelectorAll(".choice.is-active").forEach((other) => { other.classList.remove("is-active"); other.setAttribute("aria-selected", "false"); });
    if (!choice) return;
    choice.classList.add("is-active");
    choice.setAttribute("aria-selected", "true");
    choice.scrollIntoView({ block: "nearest" });
    picker.querySelector(".picker-search").setAttribute("aria-activedescendant", choice.id);
  };
  const filter = () => {
    const words = picker.querySelector(".picker-search").value.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
    picker.querySelectorAll(".choice").forEach((choice) => { choice.hidden = !words.every((word) => choice.dataset.words.includes(word)); });
    picker.querySelectorAll("[data-group-of-choices]").forEach((group) => { group.hidden = !group.querySelector(".choice:not([hidden])"); });
    picker.querySelector(".picker-nothing").hidden = choices().length > 0;
    activate(choices().find((choice) => choice.getAttribute("aria-disabled") !== "true"));
  };
  picker.addEventListener("input", filter);
  picker.addEventListener("click", (event) => { if (event.target === picker) picker.close(); });
  picker.addEventListener("mousemove", (event) => { const choice = event.target.closest(".choice"); if (choice && !choice.matches(".is-active")) activate(choice); });
  picker.addEventListener("keydown", (event) => {
    const list = choices(), at = list.findIndex((choice) => choice.matches(".is-active"));
    const columns = list.length && list[0].parentElement.clientWidth > list[0].offsetWidth * 1.5 ? 2 : 1;
    const step = { ArrowDown: columns, ArrowUp: -columns, ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const sideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
    if (step && !(sideways && picker.querySelector(".picker-search").value)) {
      event.preventDefault();
      const wanted = at + step;
      activate(list[Math.max(0, Math.min(list.length - 1, wanted))]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (list[at] && list[at].getAttribute("aria-disabled") !== "true") list[at].click();
    }
  });

  // --- Moving a step: by menu and keyboard, or by dragging -----------------------------------------
  const startMove = (key) => {
    const card = cardOf(key);
    if (!card) return;
    const parents = Object.fromEntries([...board.querySelectorAll(".card[data-kind=steps]")].map((c) => [c.dataset.key, c.dataset.parent]));
    const takesAlong = Number(card.dataset.arms) > 1;
    const below = (parent) => { for (let at = parent; at; at = parents[at]) if (at === key) return true; return false; };
    board.querySelectorAll("[data-edge]").forEach((edge) => {
      const { parent, arm } = edge.dataset;
      const same = parent === card.dataset.parent && arm === card.dataset.arm;
      const behind = parent === key || (takesAlong && below(parent));
      const ends = !edge.classList.contains("is-end") && Number(card.dataset.arms) === 0;
      edge.classList.toggle("may-drop", !same && !behind && !ends);
    });
    moving = key;
    builder.classList.add("is-moving");
    $("moving").hidden = false;
  };
  const endMove = () => {
    moving = null;
    builder.classList.remove("is-moving");
    $("moving").hidden = true;
    board.querySelectorAll(".is-over, .is-dragging").forEach((node) => node.classList.remove("is-over", "is-dragging"));
  };
  const drop = (edge) => {
    const key = moving;
    endMove();
    ajax("POST", `${base}steps/${key}/move/`, { source: builder, swap: "none", values: { parent: edge.dataset.parent, arm: edge.dataset.arm } });
  };
  builder.addEventListener("click", (event) => {
    const mover = event.target.closest("[data-move]");
    if (mover) { startMove(mover.dataset.move); if (narrow.matches) openPanel(false); const first = board.querySelector(".may-drop .plus"); if (first) first.focus({ preventScroll: true }); }
    if (event.target.closest("[data-cancel-move]")) endMove();
  });
  board.addEventListener("click", (event) => {
    const edge = moving && event.target.closest(".may-drop");
    if (!edge) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    drop(edge);
  }, true);
  board.addEventListener("dragstart", (event) => {
    const card = event.target.closest(".card[draggable=true]");
    if (!card) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.dataset.key);
    setTimeout(() => { card.classList.add("is-dragging"); startMove(card.dataset.key); });
  });
  board.addEventListener("dragover", (event) => {
    const edge = nearest(event);
    board.querySelectorAll(".is-over").forEach((node) => { if (node !== edge) node.classList.remove("is-over"); });
    if (!edge) return;
    event.preventDefault();
    edge.classList.add("is-over");
  });
  board.addEventListener("drop", (event) => {
    const edge = nearest(event);
    if (moving && edge) { event.preventDefault(); drop(edge); }
  });
  board.addEventListener("dragend", endMove);
  // The drop zone is wider than the edge: the nearest one within reach takes it.
  const nearest = (event) => {
    let best = null, distance = 90;
    for (const edge of board.querySelectorAll(".may-drop")) {
      const box = edge.querySelector(".plus").getBoundingClientRect();
      const away = Math.hypot((box.left + box.right) / 2 - event.clientX, (box.top + box.bottom) / 2 - event.clientY);
      if (away < distance) { best = edge; distance = away; }
    }
    return best;
  };

  // --- Keyboard --------------------------------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, textarea, select, [contenteditable]");
    const command = event.ctrlKey || event.metaKey;
    if (event.key === "Escape" && moving) { endMove(); return; }
    if (picker.open || typing) return;
    if (command && event.key.toLowerCase() === "z") { event.preventDefault(); $(event.shiftKey ? "bar-redo" : "bar-undo")?.click(); }
    else if (command && event.key.toLowerCase() === "y") { event.preventDefault(); $("bar-redo")?.click(); }
    else if (event.key === "Escape") { openPanel(false); select(""); }
    else if (!command && (event.key === "+" || event.key === "=")) setZoom(zoom * 1.2);
    else if (!command && event.key === "-") setZoom(zoom / 1.2);
    else if (!command && event.key === "0") fit();
    else if (["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"].includes(event.key)) walk(event);
    else if (event.key === "Delete" && selected && builder.dataset.canEdit !== undefined) {
      cardOf(selected)?.querySelector(".menu-item.is-bad")?.click();
    }
  });
  // Arrow keys go from card to card, by where they are on the screen.
  const walk = (event) => {
    const from = document.activeElement.closest && document.activeElement.closest(".card");
    if (!from) return;
    const a = from.getBoundingClientRect();
    const dx = { ArrowLeft: -1, ArrowRight: 1 }[event.key] || 0, dy = { ArrowUp: -1, ArrowDown: 1 }[event.key] || 0;
    let best = null, cost = Infinity;
    for (const card of board.querySelectorAll(".card")) {
      if (card === from) continue;
      const b = card.getBoundingClientRect();
      const x = b.left + b.width / 2 - a.left - a.width / 2, y = b.top + b.height / 2 - a.top - a.height / 2;
      const along = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (along > 8 && along + aside * 2 < cost) { best = card; cost = along + aside * 2; }
    }
    if (best) { event.preventDefault(); best.querySelector(".card-main").focus({ preventScroll: true }); reveal(best); }
  };

  // --- Answers ---------------------------------------------------------------------------------------
  const toast = (text, bad) => {
    const node = Object.assign(document.createElement("div"), { className: bad ? "toast is-bad" : "toast", textContent: text });
    $("toasts").replaceChildren(node);
    setTimeout(() => node.remove(), bad ? 8000 : 4500);
  };
  const formState = (text, tone) => {
    const node = panel.querySelector("[data-form-state]");
    if (node) { node.textContent = text; node.className = `form-state ${tone || ""}`; }
  };
  document.addEventListener("builder:toast", (event) => toast(event.detail.text, event.detail.bad));
  document.addEventListener("builder:select", (event) => {
    select(event.detail.key);
    if (event.detail.key && picker.open) { const card = cardOf(event.detail.key); if (card) reveal(card); }
    if (event.detail.panel) openPanel(true);
    else if (!event.detail.key) {
      // What the panel showed is gone.
      openPanel(!narrow.matches);
      ajax("GET", `${base}metrics/`, { source: panel, target: panel, swap: "innerHTML" });
    }
    if (picker.open) picker.close();
  });
  document.addEventListener("builder:reload", () => {
    const card = selected && cardOf(selected);
    if (card) showCard(selected);
    else if (selected) { select(""); ajax("GET", `${base}metrics/`, { source: panel, target: panel, swap: "innerHTML" }); }
  });
  document.addEventListener("builder:form", (event) => {
    const { key, saved, wrong = {}, missing = {} } = event.detail;
    const form = panel.querySelector(`form[data-form="${CSS.escape(key)}"]`);
    if (!form) return;
    for (const box of form.querySelectorAll("[data-field]")) {
      if (box.closest("[data-condition]")) continue;
      const name = box.dataset.field;
      box.classList.toggle("is-wrong", name in wrong);
      box.classList.toggle("is-missing", name in missing);
      const slot = box.querySelector(":scope > [data-error]");
      if (slot) slot.textContent = (wrong[name] || []).join(" ");
    }
    const whole = form.querySelector("[data-error-form]");
    if (whole) whole.textContent = (wrong.__all__ || []).join(" ");
    if (!saved) formState(texts.unsaved, "is-bad");
    else if (Object.keys(missing).length) {
      const names = Object.keys(missing).map((name) => form.querySelector(`[data-field="${CSS.escape(name)}"] .field-label`)?.textContent.trim() || name);
      formState(`${texts.incomplete} ${names.join(", ")}`, "is-missing");
    } else formState(texts.saved);
  });

  // Focus and scroll survive a redrawn canvas; what has the focus is found again by its id.
  let focused = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    focused = document.activeElement ? document.activeElement.id : "";
    if (event.detail.elt.matches("form[data-form]")) formState(texts.saving);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target && event.detail.target.id === "picker-body" && !picker.open) {
      picker.showModal();
      filter();
      picker.querySelector(".picker-search").focus();
    }
    mark();
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    mark();
    if (document.activeElement === document.body && focused) $(focused)?.focus({ preventScroll: true });
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === panel) { if (!narrow.matches) openPanel(true); }
  });
  for (const name of ["htmx:sendError", "htmx:responseError"]) {
    document.addEventListener(name, (event) => {
      if (event.detail.xhr && event.detail.xhr.status === 422) return;
      toast(texts.failed, true);
      formState(texts.unsaved, "is-bad");
    });
  }
  window.addEventListener("beforeunload", (event) => {
    if (panel.querySelector(".form-state.is-bad")) event.preventDefault();
  });

  // --- Start -------------------------------------------------------------------------------------------
  if (narrow.matches) { openPanel(false); }
  requestAnimationFrame(() => {
    if (narrow.matches) setZoom(0.8);
    center();
    // With a card in the address the page leaves the panel to us: two answers would race for it.
    if (selected && cardOf(selected)) showCard(selected);
    else if (selected) ajax("GET", `${base}metrics/`, { source: panel, target: panel, swap: "innerHTML" });
    mark();
  });
})();
