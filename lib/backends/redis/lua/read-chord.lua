-- KEYS[7]  of one chord: group, parts, extra, size, seen, gate, claim; what they are says _chord.lua
-- ARGV[1]  number of the first part to read, from 0
-- ARGV[2]  number of the last one
-- Returns  how many parts there are, size, extra parts, claim, the parts
-- @include chord
local chord = chordAt(1, '0')
local count, isList = countParts(chord)
local texts = redis.call('MGET', chord.size, chord.extra, chord.claim)
local parts = {}
if count > 0 then parts = redis.call(isList and 'LRANGE' or 'ZRANGE', chord.parts, ARGV[1], ARGV[2]) end
return { count, texts[1] or '', texts[2] or '', texts[3] or '', parts }
