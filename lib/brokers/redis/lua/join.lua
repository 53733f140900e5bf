-- Settles a batch of header members of chords with their parts: what settle does for an acknowledgement, but that those whose chord ends with their part
-- stay held, with nothing done but that their results are written. May be repeated: the same number gets the same answer.
-- KEYS[1]  unacked             hash  tag -> record
-- KEYS[2]  unacked_index       zset  tag -> last proof of life, or due
-- KEYS[3]  ntq:suspects        hash  tag -> 1, its body was about to start
-- KEYS[4]  ntq:worker:<owner>  hash  about this worker; holds the last answer
-- KEYS[5]  ntq:steps           set   lists of a step beyond 0
-- KEYS[6…] per chord: the seven keys of _chord.lua
-- KEYS[…]  per message, in the order of the arguments that use them
-- ARGV[1]  number of this settlement, never repeated by its owner for another one
-- ARGV[2]  number of chords
-- ARGV[3…] per chord: milliseconds to keep it (0: for ever)
-- ARGV[…]  per message: tag, keys it uses, arguments that follow; its part: number of the chord from 1, task, index or +inf, text,
--          1 where it succeeded, how many parts there shall be or nothing; then effects, as many as there are, as _effects.lua says
-- Returns  numbers of those that were not held, from 1; below 0 those that stay held
-- @include answer
local number = ARGV[1]
local answeredBefore = answer(KEYS[4], number)
if answeredBefore then return answeredBefore end

-- @include kinds
-- @include chord
-- @include chord-report
-- @include chord-close
-- @include effects
-- Everything is looked at before anything is written.
local wrong = mismatch({ KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash' })
if wrong then return wrong end
local chords, count = {}, tonumber(ARGV[2])
for i = 1, count do
  chords[i] = chordAt(i * 7 - 1, ARGV[2 + i])
  wrong = look(chords[i])
  if wrong then return wrong end
end
local first, a, k = 3 + count, 3 + count, 6 + 7 * count
while a <= #ARGV do
  local keys, following = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
  wrong = mismatchOfEffects(a + 9, a + 2 + following, k)
  if wrong then return wrong end
  a, k = a + 3 + following, k + keys
end

-- A full server refuses a script whose first write needs memory, and lets all pass of one that began by freeing some.
redis.call('HDEL', KEYS[1], '')
local answers, settled, isDone, message = {}, {}, {}, 0
a, k = first, 6 + 7 * count
while a <= #ARGV do
  message = message + 1
  local tag, keys, following, chord = ARGV[a], tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]), chords[tonumber(ARGV[a + 3])]
  if isDone[tag] or redis.call('HEXISTS', KEYS[1], tag) == 0 then
    answers[#answers + 1] = message
  else
    isDone[tag] = true
    local size = tonumber(ARGV[a + 8])
    local outcome = report(chord, ARGV[a + 4], ARGV[a + 5], ARGV[a + 6], ARGV[a + 7] == '1', size)
    carryOut(a + 9, a + 2 + following, k, KEYS[5], outcome == YOURS)
    if outcome == YOURS then answers[#answers + 1] = -message else settled[#settled + 1] = tag end
  end
  a, k = a + 3 + following, k + keys
end
for i = 1, count do finish(chords[i]) end
if #settled > 0 then
  redis.call('HDEL', KEYS[1], unpack(settled))
  redis.call('ZREM', KEYS[2], unpack(settled))
  if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('HDEL', KEYS[3], unpack(settled)) end
end
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('HSET', KEYS[4], 'settled', number .. ':' .. table.concat(answers, ','))
end
return answers
