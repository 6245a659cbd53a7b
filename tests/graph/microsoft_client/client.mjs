// SPDX-License-Identifier: Apache-2.0
// Microsoft's JavaScript client against the emulator: a draft, a posted attachment, a large file, send, and an event with
// both kinds of attachments. What the emulator delivered is compared with what was given to the client.
//   node client.mjs PORTS_JSON
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import graph from "@microsoft/microsoft-graph-client";

const { Client, FileUpload, LargeFileUploadTask } = graph;
const ports = JSON.parse(readFileSync(process.argv[2], "utf8"));
const mailbox = "scanner@contoso.com";
const rangeSize = 10 * 320 * 1024;

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const control = async (path) => (await fetch(`${ports.control}/${path}`)).json();

async function accessToken() {
  const form = new URLSearchParams({
    client_id: ports.clientId,
    client_secret: readFileSync(ports.clientSecretFile, "utf8").trim(),
    grant_type: "client_credentials",
    scope: `${ports.graph}/.default`,
  });
  const answer = await fetch(`${ports.login}/${ports.tenant}/oauth2/v2.0/token`, { method: "POST", body: form });
  assert.equal(answer.status, 200);
  return (await answer.json()).access_token;
}

const token = await accessToken();
const client = Client.init({
  baseUrl: `${ports.graph}/`,
  customHosts: new Set([new URL(ports.graph).hostname]),
  authProvider: (done) => done(null, token),
});

const immutable = { Prefer: 'IdType="ImmutableId"' };
const api = (path) => client.api(`/users/${mailbox}${path}`).headers(immutable);
const key = encodeURIComponent;

async function upload(itemPath, name, bytes) {
  const item = { AttachmentItem: { attachmentType: "file", name, size: bytes.length } };
  const url = `/users/${mailbox}${itemPath}/attachments/createUploadSession`;
  const session = await LargeFileUploadTask.createUploadSession(client, url, item, immutable);
  const file = new FileUpload(new Blob([bytes]), name, bytes.length);
  const result = await new LargeFileUploadTask(client, file, session, { rangeSize }).upload();
  assert.match(result.location, /^https:\/\/outlook\.office\.com\/api\/v2\.0\/Users\('.*\/Attachments\('[^']+'\)$/);
}

const post = (itemPath, name, bytes) =>
  api(`${itemPath}/attachments`).post({
    "@odata.type": "#microsoft.graph.fileAttachment",
    name,
    contentType: "application/pdf",
    contentBytes: bytes.toString("base64"),
  });

const small = randomBytes(100_000);
const large = randomBytes(10_000_000);

// A message.
const draft = await api("/messages").post({
  subject: "Übersicht für März",
  body: { contentType: "text", content: "Two files.\r\n" },
  toRecipients: [{ emailAddress: { name: "Alice", address: "alice@example.org" } }],
  bccRecipients: [{ emailAddress: { address: "bob@example.org" } }],
});
assert.equal(draft.isDraft, true);
const messagePath = `/messages/${key(draft.id)}`;
const posted = await post(messagePath, "small.pdf", small);
assert.equal(posted.name, "small.pdf");
await upload(messagePath, "large.pdf", large);

const listed = await api(`${messagePath}/attachments`).select("id,name,size").get();
assert.deepEqual(listed.value.map((each) => each.name), ["small.pdf", "large.pdf"]);
assert.ok(listed.value[1].size > large.length);
await api(`${messagePath}/send`).post();

const [delivery, ...more] = await control("deliveries?at-least=1");
assert.equal(more.length, 0);
assert.deepEqual(delivery.recipients, ["alice@example.org", "bob@example.org"]);
assert.equal(delivery.subject, "Übersicht für März");
assert.equal(delivery.internetMessageId, draft.internetMessageId);
assert.deepEqual(
  delivery.parts.map(({ name, type, size, sha256: digest, origin }) => [name, type, size, digest, origin]),
  [
    ["", "text/plain", 12, sha256("Two files.\r\n"), "mime"],
    ["small.pdf", "application/pdf", small.length, sha256(small), "post"],
    ["large.pdf", "application/octet-stream", large.length, sha256(large), "session"],
  ],
);

// An event.
const event = await api("/events").post({
  subject: "Review",
  start: { dateTime: "2026-12-01T10:00:00", timeZone: "UTC" },
  end: { dateTime: "2026-12-01T11:00:00", timeZone: "UTC" },
});
const eventPath = `/events/${key(event.id)}`;
await post(eventPath, "agenda.pdf", small);
await upload(eventPath, "slides.pdf", large);
const onEvent = await api(`${eventPath}/attachments`).select("id,name").get();
assert.deepEqual(onEvent.value.map((each) => each.name), ["agenda.pdf", "slides.pdf"]);
for (const [index, bytes] of [small, large].entries()) {
  const path = `${eventPath}/attachments/${key(onEvent.value[index].id)}/$value`;
  const content = await api(path).responseType("arraybuffer").get();
  assert.equal(sha256(Buffer.from(content)), sha256(bytes));
}

const violations = await control("violations");
assert.deepEqual(violations, []);
const stats = await control("stats");
assert.equal(stats.ranges, 2 * Math.ceil(large.length / rangeSize));
console.log("Microsoft's client and the emulator understand each other:", JSON.stringify(stats.requests));
