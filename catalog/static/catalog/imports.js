// While an import runs, its page and the list show how far it is: what is marked `data-live` is read again each second.
(() => {
    const SECOND = 1000;

    async function refresh() {
        if (!document.querySelector("[data-running]")) return;
        try {
            const answer = await fetch(location.href, { credentials: "same-origin" });
            if (answer.ok && !answer.redirected) {
                const page = new DOMParser().parseFromString(await answer.text(), "text/html");
                if (page.querySelector("[data-live]") && !page.querySelector("[data-running]")) return location.reload();
                for (const old of document.querySelectorAll("[data-live]")) {
                    const now = old.id && page.getElementById(old.id);
                    if (now && old.isConnected && now.outerHTML !== old.outerHTML) old.replaceWith(now);
                }
            }
        } catch { /* the shop is away for a moment: ask again */ }
        setTimeout(refresh, SECOND);
    }

    document.addEventListener("DOMContentLoaded", () => setTimeout(refresh, SECOND));
})();
