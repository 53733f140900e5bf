-- Gives messages of a task their tokens, where these are due soon, or a turn to come back at: as virtual/rate-line.ts, where it is explained.
-- KEYS[1]  ntq:rate:<task>          hash  next: when the next token is there; last: the last turn; both in ms
-- KEYS[2]  ntq:rate:<task>:waiting  zset  task id -> its turn, in ms
-- ARGV[1]  ms from one token to the next
-- ARGV[2]  how long a worker may hold a message, in ms
-- ARGV[3]  after which wait to look again, in ms
-- ARGV[4]  for how long a turn is kept that nobody claims, in ms
-- ARGV[5]  how early a turn may be claimed, in ms
-- ARGV[6…] task ids
-- Returns  for each: run or wait; how many ms
-- @include now
local interval, hold, look, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local early, ms = tonumber(ARGV[5]), now * 1000
local known = redis.call('HMGET', KEYS[1], 'next', 'last')
local following, last = tonumber(known[1] or 0), tonumber(known[2] or 0)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.3f', ms - keep))
local reply = {}
for at = 6, #ARGV do
  local id = ARGV[at]
  local score = redis.call('ZSCORE', KEYS[2], id)
  local turn = score and tonumber(score)
  local token = math.max(following, ms)
  local isIdle = following <= ms
  local hasTurn = last <= ms - early
  if turn then hasTurn = turn <= ms + early end
  if token - ms <= hold and (isIdle or hasTurn) then
    if turn then redis.call('ZREM', KEYS[2], id) end
    following = token + interval
    reply[#reply + 1] = 'run'
    reply[#reply + 1] = string.format('%.3f', token - ms)
  else
    if not turn then
      turn = math.max(last + interval, token - hold / 2)
      last = turn
    elseif hasTurn then
      turn = math.max(ms, token - hold) + hold / 2
    end
    redis.call('ZADD', KEYS[2], string.format('%.3f', turn), id)
    local left = turn - ms
    reply[#reply + 1] = 'wait'
    reply[#reply + 1] = string.format('%.3f', math.min(left, math.max(look, left / 2)))
  end
end
redis.call('HSET', KEYS[1], 'next', string.format('%.3f', following), 'last', string.format('%.3f', last))
local until_ms = math.ceil(math.max(following, last) - ms + keep)
redis.call('PEXPIRE', KEYS[1], until_ms)
redis.call('PEXPIRE', KEYS[2], until_ms)
return reply
