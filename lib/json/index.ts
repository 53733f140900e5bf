export { MAX_DEPTH } from './depth.js';
export { editMembers, readMembers } from './json-text.js';
export { JsonWriter } from './json-writer.js';
export { toOneLine } from './one-line.js';
export { parseJson } from './parse-json.js';
export { quoteJson } from './quote-json.js';
