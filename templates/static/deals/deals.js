// The board: cards are dragged from column to column; what became of it is told below the filters.
(() => {
  "use strict";
  const told = document.getElementById("d-told");

  const tell = (text, bad) => {
    if (!told) return;
    told.textContent = text;
    told.classList.toggle("is-bad", Boolean(bad));
  };

  // The board as it is comes with a refusal too: it is shown instead of what was dragged.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if ([409, 422].includes(event.detail.xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  document.addEventListener("deals:told", (event) => {
    tell(event.detail.text, event.detail.bad);
    if (document.activeElement !== document.body && document.activeElement) return;
    const menu = document.getElementById(`menu-${event.detail.deal}`);
    if (menu) menu.focus({ preventScroll: true });
  });

  const move = (event) => {
    const { item, from, to, oldIndex } = event;
    if (from === to) return;
    const back = () => from.insertBefore(item, from.children[oldIndex] || null);
    item.classList.add("is-moving");
    const failed = (problem) => {
      document.removeEventListener("htmx:sendError", failed);
      if (problem && !item.isConnected) return;
      item.classList.remove("is-moving");
      back();
      tell(document.getElementById("d-board").dataset.failed || "", true);
    };
    document.addEventListener("htmx:sendError", failed, { once: true });
    const values = { stage: to.dataset.stage, seen: from.dataset.stage };
    Promise.resolve(htmx.ajax("POST", item.dataset.move, { target: "#d-board", swap: "outerHTML", values }))
      .then(() => document.removeEventListener("htmx:sendError", failed), () => {});
  };

  const arm = () => {
    const board = document.getElementById("d-board");
    if (!board || !("editable" in board.dataset) || board.dataset.armed) return;
    board.dataset.armed = "yes";
    for (const list of board.querySelectorAll(".d-cards")) {
      Sortable.create(list, {
        group: "deals",
        draggable: ".d-card",
        sort: false,
        animation: 150,
        delay: 150,
        delayOnTouchOnly: true,
        filter: ".d-menu *, .d-menu",
        preventOnFilter: false,
        ghostClass: "is-ghost",
        onStart: () => board.classList.add("is-dragging"),
        onEnd: (event) => { board.classList.remove("is-dragging"); move(event); },
      });
    }
  };
  document.addEventListener("htmx:afterSettle", arm);
  arm();

  // Filters take effect as they are chosen.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-auto]");
    if (form && event.target.matches("select")) form.requestSubmit();
  });

  // One menu at a time; Escape and a click elsewhere close it.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".d-menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(".d-menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
})();
