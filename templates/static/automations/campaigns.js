// The campaign pages: preview as one writes, a question before what can't be undone, a warning on leaving.
(() => {
  "use strict";

  document.addEventListener("submit", (event) => {
    const question = event.target.dataset && event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  const editor = document.querySelector("form[data-preview]");
  if (!editor) return;
  const button = editor.querySelector("[data-preview-button]");
  const clean = () => new URLSearchParams([...new FormData(editor)].filter(([name]) => !["as", "addresses", "csrfmiddlewaretoken"].includes(name))).toString();
  const saved = clean();
  let leaving = false;
  let timer = 0;

  // The frame is sandboxed and of no origin: the form is posted into it as it stands.
  const show = () => editor.requestSubmit(button);
  editor.addEventListener("input", (event) => {
    if (!["html", "text", "subject", "preheader", "as"].includes(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(show, 600);
  });
  editor.addEventListener("submit", (event) => { leaving = event.submitter !== button; });
  for (const form of document.querySelectorAll("form[method=post]")) {
    if (form !== editor) form.addEventListener("submit", (event) => { leaving = !event.defaultPrevented; });
  }
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && clean() !== saved && !editor.querySelector("fieldset:disabled")) event.preventDefault();
  });
  show();
})();
