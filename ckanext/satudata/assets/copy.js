// Copies a text to the clipboard. Without this script, or where the browser forbids it, the text
// can be selected by hand: the button shows only when it will work.
(function () {
  "use strict";
  if (!navigator.clipboard) {
    return;
  }
  document.querySelectorAll("[data-satudata-copy]").forEach(function (button) {
    var text = document.getElementById(button.getAttribute("data-satudata-copy"));
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(text.value).then(
        function () { button.textContent = button.getAttribute("data-done"); },
        function () { text.focus(); text.select(); }
      );
    });
  });
}());
