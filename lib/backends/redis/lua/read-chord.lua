-- KEYS[7]  of one chord: group, parts, extra, size, seen, gate, claim; what they are says _chord.lua
-- ARGV[1]  number of the first part to read, from 0
-- ARGV[2]  number of the last one
-- ARGV[3]  bytes up to which parts are answered in one text
-- Returns  how many parts there are, size, extra parts, claim, the parts: a list, or one text with a zero byte, which is in no JSON, between them: the
--          driver takes far longer over each text than over all that is in it
-- @include chord
local chord = chordAt(1, '0')
local count, isList = countParts(chord)
local texts = redis.call('MGET', chord.size, chord.extra, chord.claim)
local parts, bytes = {}, 0
if count > 0 then parts = redis.call(isList and 'LRANGE' or 'ZRANGE', chord.parts, ARGV[1], ARGV[2]) end
for i = 1, #parts do bytes = bytes + #parts[i] end
if #parts > 0 and bytes <= tonumber(ARGV[3]) then parts = table.concat(parts, '\0') end
return { count, texts[1] or '', texts[2] or '', texts[3] or '', parts }
