(function (form) {
  "use strict";
  var script = document.currentScript, frame = document.createElement("iframe");
  frame.src = form.address;
  frame.title = form.title;
  frame.style.cssText = "border:0;width:100%;height:" + form.height + "px";
  script.parentNode.insertBefore(frame, script);
})({{ settings|safe }});
