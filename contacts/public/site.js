// Site tracking. Comments and indentation are taken out when it is served (contacts/public/site.py).
// Sites call sitetrack("consent", true), sitetrack("consent", false), sitetrack("identify", address, proof).
(() => {
  const W = window, D = document, L = location, N = navigator, S = D.currentScript;
  if (!S || W.sitetrack && W.sitetrack.on) return;
  const HOME = new URL(S.src).origin, DATA = S.dataset, COOKIE = "_sitetrack", WAIT = "__WAIT__" === "1";
  // A link that we sent says who follows it. That is taken out of sight even where nothing is tracked.
  let token = "", last = "", from = D.referrer;
  const here = new URL(L);
  if (here.searchParams.has("_contact")) {
    token = here.searchParams.get("_contact");
    here.searchParams.delete("_contact");
    history.replaceState(history.state, "", here);
  }
  const read = () => (D.cookie.match("(?:^|; )" + COOKIE + "=(\\w+)") || [])[1] || "";
  const write = (value) => {
    D.cookie = COOKIE + "=" + value + ";path=/;max-age=34000000;samesite=lax" + (L.protocol === "https:" ? ";secure" : "") + (DATA.domain ? ";domain=" + DATA.domain : "");
  };
  // "0" remembers a refusal. Do Not Track and Global Privacy Control stand above all.
  const refused = N.globalPrivacyControl || N.doNotTrack === "1";
  let id = refused ? "0" : read();
  const agreed = () => id && id !== "0";
  const start = () => {
    if (!agreed()) {
      id = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => (byte + 256).toString(16).slice(1)).join("");
      write(id);
    }
    view();
  };
  const send = (path, data) => fetch(HOME + "/track/" + path + "/", {
    method: "POST", keepalive: true, credentials: "omit",
    body: JSON.stringify({ account: DATA.account, visitor: id, url: L.href, ...data }),
  }).then((answer) => answer.status === 200 && answer.json()).then((answer) => answer && show(answer)).catch(() => {});
  // What there is to show needs a second file, which is loaded only then.
  const show = (answer) => {
    W.sitetrack.message = { ...answer, send };
    D.head.append(Object.assign(D.createElement("script"), { src: HOME + "/track/message.js" }));
  };
  const view = () => {
    const page = L.href.split("#")[0];
    if (!agreed() || page === last) return;
    last = page;
    send("visit", { title: D.title, referrer: from, contact: token });
    from = page;
    token = "";
  };
  // After the page's own code has set the title.
  const later = () => setTimeout(view);
  const push = history.pushState;
  history.pushState = function (...all) {
    push.apply(this, all);
    later();
  };
  addEventListener("popstate", later);
  const verbs = {
    identify: (email, proof) => agreed() && send("identify", { email, proof: proof || "" }),
    consent(yes) {
      if (refused) return;
      if (yes) return start();
      id = "0";
      last = "";
      write("0");
    },
  };
  const call = (name, ...all) => verbs[name] && verbs[name](...all);
  const waiting = W.sitetrack && W.sitetrack.q || [];
  W.sitetrack = call;
  call.on = 1;
  const begin = () => {
    if (agreed() || !id && !WAIT) start();
    for (const one of waiting) call(...one);
  };
  if (D.prerendering) D.addEventListener("prerenderingchange", begin, { once: true });
  else begin();
})();
