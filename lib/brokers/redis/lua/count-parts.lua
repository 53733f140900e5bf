-- Settles a batch of header members of one chord that succeeded, each with one result and nothing else, where the chord cannot end with them: what join
-- does, for the case that has to be fast. May be repeated: the same number gets the same answer.
-- KEYS[1]   unacked             hash  tag -> record
-- KEYS[2]   unacked_index       zset  tag -> last proof of life, or due
-- KEYS[3]   ntq:suspects        hash  tag -> 1, its body was about to start
-- KEYS[4]   ntq:worker:<owner>  hash  about this worker; holds the last answer
-- KEYS[5…11]  the seven keys of _chord.lua
-- KEYS[12…] results
-- ARGV[1]   number of this settlement, never repeated by its owner for another one
-- ARGV[2]   milliseconds to keep the chord (0: for ever)
-- ARGV[3]   milliseconds to keep the results (0: for ever)
-- ARGV[4…]  tags, in the order of the results; then for each: task, index or +inf, text of its part, value of its result
-- Returns   numbers of those that were not held, from 1; 0 alone: the chord might end, and nothing was done
-- @include answer
local settledBefore = answer(KEYS[4], ARGV[1])
if settledBefore then return settledBefore end
-- @include kinds
-- @include chord
-- @include chord-report
-- @include result
local wrong = mismatch({ KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash' })
if wrong then return wrong end
local count, chord = #KEYS - 11, chordAt(5, ARGV[2])
wrong = look(chord)
if wrong then return wrong end
if not isFarFromEnd(chord, count) then return { 0 } end

local lost, isLost = {}, {}
if redis.call('HDEL', KEYS[1], unpack(ARGV, 4, 3 + count)) < count then
  -- The hash does not say which ones it did not have. The index does: all who write one of the two write both in one step.
  local isSeen, scores = {}, redis.call('ZMSCORE', KEYS[2], unpack(ARGV, 4, 3 + count))
  for i = 1, count do
    if not scores[i] or isSeen[ARGV[3 + i]] then
      lost[#lost + 1] = i
      isLost[i] = true
    end
    isSeen[ARGV[3 + i]] = true
  end
end
local names, scored, keep, a = {}, {}, ARGV[3], 4 + count
for i = 1, count do
  if not isLost[i] then
    local place = ARGV[a + 1]
    names[#names + 1] = ARGV[a] .. ':' .. place
    scored[#scored + 1] = place
    scored[#scored + 1] = ARGV[a + 2]
    writeResult(KEYS[11 + i], ARGV[a + 3], keep)
  end
  a = a + 4
end
if #names > 0 then reportAll(chord, names, scored) end
finish(chord)
redis.call('ZREM', KEYS[2], unpack(ARGV, 4, 3 + count))
if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('HDEL', KEYS[3], unpack(ARGV, 4, 3 + count)) end
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('HSET', KEYS[4], 'settled', ARGV[1] .. ':' .. table.concat(lost, ','))
end
return lost
