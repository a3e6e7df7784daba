// One small file per behaviour, loaded where the page has something for it.
// Every page works without any of them.
import "./reading.js";
import "./share.js";

if (document.querySelector("[data-player]")) import("./players.js");
if (document.querySelector(".comments")) import("./comments.js");
if (document.querySelector("[data-mine], [data-proof]")) import("./mine.js");
