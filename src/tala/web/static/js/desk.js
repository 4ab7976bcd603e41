// On a case: hear the second in which something was said; light the words of a fact.

const audio = document.querySelector(".case-audio");
let until = null;

if (audio) {
  audio.addEventListener("timeupdate", () => {
    if (until !== null && audio.currentTime >= until) {
      until = null;
      audio.pause();
    }
  });
  for (const node of document.querySelectorAll("[data-start]")) {
    node.hidden = false;
    node.addEventListener("click", () => {
      until = Number(node.dataset.end) / 1000 + 0.25;
      audio.currentTime = Math.max(0, Number(node.dataset.start) / 1000 - 0.15);
      audio.play().catch(() => {});
    });
  }
}

for (const fact of document.querySelectorAll(".fact[data-field]")) {
  const light = (on) => {
    for (const mark of document.querySelectorAll(".transcript mark")) {
      if (mark.dataset.fields.split(" ").includes(fact.dataset.field)) mark.classList.toggle("is-lit", on);
    }
  };
  for (const [name, on] of [["mouseenter", true], ["focusin", true], ["mouseleave", false], ["focusout", false]]) {
    fact.addEventListener(name, () => light(on));
  }
}
