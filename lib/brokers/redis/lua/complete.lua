-- Settles a batch of messages that are done, each with one result and nothing else: what settle does, for the case that has to be fast.
-- KEYS[1]  unacked             hash  tag -> record
-- KEYS[2]  unacked_index       zset  tag -> last proof of life, or due
-- KEYS[3]  ntq:suspects        hash  tag -> 1, its body was about to start
-- KEYS[4]  ntq:worker:<owner>  hash  about this worker; holds the last answer
-- KEYS[5…] results
-- ARGV[1]  number of this settlement, never repeated by its owner for another one
-- ARGV[2]  milliseconds to keep the results (0: for ever)
-- ARGV[3…] tags, then values, in the order of the results
-- Returns  numbers of those that were not held, from 1
-- @include answer
local settled = answer(KEYS[4], ARGV[1])
if settled then return settled end
-- @include kinds
-- @include result
local wrong = mismatch({ KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash' })
if wrong then return wrong end

local count, keep = #KEYS - 4, ARGV[2]
local lost, isLost = {}, {}
if redis.call('HDEL', KEYS[1], unpack(ARGV, 3, 2 + count)) < count then
  -- The hash does not say which ones it did not have. The index does: all who write one of the two write both in one step.
  local scores = redis.call('ZMSCORE', KEYS[2], unpack(ARGV, 3, 2 + count))
  for i = 1, count do
    if not scores[i] then
      lost[#lost + 1] = i
      isLost[i] = true
    end
  end
end
for i = 1, count do
  if not isLost[i] then
    writeResult(KEYS[4 + i], ARGV[2 + count + i], keep)
  end
end
redis.call('ZREM', KEYS[2], unpack(ARGV, 3, 2 + count))
if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('HDEL', KEYS[3], unpack(ARGV, 3, 2 + count)) end
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('HSET', KEYS[4], 'settled', ARGV[1] .. ':' .. table.concat(lost, ','))
end
return lost
