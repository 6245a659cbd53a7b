// SPDX-License-Identifier: Apache-2.0
// What mailparser or postal-mime (the first argument) make of mail. Both join all text into one body and list the rest,
// so only the rest is told. Reads "NAME LENGTH\n" and LENGTH bytes, again and again, and answers each message with one
// line of JSON.
import { createHash } from 'node:crypto';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';

// node 20 decodes windows-1252 as ISO-8859-1: bytes 80 to 9F become C1 controls.
const windows = new Map([...'€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ'].map((c, i) =>
  [String.fromCharCode([0x80, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8e, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97,
    0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9e, 0x9f][i]), c]));
const mended = (name) => [...name].map((c) => windows.get(c) ?? c).join('');

const described = (type, name, content) =>
  ({ type, name, sha256: sha256(content), text: sha256(Buffer.from(content.toString('latin1').replace(/\r\n/g, '\n').replace(/\n+$/, ''), 'latin1')) });
const sha256 = (content) => createHash('sha256').update(content).digest('hex');

const readers = {
  async mailparser(message) {
    const mail = await simpleParser(message, { skipImageLinks: true, skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true });
    return mail.attachments.map((part) => described(part.contentType, part.filename || '', part.content));
  },
  async 'postal-mime'(message) {
    const mail = await PostalMime.parse(message, { forceRfc822Attachments: true });
    return mail.attachments.map((part) => described(part.mimeType, mended(part.filename || ''), Buffer.from(part.content)));
  },
};

const read = readers[process.argv[2]];
let waiting = Buffer.alloc(0);
for await (const piece of process.stdin) {
  waiting = Buffer.concat([waiting, piece]);
  for (;;) {
    const end = waiting.indexOf(10);
    if (end < 0) break;
    const length = Number(waiting.subarray(0, end).toString('latin1').split(' ').pop());
    if (waiting.length < end + 1 + length) break;
    const message = Buffer.from(waiting.subarray(end + 1, end + 1 + length));
    waiting = waiting.subarray(end + 1 + length);
    let leaves;
    try {
      leaves = await read(message);
    } catch (error) {
      leaves = [{ type: `refused: ${error.message}`, name: null, sha256: null }];
    }
    process.stdout.write(JSON.stringify({ leaves }) + '\n');
  }
}
