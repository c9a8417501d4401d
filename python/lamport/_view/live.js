// The page of a run that goes on: told by its server or its notebook, drawn as the page of a run is.

import { fromBase64 } from "./codec.js";
import { growing } from "./grow.js";
import { listenToParent, listenToServer } from "./listen.js";
import { show } from "./news.js";

function begin() {
  const data = document.getElementById("data");
  const { transport, title } = JSON.parse(new TextDecoder().decode(fromBase64(data.textContent)));
  data.remove();
  document.title = title;
  const tell = show(growing(), title);
  if (transport === "events") listenToServer(EventSource, `events${location.search}`, tell);
  else listenToParent(window, tell);
}

begin();
