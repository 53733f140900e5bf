-- Shows that messages are still held, so that no visibility timeout restores them.
-- KEYS[1]  unacked        hash  tag -> record
-- KEYS[2]  unacked_index  zset  tag -> last proof of life, or due
-- KEYS[3]  ntq:workers    zset  owner -> end of its lease
-- ARGV[1]  owner
-- ARGV[2…] tags
-- Returns  status: FENCED or OK; then the numbers of those that are not held any more, from 1
-- @include now
if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then return { 'FENCED' } end
redis.call('HDEL', KEYS[1], '')
local reply = { 'OK' }
for a = 2, #ARGV do
  if redis.call('HEXISTS', KEYS[1], ARGV[a]) == 1 then
    -- GT: one that is parked meanwhile keeps its due time.
    redis.call('ZADD', KEYS[2], 'XX', 'GT', stamp, ARGV[a])
  else
    reply[#reply + 1] = a - 1
  end
end
return reply
