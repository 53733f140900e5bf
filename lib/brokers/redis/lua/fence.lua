-- Cuts a worker off: what it held can be given back, and nothing it does any more counts.
-- KEYS[1]  ntq:workers  zset  owner -> end of its lease, seconds
-- KEYS[2]  ntq:fenced   zset  owner -> when it was cut off
-- ARGV[1]  owner
-- ARGV[2]  1: also while its lease holds
-- Returns  1 it is cut off, by this call or another; 0 its lease holds, or nobody knows it
-- @include now
local deadline = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not deadline then return redis.call('ZSCORE', KEYS[2], ARGV[1]) and 1 or 0 end
if ARGV[2] ~= '1' and tonumber(deadline) > now then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], stamp, ARGV[1])
redis.call('EXPIRE', KEYS[2], 86400)
return 1
