-- KEYS[7 × n…]  per chord: group, parts, extra, size, seen, gate, claim; what they are says _chord.lua
-- ARGV[i]       per chord: milliseconds to keep the memory of its end (0: for ever)
-- @include chord
-- @include chord-close
for i = 1, #ARGV do closeChord(chordAt(i * 7 - 6, ARGV[i])) end
