(function (form) {
  "use strict";
  var script = document.currentScript, frame = document.createElement("iframe");
  // What site tracking knows this browser by, where it is there and may.
  var visitor = document.cookie.match(/(?:^|; )_sitetrack=(\w{2,})/);
  frame.src = form.address + (visitor ? "&_visitor=" + visitor[1] : "");
  frame.title = form.title;
  frame.style.cssText = "border:0;width:100%;height:" + form.height + "px";
  script.parentNode.insertBefore(frame, script);
})({{ settings|safe }});
