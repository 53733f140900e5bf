export { Beat } from './beat.js';
export type { BeatEntry, BeatLog, BeatOptions } from './beat.js';
