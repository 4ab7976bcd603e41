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

// Fields of a step stand there only while a step that uses them is chosen.
const step = document.getElementById("step");
const parts = [...document.querySelectorAll("[data-step]")];

function showParts() {
  const action = step.value.split(":")[0];
  for (const part of parts) {
    part.hidden = !part.dataset.step.split(" ").includes(action);
    for (const input of part.querySelectorAll("input, textarea")) input.disabled = part.hidden;
  }
}

if (step) {
  step.addEventListener("change", showParts);
  showParts();
}

// What somebody else does to the case is seen: at once where nothing is being written here, else offered.
const given = JSON.parse(document.getElementById("page").textContent);
const changed = document.getElementById("changed");
const dirty = () =>
  [...document.querySelectorAll("[data-form] textarea, [data-form] input, [data-form] select")].some(
    (field) => (field.type === "file" && field.files.length) || (field.value !== field.defaultValue && field.tagName !== "SELECT") || (field.tagName === "SELECT" && [...field.options].some((option) => option.selected !== option.defaultSelected && option.value)),
  );
const events = new EventSource(`/desk/cases/${given.ctn}/events`);

events.addEventListener("version", async (event) => {
  const { version } = JSON.parse(event.data);
  if (version <= given.version) return;
  given.version = version;
  if (audio?.paused === false || dirty()) {
    changed.hidden = false;
    return;
  }
  window.location.reload();
});
window.addEventListener("pagehide", () => events.close());

document.addEventListener("keydown", (event) => {
  if (!audio || event.target.closest("input, select, textarea, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.getElementById("keys-off")?.checked) return;
  if (event.key === "p") {
    if (audio.paused) audio.play().catch(() => {});
    else audio.pause();
  } else if (event.key === "h") {
    document.activeElement?.closest(".fact")?.querySelector("[data-start]")?.click();
  }
});
