// Shows a site message that site.js was given. Comments and indentation are taken out when it is served.
(() => {
  const given = window.sitetrack && sitetrack.message, D = document;
  if (!given || D.querySelector("site-message")) return;
  const { message: m, send } = given;
  const host = D.createElement("site-message"), root = host.attachShadow({ mode: "open" });
  const make = (tag, values, ...children) => {
    const node = Object.assign(D.createElement(tag), values);
    node.append(...children);
    return node;
  };
  // Adopted, as a page's policy may forbid style elements.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
:host{all:initial;position:fixed;z-index:2147483000;inset:auto;font:15px/1.5 system-ui,sans-serif;color-scheme:light dark}
:host([at=corner]){right:16px;bottom:16px;max-width:min(360px,calc(100vw - 32px))}
:host([at=top]){inset:0 0 auto 0}
:host([at=bottom]){inset:auto 0 0 0}
:host([at=centre]){inset:0;display:grid;place-items:center;background:#0008;padding:16px}
section{position:relative;box-sizing:border-box;padding:18px 48px 18px 20px;background:light-dark(#fff,#1d2026);color:light-dark(#1a1c21,#eceef2);box-shadow:0 6px 30px #0003;border:1px solid light-dark(#dfe2e8,#363b45);overflow-wrap:anywhere;max-height:80vh;overflow:auto}
:host([at=corner]) section,:host([at=centre]) section{border-radius:12px;max-width:480px}
h2{margin:0 0 4px;font-size:16px;line-height:1.35}
p{margin:0 0 8px}
img{max-width:100%;height:auto}
a{color:light-dark(#1f4fd6,#9db8ff)}
.go{display:inline-block;margin-top:6px;padding:8px 16px;border-radius:8px;background:light-dark(#1f4fd6,#9db8ff);color:light-dark(#fff,#101318);text-decoration:none;font-weight:600}
button{position:absolute;top:8px;right:8px;width:36px;height:36px;border:0;border-radius:8px;background:none;color:inherit;font-size:22px;line-height:1;cursor:pointer}
button:hover{background:#8883}
`);
  root.adoptedStyleSheets = [sheet];
  host.setAttribute("at", m.position);
  const tell = (action) => send("message", { message: String(m.id), action });
  const close = make("button", { type: "button", textContent: "×", ariaLabel: m.close });
  const text = make("div", { innerHTML: m.html });
  const box = make("section", { ariaLabel: m.title }, make("h2", { textContent: m.title }), text);
  box.setAttribute("role", "dialog");
  if (m.url) box.append(make("a", { className: "go", href: m.url, textContent: m.button }));
  box.append(close);
  root.append(box);
  const end = (action) => {
    tell(action);
    host.remove();
    D.removeEventListener("keydown", key);
  };
  const key = (event) => event.key === "Escape" && end("dismissed");
  close.addEventListener("click", () => end("dismissed"));
  box.addEventListener("click", (event) => event.target.closest("a") && end("clicked"));
  D.addEventListener("keydown", key);
  D.body.append(host);
  tell("shown");
})();
