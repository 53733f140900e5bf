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
local first, tags, isPlain, a, k = 3 + count, {}, true, 3 + count, 6 + 7 * count
while a <= #ARGV do
  local keys, following, chord = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]), chords[tonumber(ARGV[a + 3])]
  wrong = mismatchOfEffects(a + 9, a + 2 + following, k)
  if wrong then return wrong end
  tags[#tags + 1] = ARGV[a]
  chord.coming = (chord.coming or 0) + 1
  if ARGV[a + 7] ~= '1' or ARGV[a + 8] ~= '' then isPlain = false end
  a, k = a + 3 + following, k + keys
end
for i = 1, count do isPlain = isPlain and isFarFromEnd(chords[i], chords[i].coming) end

-- The first write frees: a full server refuses a script whose first one needs memory, and lets all pass of one that began so.
local answers, settled, isDone = {}, {}, {}
if isPlain then
  -- Of most pages nothing ends: all are settled in one step.
  local scores
  if redis.call('HDEL', KEYS[1], unpack(tags)) < #tags then
    -- The hash does not say which ones it did not have. The index does: all who write one of the two write both in one step.
    scores = redis.call('ZMSCORE', KEYS[2], unpack(tags))
  end
  for i = 1, count do chords[i].names, chords[i].scored = {}, {} end
  a, k = first, 6 + 7 * count
  for message, tag in ipairs(tags) do
    local keys, following, chord = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]), chords[tonumber(ARGV[a + 3])]
    if scores and (isDone[tag] or not scores[message]) then
      answers[#answers + 1] = message
    else
      isDone[tag] = true
      local names, scored = chord.names, chord.scored
      names[#names + 1] = ARGV[a + 4] .. ':' .. ARGV[a + 5]
      scored[#scored + 1] = ARGV[a + 5]
      scored[#scored + 1] = ARGV[a + 6]
      carryOut(a + 9, a + 2 + following, k, KEYS[5])
    end
    a, k = a + 3 + following, k + keys
  end
  for i = 1, count do
    if #chords[i].names > 0 then reportAll(chords[i], chords[i].names, chords[i].scored) end
  end
  settled = tags
else
  redis.call('HDEL', KEYS[1], '')
  a, k = first, 6 + 7 * count
  for message, tag in ipairs(tags) do
    local keys, following, chord = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]), chords[tonumber(ARGV[a + 3])]
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
  if #settled > 0 then redis.call('HDEL', KEYS[1], unpack(settled)) end
end
for i = 1, count do finish(chords[i]) end
if #settled > 0 then
  redis.call('ZREM', KEYS[2], unpack(settled))
  if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('HDEL', KEYS[3], unpack(settled)) end
end
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('HSET', KEYS[4], 'settled', number .. ':' .. table.concat(answers, ','))
end
return answers
