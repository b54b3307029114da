// Says that messages came; an empty page shows the first one by itself.
const seen = document.body.dataset;
setInterval(async () => {
  try {
    const answer = await fetch("/-/count", { cache: "no-store" });
    const { count } = await answer.json();
    if (count === Number(seen.count)) return;
    if (seen.count === "0") location.reload();
    else document.querySelector(".more").hidden = false;
  } catch { /* the receiver was stopped */ }
}, 2000);
