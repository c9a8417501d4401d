// How a page is told what happens in a run that goes on: by its server, or by the notebook around it.

/** What is told to `tell`: news(texts, number), beat(), lost(words), found(), over(). */

/** Server-sent events: the browser itself comes back after a loss, and says what it has had. */
export function listenToServer(Source, address, tell) {
  const source = new Source(address);
  const news = (event) => {
    const number = /^\d+$/.test(event.lastEventId) ? Number(event.lastEventId) : NaN;
    if (event.data) tell.news([event.data], number);
  };
  source.onopen = () => tell.found();
  source.onmessage = news;
  source.addEventListener("beat", () => tell.beat());
  source.addEventListener("end", (event) => {
    news(event);
    source.close();
    tell.over();
  });
  source.onerror = () => {
    if (source.readyState === 2) tell.lost("The server does not take this page: it is another run's, or 16 look at it already. Close one of these, or open the address in the terminal anew.");
    else tell.lost("The connection is lost. It is tried again and again");
  };
  return source;
}

const READY = "lamport: ready";
const AGAIN = 200;

/** Messages of the window around this one, and of no other; that is told that this one is there, until it answers. */
export function listenToParent(own, tell) {
  if (own.parent === own) return;
  let heard = false;
  own.addEventListener("message", (event) => {
    if (event.source !== own.parent) return;
    const { lamport: texts, number } = event.data ?? {};
    if (!Array.isArray(texts) || !texts.every((text) => typeof text === "string")) return;
    heard = true;
    if (texts.length) tell.news(texts, Number.isSafeInteger(number) ? number : NaN);
    else tell.beat();
  });
  const ready = () => {
    if (heard) return;
    own.parent.postMessage(READY, "*");
    own.setTimeout(ready, AGAIN);
  };
  ready();
}
