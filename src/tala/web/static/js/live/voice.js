// The browser's own voice, for questions: only where it has a voice of that language, else the words are shown.

const MUTED = "tala.muted";
const CODES = { en: ["en"], fil: ["fil", "tl"], taglish: ["fil", "tl"] };

/** Whether the person asked for silence. */
export const muted = () => localStorage.getItem(MUTED) === "yes";

export function mute(on) {
  localStorage.setItem(MUTED, on ? "yes" : "no");
  if (on) hush();
}

function voiceOf(language) {
  const codes = CODES[language] ?? [language];
  const found = window.speechSynthesis?.getVoices() ?? [];
  const fits = found.filter((voice) => codes.includes(voice.lang.toLowerCase().split(/[-_]/)[0]));
  return fits.find((voice) => voice.localService) ?? fits[0] ?? null;
}

/** Whether there is any voice that could speak; voices arrive a while after the page. */
export const hasVoice = () => Boolean(voiceOf("en") || voiceOf("fil"));

export function onVoices(listener) {
  window.speechSynthesis?.addEventListener?.("voiceschanged", listener);
}

export function hush() {
  window.speechSynthesis?.cancel();
}

/** Say it aloud; resolves when it was said, or at once where no voice of the language is there. */
export function say(text, language, { onStart } = {}) {
  const voice = muted() ? null : voiceOf(language);
  if (!voice) return Promise.resolve(false);
  hush();
  return new Promise((resolve) => {
    const spoken = new SpeechSynthesisUtterance(text);
    spoken.voice = voice;
    spoken.lang = voice.lang;
    const end = () => {
      clearTimeout(limit);
      resolve(true);
    };
    // Some browsers never say that they have finished.
    const limit = setTimeout(end, 2000 + text.length * 90);
    spoken.addEventListener("start", () => onStart?.());
    spoken.addEventListener("end", end);
    spoken.addEventListener("error", end);
    window.speechSynthesis.speak(spoken);
  });
}
