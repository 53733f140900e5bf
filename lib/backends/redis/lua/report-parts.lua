-- Adds parts to chords, each in its turn.
-- KEYS[7 × n…]  per chord: group, parts, extra, size, seen, gate, claim; what they are says _chord.lua
-- ARGV[1]       number of chords
-- ARGV[2…]      per chord: milliseconds to keep it (0: for ever)
-- ARGV[…]       per part: number of its chord from 1, task, index or +inf, text, 1 where it succeeded, how many parts there shall be or nothing
-- Returns       per part: 0 counted, 1 yours, 2 over
-- @include kinds
-- @include chord
-- @include chord-report
local chords, count = {}, tonumber(ARGV[1])
for i = 1, count do
  chords[i] = chordAt(i * 7 - 6, ARGV[1 + i])
  local wrong = look(chords[i])
  if wrong then return wrong end
end
-- A full server refuses a script whose first write needs memory, and lets all pass of one that began by freeing some.
redis.call('SREM', chords[1].seen, '')
local answers = {}
for a = 2 + count, #ARGV, 6 do
  local chord = chords[tonumber(ARGV[a])]
  answers[#answers + 1] = report(chord, ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4] == '1', tonumber(ARGV[a + 5]))
end
for i = 1, count do finish(chords[i]) end
return answers
