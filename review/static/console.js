"use strict";
// Shortcuts, the frame viewer, and buttons that wait for the frames. Every page works without this file.
document.documentElement.classList.add("js");

const shortcuts = document.body.dataset.shortcuts === "on";
const typing = "input:not([type=radio]):not([type=checkbox]):not([type=range]), textarea, select";

document.addEventListener("keydown", (event) => {
  if (!shortcuts || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (event.key === "Escape") return document.activeElement.blur();
  if (event.target.matches(typing) || event.key.length !== 1) return;
  // The key shown on a control is the key that works it.
  const control = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!control || control.disabled) return;
  event.preventDefault();
  if (control.matches(typing)) {
    control.focus();
    control.setSelectionRange(control.value.length, control.value.length);
  } else control.click();
});

const root = document.documentElement;
const sliders = [...document.querySelectorAll("[data-view]")];
const apply = (slider) => {
  root.style.setProperty(`--${slider.dataset.view}`, slider.value);
  sliders.filter((one) => one.dataset.view === slider.dataset.view).forEach((one) => (one.value = slider.value));
};
sliders.forEach((slider) => slider.addEventListener("input", () => apply(slider)));
document.querySelectorAll("[data-reset]").forEach((button) =>
  button.addEventListener("click", () => sliders.forEach((slider) => ((slider.value = 1), apply(slider)))),
);

// Nobody confirms what has not been shown.
const frames = [...document.querySelectorAll(".frame img")];
const waiting = [...document.querySelectorAll("[data-after-frames]")];
const ready = () => waiting.forEach((button) => (button.disabled = !frames.every((frame) => frame.complete)));
frames.forEach((frame) => ["load", "error"].forEach((end) => frame.addEventListener(end, ready)));
ready();

// What a registry answers after the page was sent comes in by itself.
const refresh = async (part) => {
  if (!part.querySelector("[data-asking]")) return;
  const answer = await fetch(part.dataset.refresh).catch(() => null);
  if (answer?.ok && !answer.redirected) part.innerHTML = await answer.text();
  setTimeout(refresh, 1500, part);
};
document.querySelectorAll("[data-refresh]").forEach((part) => setTimeout(refresh, 700, part));
