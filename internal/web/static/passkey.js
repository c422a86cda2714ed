// Makes and shows passkeys. A button says where: data-passkey is "create" or "get", data-options gives the question of the
// server, data-finish takes the browser's answer. Without this script, or where there are no passkeys, the page says so.
"use strict";
(() => {
  const there = window.PublicKeyCredential && navigator.credentials;
  const bytes = (s) => Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => (list || []).map((c) => ({ ...c, id: bytes(c.id) }));

  async function post(url, body) {
    const answer = await fetch(url, {
      method: "POST", credentials: "same-origin", redirect: "error", body,
      headers: { Accept: "application/json", "Content-Type": "application/json" },
    });
    if (answer.status === 401) {
      location.assign("/sign-in/confirm?to=" + encodeURIComponent(location.pathname));
      return null;
    }
    const data = await answer.json();
    if (!answer.ok) throw new Error(data.detail);
    return data;
  }

  async function create(o) {
    const made = await navigator.credentials.create({ publicKey: {
      ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: known(o.excludeCredentials),
    } });
    return { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports ? made.response.getTransports() : [], of: made };
  }

  async function get(o) {
    const shown = await navigator.credentials.get({ publicKey: {
      ...o, challenge: bytes(o.challenge), allowCredentials: known(o.allowCredentials),
    } });
    const r = shown.response;
    return { clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData), signature: text(r.signature),
      userHandle: r.userHandle ? text(r.userHandle) : undefined, of: shown };
  }

  for (const button of document.querySelectorAll("button[data-passkey]")) {
    const problem = document.getElementById(button.dataset.problem);
    if (!there) continue;
    button.hidden = false;
    for (const without of document.querySelectorAll("[data-without-passkey]")) without.hidden = true;
    button.addEventListener("click", async () => {
      button.disabled = true;
      problem.hidden = true;
      try {
        const options = await post(button.dataset.options, "{}");
        if (!options) return;
        const { of, ...response } = await (button.dataset.passkey === "create" ? create(options) : get(options));
        const done = await post(button.dataset.finish, JSON.stringify({
          id: of.id, rawId: text(of.rawId), type: of.type, authenticatorAttachment: of.authenticatorAttachment || undefined,
          clientExtensionResults: of.getClientExtensionResults(), response,
        }));
        if (done) location.assign(done.to);
      } catch (e) {
        problem.textContent = e.name === "NotAllowedError" ? button.dataset.cancelled
          : e.name === "InvalidStateError" ? button.dataset.known
          : e.name === "Error" && e.message ? e.message : button.dataset.failed;
        problem.hidden = false;
      } finally {
        button.disabled = false;
      }
    });
  }
})();
