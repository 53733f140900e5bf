-- Gives back messages whose holder is gone, the last one first, so that the first stands outermost.
-- KEYS[1]  unacked        hash  tag -> record
-- KEYS[2]  unacked_index  zset  tag -> last proof of life, or due
-- KEYS[3]  ntq:workers    zset  owner -> end of its lease
-- KEYS[4]  ntq:suspects   hash  tag -> 1, its body was about to start
-- KEYS[5…] per message: list, losses
-- ARGV[1]  owner; '' where each is asked for by its score
-- ARGV[2]  seconds to remember a loss; 0 counts none
-- ARGV[3…] per message: tag, text, score it had
-- Returns  how many were given back
local owner = ARGV[1]
if owner ~= '' and redis.call('ZSCORE', KEYS[3], owner) then return 0 end
local restored = 0
for a = 3, #ARGV, 3 do
  local tag, text, seen = ARGV[a], ARGV[a + 1], ARGV[a + 2]
  local k = 5 + (a - 3) / 3 * 2
  local isFree = owner ~= ''
  if not isFree then
    local score = redis.call('ZSCORE', KEYS[2], tag)
    isFree = score and tonumber(score) == tonumber(seen)
  end
  local kind = redis.call('TYPE', KEYS[k]).ok
  if isFree and (kind == 'list' or kind == 'none') and redis.call('HDEL', KEYS[1], tag) == 1 then
    redis.call('ZREM', KEYS[2], tag)
    redis.call('RPUSH', KEYS[k], text)
    if ARGV[2] == '0' then
      redis.call('HDEL', KEYS[4], tag)
    elseif owner ~= '' then
      -- A worker that died is no evidence against each message it held: one whose body had not begun is charged once at most.
      if redis.call('HDEL', KEYS[4], tag) == 1 then
        redis.call('INCR', KEYS[k + 1])
      else
        redis.call('SET', KEYS[k + 1], 1, 'NX')
      end
      redis.call('EXPIRE', KEYS[k + 1], ARGV[2])
    end
    restored = restored + 1
  end
end
return restored
