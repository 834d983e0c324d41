/* Shows how far an upload has come. Without this script the form is sent as it is. */
(function () {
  "use strict";
  function send(form, event) {
    var bar = form.querySelector("progress");
    var files = form.querySelectorAll("input[type=file]");
    var any = Array.prototype.some.call(files, function (one) { return one.files.length > 0; });
    if (!bar || !any || !window.FormData) { return; }
    event.preventDefault();
    var request = new XMLHttpRequest();
    var buttons = form.querySelectorAll("button[type=submit]");
    function ready(is) {
      Array.prototype.forEach.call(buttons, function (one) { one.disabled = !is; });
      bar.hidden = is;
    }
    request.open("POST", form.action);
    request.upload.addEventListener("progress", function (sent) {
      if (sent.lengthComputable) { bar.max = sent.total; bar.value = sent.loaded; }
    });
    request.addEventListener("load", function () {
      /* The answer has its messages in it: it is shown as it came, not asked for again. */
      window.history.replaceState(null, "", request.responseURL || form.action);
      /* Scripts of CKAN that run already would stumble over themselves: only what is seen changes. */
      var page = new DOMParser().parseFromString(request.responseText, "text/html");
      document.title = page.title;
      document.body.replaceWith(document.adoptNode(page.body));
      window.scrollTo(0, 0);
    });
    request.addEventListener("error", function () {
      ready(true);
      var said = form.querySelector("[data-broken]");
      if (said) { said.hidden = false; }
    });
    ready(false);
    request.send(new FormData(form));
  }
  document.addEventListener("submit", function (event) {
    if (event.target.matches("form[data-upload]")) { send(event.target, event); }
  });
})();
