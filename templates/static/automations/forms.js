// Settings forms anywhere: fields that depend on others, chips for long choices, the conditions editor.
(() => {
  "use strict";
  // What goes wrong is told by htmx's events; the promise has nothing to add.
  const ajax = (...request) => Promise.resolve(htmx.ajax(...request)).catch(() => {});
  const form = (node) => node.closest("form") || document;

  // --- CSRF for every htmx request ------------------------------------------------------------
  document.addEventListener("htmx:configRequest", (event) => {
    const meta = document.querySelector("meta[name=csrf-token]");
    const input = document.querySelector("input[name=csrfmiddlewaretoken]");
    const token = meta ? meta.content : input ? input.value : "";
    if (token) event.detail.headers["X-CSRFToken"] = token;
  });

  // --- Dependent fields: data-depends names the other field, data-when its values ---------------
  const valueOf = (root, name) => {
    const found = [...root.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
    if (!found.length) return null;
    if (found[0].type === "radio") return (found.find((input) => input.checked) || {}).value || "";
    if (found[0].type === "checkbox") return found[0].checked ? "on" : "";
    return found[0].value;
  };
  const boxOf = (field) => field.closest("[data-field]") || field.closest(".form-row") || field.parentElement;
  const applyDepends = (root) => {
    for (const field of root.querySelectorAll("[data-depends]")) {
      const value = valueOf(form(field), field.dataset.depends);
      if (value === null) continue;
      // What depends on a field that is itself hidden is hidden too; they stand in that order.
      const other = form(field).querySelector(`[name="${CSS.escape(field.dataset.depends)}"]`);
      const gone = other.type !== "hidden" && boxOf(other).hidden;
      boxOf(field).hidden = gone || !field.dataset.when.split(" ").includes(value);
    }
  };

  // --- Controls that follow a contact field: data-follows on the value, data-controls on the field --------
  // Names, classes and values stay; whoever reads the form notices nothing.
  const named = (root, name) => root.querySelector(`[name="${CSS.escape(name)}"]`);
  const wanted = (root, rule) => {
    const source = named(root, rule.field);
    const controls = source && source.dataset.controls ? JSON.parse(source.dataset.controls) : {};
    const op = rule.op && named(root, rule.op) ? named(root, rule.op).value : "";
    if (rule.number.includes(op)) return { control: "number", choices: [] };
    const found = controls[source ? source.value : ""];
    if (!found || rule.text.includes(op) || (found.multiple && !rule.one_of_many)) return { control: "text", choices: [] };
    const control = rule.instead[found.control] || found.control;
    if (control === "choice") return { control: rule.suggest ? "text" : "choice", choices: found.choices };
    return { control: rule.suggest || !["date", "number"].includes(control) ? "text" : control, choices: [] };
  };
  const makeControl = (old, { control, choices }) => {
    const made = document.createElement(control === "choice" ? "select" : "input");
    for (const { name, value } of old.attributes) {
      if (!["type", "value", "step", "list", "maxlength"].includes(name)) made.setAttribute(name, value);
    }
    if (control === "choice") {
      const known = choices.some(([value]) => value === old.value);
      const rows = [["", "---"], ...choices, ...(old.value && !known ? [[old.value, old.value]] : [])];
      made.append(...rows.map(([value, text]) => new Option(text, value)));
    } else {
      made.type = control;
      if (control === "number") made.step = "any";
    }
    made.value = old.value;
    return made;
  };
  const applyFollows = (root, edited = false) => {
    for (const old of root.querySelectorAll("[data-follows]")) {
      const want = wanted(form(old), JSON.parse(old.dataset.follows));
      const key = JSON.stringify(want);
      if (old.dataset.control === key) continue;
      const plain = want.control === "text" && !want.choices.length;
      if (plain && old.matches("input[type=text]:not([list])")) { old.dataset.control = key; continue; }
      let made = makeControl(old, want);
      if (edited && want.control === "choice" && !want.choices.some(([value]) => value === old.value)) {
        made.querySelectorAll("option").forEach((option) => { if (option.value && !want.choices.some(([value]) => value === option.value)) option.remove(); });
        made.value = "";
      } else if (!edited && made.value !== old.value) {
        made = makeControl(old, { control: "text", choices: [] }); // what is saved is shown, whatever it is
      }
      made.dataset.control = key;
      if (want.control === "text" && want.choices.length) {
        const list = document.createElement("datalist");
        list.id = `${old.id}_choices`;
        list.append(...want.choices.map(([value, text]) => new Option(text, value)));
        made.setAttribute("list", list.id);
        (document.getElementById(list.id) || made).remove();
        old.after(list);
      }
      old.replaceWith(made);
    }
  };

  // --- Chips: a <select multiple> with a search ------------------------------------------------
  const makeChips = (select) => {
    if (select.dataset.chips || select.closest("[data-plain]")) return;
    select.dataset.chips = "on";
    select.hidden = true;
    const box = Object.assign(document.createElement("div"), { className: "chips" });
    const input = Object.assign(document.createElement("input"), {
      className: "chips-input", type: "text", autocomplete: "off", disabled: select.matches(":disabled"),
    });
    const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    input.setAttribute("aria-label", label ? label.textContent.trim() : select.name);
    input.setAttribute("role", "combobox");
    const list = Object.assign(document.createElement("div"), { className: "chips-list", hidden: true });
    list.setAttribute("role", "listbox");
    let active = 0;
    const changed = () => { draw(); select.dispatchEvent(new Event("change", { bubbles: true })); };
    const draw = () => {
      box.querySelectorAll(".chip").forEach((chip) => chip.remove());
      for (const option of select.selectedOptions) {
        const chip = Object.assign(document.createElement("span"), { className: "chip" });
        const text = Object.assign(document.createElement("span"), { textContent: option.text });
        const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
        remove.setAttribute("aria-label", `× ${option.text}`);
        remove.disabled = input.disabled;
        remove.addEventListener("click", (event) => { event.stopPropagation(); option.selected = false; changed(); input.focus(); });
        chip.append(text, remove);
        box.insertBefore(chip, input);
      }
    };
    const offer = () => {
      const word = input.value.trim().toLowerCase();
      const found = [...select.options].filter((o) => o.value && !o.selected && o.text.toLowerCase().includes(word)).slice(0, 60);
      active = Math.max(0, Math.min(active, found.length - 1));
      list.replaceChildren(...found.map((option, position) => {
        const item = Object.assign(document.createElement("button"), { type: "button", textContent: option.text, tabIndex: -1 });
        item.setAttribute("role", "option");
        item.classList.toggle("is-active", position === active);
        item.addEventListener("mousedown", (event) => { event.preventDefault(); take(option); });
        return item;
      }));
      if (!found.length) list.replaceChildren(Object.assign(document.createElement("p"), { textContent: "–" }));
      list.hidden = false;
      list._found = found;
    };
    const take = (option) => { option.selected = true; input.value = ""; changed(); offer(); };
    box.addEventListener("click", () => input.focus());
    input.addEventListener("focus", offer);
    input.addEventListener("blur", () => { list.hidden = true; });
    input.addEventListener("input", (event) => { event.stopPropagation(); active = 0; offer(); });
    input.addEventListener("change", (event) => event.stopPropagation());
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { active += event.key === "ArrowDown" ? 1 : -1; offer(); event.preventDefault(); }
      else if (event.key === "Enter") { event.preventDefault(); if (!list.hidden && list._found[active]) take(list._found[active]); }
      else if (event.key === "Escape" && !list.hidden) { list.hidden = true; event.stopPropagation(); }
      else if (event.key === "Backspace" && !input.value && select.selectedOptions.length) { [...select.selectedOptions].pop().selected = false; changed(); offer(); }
    });
    box.append(input, list);
    select.after(box);
    draw();
  };

  // --- Conditions ------------------------------------------------------------------------------
  const readCondition = (node) => {
    const result = { type: node.dataset.condition };
    for (const box of node.querySelectorAll("[data-name]")) {
      if (box.hidden) continue;
      const name = box.dataset.name;
      const controls = [...box.querySelectorAll(`[name="${CSS.escape(`${node.dataset.prefix}-${name}`)}"]`)];
      if (!controls.length) continue;
      const first = controls[0];
      if (first.multiple) result[name] = [...first.selectedOptions].map((option) => option.value);
      else if (first.type === "checkbox" && box.dataset.widget === "checkbox") result[name] = first.checked;
      else if (first.type === "checkbox") result[name] = controls.filter((c) => c.checked).map((c) => c.value);
      else if (first.type === "radio") result[name] = (controls.find((c) => c.checked) || {}).value || "";
      else result[name] = first.value;
    }
    return result;
  };
  const readGroup = (node) => ({
    match: node.querySelector(":scope > [data-group-head] [data-match]").value,
    conditions: [...node.querySelector(":scope > [data-items]").children].map((child) =>
      child.matches("[data-group]") ? readGroup(child) : readCondition(child)),
  });
  const rootOf = (editor) => editor.querySelector(":scope > [data-group]");
  const store = (editor, announce = true) => {
    const root = rootOf(editor);
    const tree = readGroup(root);
    root.querySelector(":scope > [data-group-head]").hidden = tree.conditions.length === 0;
    const value = tree.conditions.length ? JSON.stringify(tree) : "{}";
    const input = editor.querySelector("[data-conditions-value]");
    if (input.value === value && announce) return;
    input.value = value;
    check(editor);
    if (announce) input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const check = (editor) => {
    const state = editor.querySelector("[data-conditions-state]");
    ajax("POST", editor.dataset.checkUrl, {
      source: state, target: state, swap: "innerHTML", values: { tree: editor.querySelector("[data-conditions-value]").value, subject: editor.dataset.subject },
    });
  };
  const walk = (group, path, visit) => {
    [...group.querySelector(":scope > [data-items]").children].forEach((child, position) => {
      const place = [...path, position + 1];
      visit(child, place.join("."));
      if (child.matches("[data-group]")) walk(child, place, visit);
    });
  };
  const showPlaces = (state) => {
    const editor = state.closest("[data-conditions]");
    const bad = state.querySelector("[data-places]");
    const places = bad ? JSON.parse(bad.dataset.places) : {};
    walk(rootOf(editor), [], (node, place) => {
      if (!node.matches("[data-condition]")) return;
      const errors = places[place] || {};
      const touched = node.dataset.touched === "on";
      node.classList.toggle("is-wrong", touched && Object.keys(errors).length > 0);
      for (const box of node.querySelectorAll("[data-name]")) {
        box.querySelector("[data-error]").textContent = touched ? (errors[box.dataset.name] || []).join(" ") : "";
      }
      node.querySelector("[data-error-all]").textContent = touched ? (errors.__all__ || []).join(" ") : "";
    });
  };
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.matches && event.target.matches("[data-conditions-state]")) showPlaces(event.target);
  });
  const addCondition = async (menu) => {
    const editor = menu.closest("[data-conditions]");
    const items = menu.closest("[data-group]").querySelector(":scope > [data-items]");
    const type = menu.value;
    menu.value = "";
    await ajax("GET", `${editor.dataset.newUrl}?subject=${editor.dataset.subject}&type=${encodeURIComponent(type)}`, { source: menu, target: items, swap: "beforeend" });
    const added = items.lastElementChild;
    prepare(added);
    store(editor);
    const first = added.querySelector("select:not([hidden]), input:not([type=hidden])");
    if (first) first.focus();
  };
  // Its choices depend on what was just chosen: the server draws it anew, with what it holds.
  const redraw = async (condition) => {
    const editor = condition.closest("[data-conditions]");
    const { type, ...settings } = readCondition(condition);
    const query = new URLSearchParams({ type, subject: editor.dataset.subject, settings: JSON.stringify(settings) });
    const place = [condition.parentElement, [...condition.parentElement.children].indexOf(condition)];
    await ajax("GET", `${editor.dataset.newUrl}?${query}`, { source: condition, target: condition, swap: "outerHTML" });
    const drawn = place[0].children[place[1]];
    drawn.dataset.touched = "on";
    prepare(drawn);
    store(editor);
    const chosen = drawn.querySelector("[data-refreshes]");
    if (chosen) chosen.focus();
  };
  // In the capture phase: a condition's own fields are not the form's; the hidden input speaks for them.
  const onEdit = (event) => {
    const target = event.target;
    if (!(target instanceof Element)) return;
    const editor = target.closest("[data-conditions]");
    if (!editor || target.matches("[data-conditions-value]")) {
      if (event.type === "change") { applyDepends(form(target)); applyFollows(form(target), true); }
      return;
    }
    if (target.matches(".chips-input")) return;
    event.stopPropagation();
    if (target.matches("[data-add-condition]")) {
      if (event.type === "change" && target.value) addCondition(target);
      return;
    }
    const condition = target.closest("[data-condition]");
    if (condition) { condition.dataset.touched = "on"; applyDepends(condition); applyFollows(condition, true); }
    if (condition && event.type === "change" && target.matches("[data-refreshes]")) redraw(condition);
    else if (event.type === "change" || target.matches("select")) store(editor);
    else {
      clearTimeout(editor._timer);
      editor._timer = setTimeout(() => { if (editor.isConnected) store(editor); }, 400);
    }
  };
  document.addEventListener("change", onEdit, true);
  document.addEventListener("input", onEdit, true);
  document.addEventListener("click", (event) => {
    const remove = event.target.closest && event.target.closest("[data-conditions] [data-remove]");
    if (!remove) return;
    const editor = remove.closest("[data-conditions]");
    remove.closest("[data-condition], [data-group]").remove();
    store(editor);
    const menu = editor.querySelector("[data-add-condition]");
    if (menu) menu.focus();
  });

  // --- Start -----------------------------------------------------------------------------------
  function prepare(root) {
    applyDepends(root);
    applyFollows(root);
    root.querySelectorAll("select[multiple]").forEach((select) => {
      if (select.closest(".settings, .conditions")) makeChips(select);
    });
    root.querySelectorAll("[data-conditions]").forEach((editor) => {
      if (!editor.dataset.ready) { editor.dataset.ready = "on"; check(editor); }
    });
  }
  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => prepare(document));
  else prepare(document);
})();
