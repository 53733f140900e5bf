export { Beat } from './beat.js';
export type { BeatEntry, BeatLog, BeatOptions } from './beat.js';
export { ChordWatch, type ChordWatchOptions } from './chord-watch.js';
