/* A barcode scanner ends each number with Enter. That leads to the next order's field, and does not send the form. */
(function () {
  "use strict";

  document.addEventListener("keydown", function (event) {
    const form = document.getElementById("bulk_form");
    if (event.key !== "Enter" || !form || !event.target.matches("#bulk_form input[type=text]")) return;
    event.preventDefault();
    const stops = [...form.querySelectorAll("input[type=text], button[type=submit]")];
    stops[stops.indexOf(event.target) + 1].focus();
  });
})();
