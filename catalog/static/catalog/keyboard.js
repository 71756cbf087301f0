/* unfold opens menus, filters and dialogs by clicks on elements that Tab does not reach. Here they become buttons. */
(function () {
  "use strict";

  const CLICKED = [
    "span[x-on\\:click]",
    "div[x-on\\:click].absolute",
    "a[x-on\\:click]:not([href])",
    "label:has(> .hidden input.delete)",
    ".delete-template",
  ].join(",");

  function reachable(root) {
    for (const element of root.querySelectorAll(CLICKED)) {
      if (!element.hasAttribute("tabindex")) {
        element.tabIndex = 0;
        element.setAttribute("role", "button");
      }
    }
  }

  document.addEventListener("keydown", function (event) {
    const element = event.target;
    if ((event.key === "Enter" || event.key === " ") && element.matches && element.matches(CLICKED)) {
      event.preventDefault();
      element.click();
    }
  });

  // Enter in a field of a list saves the list. The browser would press the form's first button: "Run", of the actions.
  document.addEventListener("keydown", function (event) {
    const save = document.querySelector("button[name=_save][form=changelist-form]");
    if (event.key === "Enter" && save && event.target.matches("#result_list input[type=text]")) {
      event.preventDefault();
      save.click();
    }
  });

  document.addEventListener("DOMContentLoaded", function () {
    reachable(document);
    new MutationObserver(function () {
      reachable(document);
    }).observe(document.body, { childList: true, subtree: true });

    // Past the sidebar's links, to where the work is.
    const content = document.getElementById("content");
    if (content && document.getElementById("nav-sidebar-apps")) {
      const skip = document.createElement("a");
      skip.href = "#content";
      skip.className = "catalog-skip";
      skip.textContent = "Skip to the page";
      skip.addEventListener("click", function (event) {
        event.preventDefault();
        content.tabIndex = -1;
        content.focus();
      });
      document.body.prepend(skip);
    }

    document.addEventListener("click", function (event) {
      const opener = event.target.closest && event.target.closest("a");
      if (!opener || !(opener.getAttribute("x-on:click") || "").includes("filterOpen = true")) return;
      const first = document.querySelector("#changelist-filter :is(a[href], input:not([type=hidden]), select)");
      if (first) setTimeout(() => first.focus(), 50); // once it is shown
    });

    const dialog = document.getElementById("modal-content");
    let opener = null;
    document.body.addEventListener("htmx:beforeRequest", function (event) {
      if (!dialog.contains(event.target)) opener = event.target;
    });
    document.body.addEventListener("htmx:afterSettle", function () {
      const field = dialog.querySelector("[autofocus], input:not([type=hidden]), button");
      if (field) requestAnimationFrame(() => field.focus());
    });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && opener) opener.focus();
    });
  });
})();
