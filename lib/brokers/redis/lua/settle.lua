-- Settles a batch. What was not held any more is left alone with all that would have followed from it. May be repeated: the
-- same number gets the same answer. A full server lets it pass: its first write frees.
-- KEYS[1]  unacked             hash  tag -> record
-- KEYS[2]  unacked_index       zset  tag -> last proof of life, or due
-- KEYS[3]  ntq:suspects        hash  tag -> 1, its body was about to start
-- KEYS[4]  ntq:parked          zset  tag -> due
-- KEYS[5]  ntq:worker:<owner>  hash  about this worker; holds the last answer
-- KEYS[6]  ntq:steps           set   lists of a step beyond 0
-- KEYS[7…] per message, in the order of the arguments that use them
-- ARGV[1]  number of this settlement, never repeated by its owner for another one
-- ARGV[2…] per message: tag, kind, keys it uses, arguments that follow; then by kind
--            ack
--            give   text; key: list. To the front
--            charge text, seconds to remember the loss; keys: list, losses
--            park   due
--            bury   text; key: list of the dead
--          then effects, as many as there are, as _effects.lua says
-- Returns  numbers of those that were not held, from 1
-- @include answer
local number = ARGV[1]
local settledBefore = answer(KEYS[5], number)
if settledBefore then return settledBefore end

-- @include kinds
-- @include chord
-- @include chord-close
-- @include effects
-- Everything is looked at before anything is written.
local wrong = mismatch({ KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash', KEYS[4], 'zset' })
if wrong then return wrong end
local message = 0
local a, k = 2, 7
while a <= #ARGV do
  local kind, keys, following = ARGV[a + 1], tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3])
  local from, key = a + 4, k
  if kind == 'give' or kind == 'bury' or kind == 'charge' then
    wrong = mismatch({ KEYS[key], 'list' })
    if wrong then return wrong end
    key = key + (kind == 'charge' and 2 or 1)
  end
  from = from + (kind == 'ack' and 0 or kind == 'charge' and 2 or 1)
  wrong = mismatchOfEffects(from, a + 3 + following, key)
  if wrong then return wrong end
  a, k = a + 4 + following, k + keys
end

local lost, settled = {}, {}
a, k = 2, 7
while a <= #ARGV do
  message = message + 1
  local tag, kind, keys, following = ARGV[a], ARGV[a + 1], tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3])
  local from, key, counts = a + 4, k, nil
  if kind == 'park' then
    counts = redis.call('HDEL', KEYS[3], tag) and redis.call('HEXISTS', KEYS[1], tag) == 1
  else
    counts = redis.call('HDEL', KEYS[1], tag) == 1
  end
  if not counts then
    lost[#lost + 1] = message
  else
    if kind == 'park' then
      redis.call('ZADD', KEYS[2], ARGV[from], tag)
      redis.call('ZADD', KEYS[4], ARGV[from], tag)
      from = from + 1
    else
      settled[#settled + 1] = tag
      if kind == 'give' then
        redis.call('RPUSH', KEYS[key], ARGV[from])
        from, key = from + 1, key + 1
      elseif kind == 'charge' then
        redis.call('RPUSH', KEYS[key], ARGV[from])
        redis.call('INCR', KEYS[key + 1])
        redis.call('EXPIRE', KEYS[key + 1], ARGV[from + 1])
        from, key = from + 2, key + 2
      elseif kind == 'bury' then
        redis.call('LPUSH', KEYS[key], ARGV[from])
        from, key = from + 1, key + 1
      end
    end
    carryOut(from, a + 3 + following, key, KEYS[6])
  end
  a, k = a + 4 + following, k + keys
end
if #settled > 0 then
  redis.call('ZREM', KEYS[2], unpack(settled))
  redis.call('HDEL', KEYS[3], unpack(settled))
end
if redis.call('EXISTS', KEYS[5]) == 1 then
  redis.call('HSET', KEYS[5], 'settled', number .. ':' .. table.concat(lost, ','))
end
return lost
