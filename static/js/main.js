// One small file per behaviour, loaded where the page has something for it.
// Every page works without any of them.
import "./reading.js";
import "./share.js";

if (window.speechSynthesis && document.querySelector("[data-listen]")) import("./listen.js");
if (document.querySelector("[data-save], [data-saved]")) import("./saved.js");
if (document.querySelector("[data-player]")) import("./players.js");
if (document.querySelector(".comments")) import("./comments.js");
if (document.querySelector("[data-mine], [data-proof]")) import("./mine.js");
if (document.querySelector("[data-suggest]")) import("./suggest.js");
if (document.querySelector("[data-count-read]")) import("./read.js");
